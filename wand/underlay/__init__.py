"""
The network that carries the datagrams: UDP ports, datagrams in batches, and names of servers.
"""
