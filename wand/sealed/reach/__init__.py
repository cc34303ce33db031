"""
Reach: how members find a way to each other.
"""
