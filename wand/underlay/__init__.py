"""
The network below: ports, many datagrams at a time, and the names of servers.
"""
