"""
The host that we run on, and what changes on it: interfaces, addresses, routes.
"""
