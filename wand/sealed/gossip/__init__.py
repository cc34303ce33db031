"""
A directory without a server: members tell each other who is where (docs/gossip.md).
"""
