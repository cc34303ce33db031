"""
Descriptors on the path of frames.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReadDescriptor
from zope.interface import Attribute


class IPromptReader(IReadDescriptor):
    """
    A descriptor whose C{doRead} a reactor may call straight away (L{wand.twistd.reactor}): it needs no logging
    context, and what goes wrong in it is its own affair.  On any other reactor it is an ordinary descriptor.
    """

    isLocal: bool = Attribute(
        "Does what is read come from this host?  What a network brings may be a stranger's, who must keep nobody awake."
    )
