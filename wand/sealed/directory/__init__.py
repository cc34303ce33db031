"""
Who is where: the server's log of announcements, and the nodes that follow it.
"""
