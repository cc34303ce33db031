"""
Candidate sources: where this node may be reached, as its interfaces, its router, its cloud or its operator know it.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from zope.interface import Interface

from wand.interfaces.node_context import NodeContext
from wand.interfaces.own_candidate import CandidateReader
from wand.interfaces.plugin import IWandPlugin, Settings


class ICandidateSource(IWandPlugin):
    """
    A way to learn where a node of a sealed network may be reached.
    """

    def open(settings: Settings, context: NodeContext) -> ICandidates:
        """
        Prepare to look; nothing is asked yet.  Called with the privileges of the start: import here what is needed.

        @param context: C{context.port} is the UDP port that others are to reach, bound at C{context.host}; and
            C{context.sealed} is never C{None}.
        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class ICandidates(Interface):
    """
    A candidate source at work.  One that fails, or does not answer, is left out, and the node goes on.
    """

    def start(tell: CandidateReader) -> None:
        """
        Begin to look, without the privileges of the start, and call C{tell} now or later, whenever there is something
        else to tell than before.  What takes time is never waited for.
        """

    def moved() -> None:
        """
        An address or a route of this host changed: look again, if that matters.
        """

    def stop() -> Deferred[None] | None:
        """
        Tell nothing more, whatever else is called, leave no timer behind, and give back what others keep for us, such
        as a mapping.

        @return: fires once that is done; C{None} if it is.  It is waited for at most 1.5 s.
        """
