"""
What a program serves over HTTP: metrics.
"""
