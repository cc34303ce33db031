"""
Frame services that come along: code that looks at frames.
"""
