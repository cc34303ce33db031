"""
The built-in candidate sources: where a node may be reached.
"""
