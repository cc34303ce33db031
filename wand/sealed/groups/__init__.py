"""
Frames to groups (broadcast and multicast) in large networks: they go along a tree of sessions.
"""
