"""
Servers that a server of our network tells of, or the member that admitted us: a member uses them, too.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from wand.errors import AddressInvalid
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import SERVER_NUMBERS
from wand.sealed.credentials.certificate import SERVER, Certificate
from wand.sealed.credentials.messages import Server, parse
from wand.sealed.credentials.signed import unverified
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.stored_enrolment import KnownServer
from wand.stream_targets import checkPlace


class ToldServers:
    """
    Remembers them.  That each is one is proven by its certificate; where it is, is what the teller says, which may be
    worth little here, such as addresses of its local network: what is known otherwise stays.
    """

    def __init__(self, enrolment: Enrolment, control: ControlReaders, changed: Callable[[], object]) -> None:
        """
        @param changed: called when there is one more, or one is somewhere else.
        """
        self._enrolment = enrolment
        self._changed = changed
        control.read(SERVER_NUMBERS, self._received)

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
        own = self._enrolment.own
        isAdmitter = own is not None and own.admitter == peer
        return member.isServer or (isAdmitter and not self._enrolment.isListed(server.identity))

    def _understood(self, message: Server) -> KnownServer | None:
        trust = self._enrolment.trust
        content = trust.check(message.certificate, expired=True) if trust is not None else None
        if content is None or content.role != SERVER:
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
