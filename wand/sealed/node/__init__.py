"""
A node as a member: how it joins, what it knows about the others, and what it may send.
"""
