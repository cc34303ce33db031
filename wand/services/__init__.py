"""
The Twisted services that programs are composed of.
"""
