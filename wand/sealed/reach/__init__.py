"""
Reaching members behind NATs and firewalls: calls, relays, and members on the same link.
"""
