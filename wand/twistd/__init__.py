"""
Options and C{makeService} of the twistd plugins, one module a command.
"""

from __future__ import annotations

from wand.twistd.late_tls import lateTLS
from wand.twistd.signals import spare

# To import the rest takes half a second, in which a reload of the supervisor's would end the program.
spare()

with lateTLS():
    import twisted.internet.posixbase
    import twisted.protocols.amp  # noqa: F401  # which would load TLS
