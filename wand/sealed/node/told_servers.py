"""
Servers that a server of our network tells of, or the member that admitted us: a member uses them, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import structs

from wand.errors import AddressInvalid
from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import SERVER
from wand.sealed.credentials.certificate import SERVER as SERVER_ROLE
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.messages import SERVERS_TOLD_MAXIMUM, Server, ServersTold, pack, parse
from wand.sealed.credentials.server_comparison import digestOf
from wand.sealed.credentials.signed import unverified
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.stored_enrolment import KnownServer
from wand.stream_targets import checkPlace
from wand.timing.repeating import Repeating

#: Seconds between two times that we ask in a session that lasts.
ASKING_INTERVAL: Final = 300.0


class ToldServers:
    """
    Asks for them when a session begins, and from time to time, since what is told may be lost; and remembers them.
    That each is one is proven by its certificate; where it is, is what the teller says, which may be worth little here,
    such as addresses of its local network: what is known otherwise stays.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        changed: Callable[[], object],
    ) -> None:
        """
        @param changed: called when there is one more, or one is somewhere else.
        """
        self._enrolment = enrolment
        self._sessions = sessions
        self._changed = changed
        self._tellers: set[bytes] = set()
        self._asking = Repeating("what servers there are", self._ask, context.clock, context.failures)
        sessions.onSession(self._session)
        control.read(range(SERVER, SERVER + 1), self._received)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._asking.stop()

    # Asking.

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not up or not (member.isServer or self._isAdmitter(peer)):
            self._tellers.discard(peer)
            return
        self._tellers.add(peer)
        self._sessions.sendControl(peer, self._question())
        if not self._asking.running:
            self._asking.start(ASKING_INTERVAL, now=False)

    def _ask(self) -> None:
        for peer in tuple(self._tellers):
            self._sessions.sendControl(peer, self._question())

    def _question(self) -> bytes:
        told = (each for each in self._enrolment.servers if each.certificate and each.told)
        messages = (pack(Server(each.certificate, each.told)) for each in told)
        return pack(ServersTold(tuple(map(digestOf, messages))[-SERVERS_TOLD_MAXIMUM:]))

    def _isAdmitter(self, peer: bytes) -> bool:
        own = self._enrolment.own
        return own is not None and own.admitter == peer

    # What is told.

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        server = self._understood(message) if isinstance(message, Server) else None
        if server is None or not self._isBelieved(peer, member, server):
            return
        if server not in self._enrolment.servers and self._enrolment.stage == "member":
            self._enrolment.rememberServer(server)
            self._changed()

    def _isBelieved(self, peer: bytes, member: Member, server: KnownServer) -> bool:
        """
        Servers are believed, and whoever admitted us of a server that we do not know: it says nothing more of those
        that we do.
        """
        return member.isServer or (self._isAdmitter(peer) and not self._enrolment.isListed(server.identity))

    def _understood(self, message: Server) -> KnownServer | None:
        trust = self._enrolment.trust
        content = trust.check(message.certificate, expired=True) if trust is not None else None
        if content is None or content.role != SERVER_ROLE:
            return None
        try:
            for endpoint in message.endpoints:
                checkPlace(endpoint)
        except AddressInvalid:
            return None
        same = (each for each in self._enrolment.servers if each.exchangeKey == content.exchangeKey)
        known = next(same, KnownServer(content.identity, content.exchangeKey, ()))
        kept = unverified(known.certificate, Certificate)
        isLater = kept is None or self._enrolment.isLater(content, kept)  # else who tells has not heard of the last one
        certificate = message.certificate if isLater else known.certificate
        return structs.replace(known, told=message.endpoints, certificate=certificate)
