"""
The directory server: who is here, at which endpoint.
"""
