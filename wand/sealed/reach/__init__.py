"""
How members reach each other where the way is not open: what lies between the directory and the sessions.
"""
