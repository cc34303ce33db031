"""
Names: the addresses of members for the programs of this host, by DNS.
"""
