"""
The data plane: frames between the tap and the peers.
"""
