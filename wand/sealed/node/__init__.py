"""
A node as a member.
"""
