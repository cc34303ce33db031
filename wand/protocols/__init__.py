"""
Peer protocols: how frames travel between two nodes.
"""
