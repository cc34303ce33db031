"""
wandaemon: a multipoint Ethernet VPN made of Twisted services.

The narrative documentation is in C{docs/}; L{wand.interfaces} is the place to start for plugin authors.
"""

from wand.version import __version__

__all__ = ["__version__"]
