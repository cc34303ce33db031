"""
Our own node as a member of its network, as its directories and frame services see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.logger import Logger

from wand.errors import WandError
from wand.health.notes import Notes
from wand.interfaces import ITap, OwnCandidate
from wand.interfaces.participant import DirectoryServer
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.node.claims import Claims
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.known_servers import KnownServers
from wand.sealed.node.own_candidates import OwnCandidates
from wand.sealed.overlay import overlayOf


class OwnParticipant:
    """
    Provides L{wand.interfaces.participant.Participant}.

    @ivar claims: who owns which address.
    @ivar own: where we may be reached.
    """

    _log = Logger()

    def __init__(
        self,
        enrolment: Enrolment,
        claims: Claims,
        servers: KnownServers,
        tap: ITap,
        port: int,
        notes: Notes,
        overtaken: Callable[[int], object],
    ) -> None:
        """
        @param port: the UDP port of the data.
        @param overtaken: see L{overtaken}.
        """
        self.claims = claims
        self._enrolment = enrolment
        self._servers = servers
        self._tap = tap
        self.own = OwnCandidates(port, self.mayReach, servers.isServer, notes)
        self._overtaken = overtaken

    @property
    def identity(self) -> bytes:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self._enrolment.identity

    @property
    def interface(self) -> str:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self._tap.interface

    def servers(self) -> Sequence[DirectoryServer]:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self._servers.known()

    def announcement(self) -> tuple[bytes, bytes] | None:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        try:
            claim = self._enrolment.claim((self._tap.mac,))
        except WandError as error:
            self._log.error("there is no new claim: {reason}", reason=str(error))
            return None
        return None if claim is None else (self._enrolment.certificate, claim)

    def endpoints(self) -> Sequence[str]:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self.own.endpoints()

    def candidates(self) -> Sequence[OwnCandidate]:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self.own.candidates()

    def overtaken(self, epoch: int) -> None:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        self._overtaken(epoch)

    def sign(self, octets: bytes) -> bytes:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self._enrolment.key.signing.sign(octets)

    def isValid(self, certificate: bytes, claim: bytes) -> bool:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return Announcement.verified(certificate, claim, checkOf(self._enrolment)) is not None

    def mayReach(self, host: str) -> bool:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return not self.isOverlay(host.partition("%")[0])

    def isOverlay(self, address: str) -> bool:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        descriptor = self._enrolment.descriptor
        return descriptor is not None and address in overlayOf(*descriptor.prefixes)


def checkOf(enrolment: Enrolment) -> Callable[[bytes], Certificate | None]:
    """
    How a node verifies certificates: as the network that it trusts does, once it trusts one.
    """

    def check(certificate: bytes) -> Certificate | None:
        return enrolment.trust.check(certificate) if enrolment.trust else None

    return check
