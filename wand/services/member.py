"""
A node as a member of a sealed network: it joins, keeps its certificate fresh, knows who owns which address, and hands
on who was revoked.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from twisted.logger import Logger

from wand.errors import TapUnavailable, WandError
from wand.host.local_addresses import localEndpoints
from wand.interfaces import Context, ITap
from wand.membership.acquaintances import Acquaintances
from wand.membership.certificate import Certificate
from wand.membership.claims import Claims
from wand.membership.enrolment import Enrolment
from wand.membership.identity import Identity
from wand.membership.joining import Renewal
from wand.membership.member import Member
from wand.membership.memories import Memories
from wand.membership.messages import (
    Introduction,
    NotNow,
    Refused,
    Renew,
    Renewed,
    pack,
    parse,
)
from wand.membership.signed import unverified
from wand.membership.token import Token
from wand.overlay import overlayOf
from wand.protocols.sealed.transport import SealedTransport
from wand.sealed.node.participant import DirectoryServer, Sealed
from wand.sealed.sessions.control_messages import ControlMessages
from wand.sealed.sessions.control_numbers import CERTIFICATE_NUMBERS, INTRODUCTION_NUMBERS
from wand.services.clocks import Clocks
from wand.services.copies import CopiesOfUs
from wand.services.goodbyes import Goodbyes
from wand.services.gossip import Gossip
from wand.services.overlap import OverlapWatch, interfacesOf
from wand.services.redeeming import Redeeming
from wand.status import OwnStatus
from wand.table import Table

#: What the operator of a node without a network is told.
NOBODY: Final = "this node is a member of no network yet; give it an invitation: wand join FILE"

#: What the operator of a revoked node is told.
REVOKED: Final = (
    "this node was revoked, and its key can never be a member again; to come back, give it an empty state directory "
    "in place of {} and a new invitation"
)


class Follower(Protocol):
    """
    A directory that wants to know when our own membership changes.
    """

    def changed(self) -> None:
        """
        Our claim, our certificate or our local endpoints may have changed.
        """

    def serversChanged(self) -> None:
        """
        We may know other servers than before.
        """

    def clockSet(self) -> None:
        """
        Somebody set our clock: what was no valid certificate may be one now.
        """


class MemberService:
    """
    The membership of a node; it provides L{wand.sealed.node.participant.Participant}.

    @ivar enrolment: what is kept of it.
    @ivar claims: who owns which address.
    @ivar sealed: what directories work with.
    @ivar goodbyes: says goodbye to other members.
    """

    _log = Logger()

    def __init__(
        self,
        enrolment: Enrolment,
        transport: SealedTransport,
        tap: ITap,
        table: Table,
        context: Context,
        *,
        name: str,
        host: str,
        port: int,
        follower: Callable[[], Follower | None],
    ) -> None:
        """
        @param name: what the node would like to be called; empty for the name of the host.
        @param host: the local address of the data.
        @param port: the UDP port of the data.
        @param follower: gives the directory of the network, once it runs.
        """
        self.enrolment = enrolment
        self.claims = Claims(
            enrolment.identity,
            self.check,
            table,
            context.clock,
            context.events,
            context.counters,
            notes=context.notes,
            wallClock=context.wallClock,
        )
        self._sessions = sessions = transport.sessions
        self._tap = tap
        self._context = context
        self._events = context.events
        self._notes = context.notes
        self._name = name or socket.gethostname().partition(".")[0]
        self._where = host, port
        self._follower = follower
        self._renewal = Renewal(enrolment, tap.mac, context.clock, self._askServers, self._announce, context.notes)
        self._control = ControlMessages(sessions, context.clock, context.counters)
        self.goodbyes = Goodbyes(sessions, self._control, context)
        self._gossip: Gossip | None = None
        self._clocks = Clocks(context, self._stepped, isServer=False)
        told = context.clock, context.failures, context.notes
        self._acquaintances = Acquaintances(enrolment.state, self.claims, sessions, *told)
        self._memories = Memories(enrolment.state, self.claims.learned, *told)
        self._copies = CopiesOfUs(enrolment, self._control, context, self._announce, self._tellServers)
        self._overlap = OverlapWatch(context, "what is sent to other members may go there instead")
        self._redeeming = Redeeming(enrolment, sessions, tap, context, self._name, self._redeemed)
        self.sealed = Sealed(self, sessions, self._control)
        self.claims.restarted = sessions.renew
        transport.admitSources(self.claims.mayUse)
        transport.admitFloods(self.claims.broadcastsOf, self.claims.flooded)
        transport.mayReach = self.mayReach
        sessions.onSession(self._session)
        sessions.onClock(self._clocks.told)
        self._control.read(CERTIFICATE_NUMBERS, self._told)
        self._control.read(INTRODUCTION_NUMBERS, self._introduced)

    # Begin and end.

    def start(self) -> None:
        """
        Redeem the invitation that is kept, or go on as a member.
        """
        self._clocks.start()
        for text in self.enrolment.damaged:
            self._notes.say(f"damaged-{text.partition(' ')[0]}", text)
        stage = self.enrolment.stage
        if stage == "member":
            self._begin()
        if stage == "revoked":
            self._sayRevoked()
        elif self.enrolment.token is not None:
            self._redeeming.begin()
        elif stage == "new":
            self._notes.say("join", NOBODY)
            self._log.warn("{note}", note=NOBODY)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._redeeming.stop()
        self._renewal.stop()
        self._clocks.stop()
        self._overlap.stop()
        if self._gossip is not None:
            self._gossip.stop()
            self._acquaintances.stop()
            self._memories.stop()
        self.claims.stop()
        self.enrolment.stop()

    def redeem(self, text: str) -> None:
        """
        Keep an invitation, and redeem it.

        @raise wand.errors.TokenInvalid: if C{text} is none.
        @raise wand.errors.MembershipRefused: if this node is a member of another network.
        @raise wand.errors.StateUnavailable: if the revocations that are kept cannot be read.
        """
        self.enrolment.begin(Token.parse(text))
        if self.enrolment.stage == "member":
            self._tell(Follower.serversChanged)
        self._redeeming.begin()

    def moved(self) -> None:
        """
        An address or a route of this host changed: it may be in the way of the overlay.
        """
        self._overlap.look()

    def macChanged(self) -> None:
        """
        The tap has another address: claim it, once the certificate has it.
        """
        self._redeeming.macChanged()
        self._renewal.mac = self._tap.mac
        if self._gossip is not None:
            self._renewal.start()
            self._announce()

    # Joining.

    def _redeemed(self, own: Certificate, before: Certificate | None) -> None:
        self._addAddresses(own, before)
        self._begin()
        self._tell(Follower.serversChanged)

    def _addAddresses(self, own: Certificate | None, before: Certificate | None) -> None:
        for address in own.addresses if own else ():
            if before is None or address not in before.addresses:
                self._addAddress(address)

    def _addAddress(self, address: str) -> None:
        try:
            self._tap.addAddress(address)
        except TapUnavailable as error:
            self._notes.say(f"address-{address}", str(error))
            self._log.error("{reason}", reason=str(error))

    # Being a member.

    def _begin(self) -> None:
        trust = self.enrolment.trust
        assert trust is not None
        if self._gossip is None:
            trust.observe(self._revoked)
            self._gossip = Gossip(trust, self._sessions, self._control, self._context)
            self._memories.start()
            self._acquaintances.start()
        self._renewal.start()
        self._announce()
        if self.enrolment.descriptor is not None and interfacesOf(self._tap.interface):
            self._overlap.start(self.enrolment.descriptor.prefix, self._ofOverlay)

    def _ofOverlay(self) -> list[str]:
        own = self.enrolment.own
        addresses = [each.partition("/")[0] for each in own.addresses] if own else []
        return [*interfacesOf(self._tap.interface), *addresses]

    def _announce(self) -> None:
        announcement = self.announcement()
        if announcement is not None:
            self.claims.offer(*announcement)
        self._tell(Follower.changed)

    def _tell(self, what: Callable[[Follower], None]) -> None:
        follower = self._follower()
        if follower is not None:
            getattr(follower, what.__name__)()

    def _stepped(self) -> None:
        """
        Somebody set our clock: see anew what has expired, and what we took for expired, and compare it with the
        servers'.
        """
        self._renewal.start()
        self._tell(Follower.clockSet)
        for server in self.enrolment.servers:
            self._sessions.renew(Identity(server.identity))

    def _askServers(self, message: Renew) -> None:
        self._tellServers(pack(message))

    def _tellServers(self, message: bytes) -> None:
        for server in self.enrolment.servers:
            if self._sessions.isUp(Identity(server.identity)):
                self._sessions.sendControl(Identity(server.identity), message)

    def _told(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if member.isServer and isinstance(message, Renewed | Refused | NotNow):
            before = self.enrolment.own
            self._renewal.received(message)
            self._addAddresses(self.enrolment.own, before)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up and member.isServer:
            self._renewal.start()
        elif up:
            self._introduce(peer)

    def _introduce(self, peer: bytes) -> None:
        announcement = self.announcement()
        if announcement is not None:
            self._sessions.sendControl(peer, pack(Introduction(*announcement)))

    def _introduced(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not isinstance(message, Introduction):
            return
        certificate = unverified(message.certificate, Certificate)
        isItsOwn = certificate is not None and certificate.identity == peer
        if isItsOwn and self.claims.offer(message.certificate, message.claim):
            self._introduce(peer)  # that was news: it was started, and may not know us

    def _revoked(self, identity: Identity, revocation: bytes) -> None:
        self.claims.drop(identity)
        self._sessions.end(identity)
        self._events.publish("revoked", key=identity.text)
        if identity == self.identity:
            self._sayRevoked()
            self._context.clock.callLater(0, self._expelled)  # not from within the session that told us

    def _sayRevoked(self) -> None:
        note = REVOKED.format(self.enrolment.state.path)
        self._notes.say("revoked", note)
        self._log.error("{note}", note=note)

    def _expelled(self) -> None:
        """
        We are no member any more: ask nobody for anything, for each would only drop and count it.
        """
        self._renewal.stop()
        self._tell(Follower.serversChanged)
        self._sessions.endAll()

    # Participant.

    def overtaken(self, epoch: int) -> None:
        """
        See L{wand.sealed.node.participant.Participant}.
        """
        self._copies.overtaken(epoch)

    @property
    def identity(self) -> bytes:
        return self.enrolment.identity

    def servers(self) -> Sequence[DirectoryServer]:
        """
        See L{wand.sealed.node.participant.Participant}.
        """
        if self.enrolment.own is None or self.enrolment.stage == "revoked":
            return ()
        return [DirectoryServer(each.identity, each.exchangeKey, each.endpoints) for each in self.enrolment.servers]

    def announcement(self) -> tuple[bytes, bytes] | None:
        """
        See L{wand.sealed.node.participant.Participant}.
        """
        try:
            claim = self.enrolment.claim((self._tap.mac,))
        except WandError as error:
            self._log.error("there is no new claim: {reason}", reason=str(error))
            return None
        return None if claim is None else (self.enrolment.certificate, claim)

    def endpoints(self) -> Sequence[str]:
        """
        See L{wand.sealed.node.participant.Participant}.
        """
        return localEndpoints(*self._where, self._tap.interface, self.mayReach)

    def check(self, certificate: bytes) -> Certificate | None:
        """
        See L{wand.sealed.node.participant.Participant}.
        """
        return self.enrolment.trust.check(certificate) if self.enrolment.trust else None

    def mayReach(self, host: str) -> bool:
        """
        See L{wand.sealed.node.participant.Participant}.
        """
        return not self.isOverlay(host.partition("%")[0])

    def isOverlay(self, address: str) -> bool:
        """
        See L{wand.sealed.node.participant.Participant}.
        """
        descriptor = self.enrolment.descriptor
        return descriptor is not None and address in overlayOf(descriptor.prefix)

    # What the operator sees.

    def _networkName(self) -> str:
        return self.enrolment.descriptor.name if self.enrolment.descriptor else ""

    @property
    def unansweredFor(self) -> float:
        """
        See L{Redeeming.unansweredFor}.
        """
        return self._redeeming.unansweredFor

    def status(self) -> OwnStatus:
        """
        How it stands.
        """
        own = self.enrolment.own
        return OwnStatus(
            stage=self.enrolment.stage,
            network=self._networkName(),
            networkKey=self.enrolment.network.hex(),
            cipher=self.enrolment.cipher,
            prefix=self.enrolment.descriptor.prefix if self.enrolment.descriptor else "",
            name=own.name if own else self._name,
            key=self.enrolment.identity.text,
            addresses=list(own.addresses) if own else [],
            expires=own.expires if own else None,
            conflicts=self.claims.conflicts,
            bridge=self.enrolment.mayBridge,
            behind=own.limits.macs if own else 0,
            broadcasts=own.limits.broadcasts if own else 0,
            redeeming=self.enrolment.token is not None,
        )
