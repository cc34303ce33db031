"""
Our certificate, renewed in time by a server with which there is a session, or by a member with the admission right.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wand.interfaces import Context, ISessions, ITap
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import CERTIFICATE_NUMBERS
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Message, NotNow, Refused, Renew, Renewed, pack, parse
from wand.sealed.node.admitters import Admitters
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.joining import Renewal
from wand.sealed.node.known_servers import KnownServers
from wand.sealed.node.own_addresses import OwnAddresses


class OwnCertificate:
    """
    Asks for a new certificate, and takes it over.

    @ivar answerer: answers us, if we admit members ourselves.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        servers: KnownServers,
        admitters: Admitters,
        sessions: ISessions,
        control: ControlReaders,
        tap: ITap,
        addresses: OwnAddresses,
        announce: Callable[[], object],
        context: Context,
    ) -> None:
        """
        @param announce: announces us with the new certificate.
        """
        self._enrolment = enrolment
        self.answerer: Callable[[Renew], Deferred[Message]] | None = None
        self._servers = servers
        self._admitters = admitters
        self._tap = tap
        self._addresses = addresses
        self._asked: set[Identity] = set()
        self._failures = context.failures
        self._renewal = Renewal(enrolment, tap.mac, context.clock, self._ask, announce, context.notes)
        sessions.onSession(self._session)
        control.read(CERTIFICATE_NUMBERS, self._received)

    def keepFresh(self) -> None:
        """
        Renew it when it is time; at once if it is.
        """
        self._renewal.start()

    def macChanged(self) -> None:
        """
        The tap has another address, which the next certificate has to name.
        """
        self._renewal.mac = self._tap.mac

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._renewal.stop()

    def _ask(self, message: Renew) -> None:
        if self.answerer is not None:
            self.answerer(message).addErrback(self._failed).addCallback(self.take)
            return
        self._asked = {*self._servers.tell(pack(message)), *self._admitters.tell(pack(message))}

    def _failed(self, failure: Failure) -> NotNow:
        self._failures.caught("renewal", failure)
        return NotNow("the log has the details")

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up and (member.isServer or member.admission):
            own = self._enrolment.own
            self._renewal.start(isUrgent=member.isAuthority and own is not None and bool(own.admitter))

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not member.isServer and not member.admission:
            return
        if isinstance(message, Renewed) or peer in self._asked:  # a refusal is believed once, of who was asked
            self._asked.discard(Identity(peer))
            self.take(message)

    def take(self, message: Message | None) -> None:
        """
        Take an answer, or a certificate that nobody asked for.
        """
        if isinstance(message, Renewed | Refused | NotNow):
            before = self._enrolment.own
            self._renewal.received(message)
            self._addresses.take(self._enrolment.own, before)
