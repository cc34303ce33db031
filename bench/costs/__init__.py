"""
What forwarding costs as the network grows: a node and its peers in one process, over real UDP sockets on loopback.
"""
