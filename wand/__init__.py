"""
wandaemon: a multipoint Ethernet VPN made of Twisted services.

The narrative documentation is in C{docs/}; L{wand.interfaces} is the place to start for plugin authors.
"""

__version__ = "0.1.0"
