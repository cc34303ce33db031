"""
Sealed networks: members, sessions between them, and a directory inside the sessions.
"""
