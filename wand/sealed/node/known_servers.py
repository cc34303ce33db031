"""
The directory servers of our network, as a member sees them.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from wand.interfaces import ISessions
from wand.interfaces.participant import DirectoryServer
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.enrolment import Enrolment
from wand.stream_targets import isTarget


class KnownServers:
    """
    Knows the servers, and sends them control messages.
    """

    def __init__(self, enrolment: Enrolment, sessions: ISessions) -> None:
        self._enrolment = enrolment
        self._sessions = sessions

    def known(self) -> Sequence[DirectoryServer]:
        """
        The servers that a member may ask; none while we are not a member.
        """
        if self._enrolment.own is None or self._enrolment.stage == "revoked":
            return ()
        return [DirectoryServer(each.identity, each.exchangeKey, each.everywhere) for each in self._enrolment.servers]

    def isServer(self, identity: bytes) -> bool:
        """
        Is this the identity of one of them?
        """
        return identity in self._identities()

    def tell(self, message: bytes) -> list[Identity]:
        """
        Send a control message to every server with which there is a session.

        @return: to whom.
        """
        told = [each for each in self._identities() if self._sessions.isUp(each)]
        for identity in told:
            self._sessions.sendControl(identity, message)
        return told

    def renewSessions(self) -> None:
        """
        Make a new session with every server with which there is one: a handshake compares the clocks.
        """
        for identity in self._identities():
            self._sessions.renew(identity)

    def learnStreams(self, identity: bytes, places: Sequence[str]) -> None:
        """
        A server says where it accepts streams: keep that, if it is one of ours.  Where its UDP is stays as it was.
        """
        known = next((each for each in self._enrolment.servers if each.identity == identity), None)
        if known is not None:
            overUDP = [each for each in known.endpoints if not isTarget(each)]
            self._enrolment.rememberServer(structs.replace(known, endpoints=(*overUDP, *places)))

    def _identities(self) -> list[Identity]:
        return [Identity(each.identity) for each in self._enrolment.servers]
