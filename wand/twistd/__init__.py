"""
Options and C{makeService} of the twistd plugins, one module a command.
"""

from __future__ import annotations

import gc

from wand.twistd.late_tls import lateTLS
from wand.twistd.signals import spare

# To import the rest takes half a second, in which a reload of the supervisor's would end the program.
spare()

# The collector would look through all that Twisted has loaded several times meanwhile: 8 % of a start.
gc.freeze()

with lateTLS():
    import twisted.internet.posixbase
    import twisted.protocols.amp  # noqa: F401  # which would load TLS
