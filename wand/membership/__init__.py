"""
Membership: who belongs to a network, and what is whose.
"""
