"""
What twistd starts: the services of nodes and servers, composed of everything else.
"""
