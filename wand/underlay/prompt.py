"""
Descriptors that frames pass through.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReadDescriptor
from zope.interface import Attribute


class IPromptReader(IReadDescriptor):
    """
    A descriptor whose C{doRead} a reactor may call directly (L{wand.twistd.reactor}): it needs no logging context, and
    handles its own errors.  On any other reactor it is an ordinary descriptor.
    """

    isLocal: bool = Attribute(
        "Is what is read from this host?  What comes from a network may be a stranger's, who must not keep us awake."
    )
