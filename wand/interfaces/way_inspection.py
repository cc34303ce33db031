"""
Ways to members, for people: what is known of them, and what asking tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from zope.interface import Interface

from wand.endpoint import Endpoint
from wand.status import WayStatus


class IWayInspection(Interface):
    """
    The questions of an operator about the ways that sessions use.
    """

    def waysTo(peer: bytes) -> Sequence[WayStatus]:
        """
        Every way to a member that is known, the one in use first, then the best first.
        """

    def relayName(host: str) -> str:
        """
        What the relay is called that a place is behind; empty if that is not known.

        @param host: the first half of the place.
        """

    def ping(peer: bytes, place: Endpoint | None = None) -> Deferred[float]:
        """
        Ask a member to answer, inside the session.

        @param place: one of those that L{waysTo} names; C{None} for the one in use.
        @return: fires with the seconds that it took, or with L{wand.errors.NoAnswer}.
        """

    def pathTo(peer: bytes) -> Deferred[int]:
        """
        Find out how long the datagrams may be that the way in use to a member carries.

        @return: fires with octets of UDP payload, or with L{wand.errors.NoAnswer} if there is no session, or no
            probe is answered.
        """

    def echo(place: Endpoint) -> Deferred[None]:
        """
        Send a datagram to ourselves, where others hear us.

        @return: fires when it comes back; cancel it to wait no longer.
        """
