"""
A node as a member of a sealed network: it joins, keeps its certificate fresh, knows who owns which address, and hands
on who was revoked.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from twisted.logger import Logger

from wand.ethernet import MAC
from wand.interfaces import Context, ISessionTransport, ITap
from wand.interfaces.participant import MemberContext
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.handed import HandedAnswer, HandedRequest
from wand.sealed.credentials.token import Token
from wand.sealed.node.admitters import Admitters
from wand.sealed.node.claims import Claims
from wand.sealed.node.clock_comparison import ClockComparison
from wand.sealed.node.copies import CopiesOfUs
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.expulsion import Expulsion
from wand.sealed.node.followers import MembershipFollower
from wand.sealed.node.goodbyes import Goodbyes
from wand.sealed.node.handed_membership import takeHanded
from wand.sealed.node.introductions import Introductions
from wand.sealed.node.known_peers import KnownPeers
from wand.sealed.node.known_servers import KnownServers
from wand.sealed.node.learned_cache import LearnedCache
from wand.sealed.node.member_search import MemberSearch
from wand.sealed.node.members_in_use import MembersInUse
from wand.sealed.node.node_reach import NodeReach
from wand.sealed.node.overlap import OverlapWatch, interfacesOf
from wand.sealed.node.own_addresses import OwnAddresses
from wand.sealed.node.own_certificate import OwnCertificate
from wand.sealed.node.own_participant import OwnParticipant, checkOf
from wand.sealed.node.redeeming import Redeeming
from wand.sealed.node.revocation_exchange import RevocationExchange
from wand.sealed.node.server_streams import ServerStreams
from wand.sealed.node.told_servers import ToldServers
from wand.sealed.reach.calling import Calling
from wand.sealed.reach.stream_places import StreamPlacesReader
from wand.sealed.sessions.control_messages import ControlMessages
from wand.status import OwnStatus
from wand.table import Table

#: What the operator of a node without a network is told.
NOBODY: Final = "this node is a member of no network yet; give it an invitation: wand join FILE"


class NodeMembership:
    """
    The membership of a node: its parts, begun and ended in order.

    @ivar enrolment: what is kept of it.
    @ivar sessions: with other members.
    @ivar wish: what the node would like to be called.
    @ivar certificate: keeps our certificate fresh.
    @ivar claims: who owns which address.
    @ivar search: finds members of which we were not told.
    @ivar sealed: what directories and frame services work with.
    @ivar candidates: where we may be reached.
    @ivar goodbyes: says goodbye to other members.
    @ivar reach: how others are reached, and find us.
    @ivar certified: called when our certificate may be another one.
    """

    _log = Logger()

    def __init__(
        self,
        enrolment: Enrolment,
        transport: ISessionTransport,
        tap: ITap,
        table: Table,
        context: Context,
        *,
        name: str,
        port: int,
        follower: MembershipFollower,
        streams: ServerStreams | None = None,
        lan: str | None = None,
    ) -> None:
        """
        @param name: what the node would like to be called; empty for the name of the host.
        @param port: the UDP port of the data.
        @param follower: is told of changes of our membership.
        @param streams: opens streams to servers where UDP is blocked; C{None} if there are none.
        @param lan: the local address of the data, where members on our links are looked for; C{None} for nowhere.
        """
        sessions = transport.sessions
        told = context.clock, context.failures, context.notes
        self.certified: Callable[[], object] = lambda: None
        self.enrolment = enrolment
        self.claims = _claims(enrolment, table, context)
        self.sessions = sessions
        self._tap = tap
        self._context = context
        self._notes = context.notes
        self.wish = name or socket.gethostname().partition(".")[0]
        self._follower = follower
        self._streams = streams
        self._control = ControlMessages(sessions, context.clock, context.counters)
        self._servers = KnownServers(enrolment, sessions)
        self._admitters = Admitters(enrolment, self.claims, sessions, context)
        self._addresses = OwnAddresses(tap, context.notes)
        self.certificate = OwnCertificate(
            enrolment,
            self._servers,
            self._admitters,
            sessions,
            self._control,
            tap,
            self._addresses,
            self._announce,
            context,
        )
        self._copies = CopiesOfUs(enrolment.ownClaim, self._control, context, self._announce, self._servers.tell)
        self._participant = OwnParticipant(
            enrolment, self.claims, self._servers, tap, port, context.notes, self._copies.overtaken
        )
        ToldServers(enrolment, self._control, follower.serversChanged)
        self.candidates = self._participant.own
        self.candidates.onChange(follower.announcementChanged)
        self.search = MemberSearch(enrolment.identity, self.claims, table, context.clock, context.counters)
        self.sealed = MemberContext(self._participant, sessions, self._control, self.search, self.search)
        self.reach = NodeReach(
            enrolment,
            self._participant,
            tap,
            (lan, port),
            transport,
            self._control,
            context,
            self.candidates.observed,
            self.candidates.addresses,
            self.search,
        )
        self.goodbyes = Goodbyes(sessions, self._control, context)
        self._inUse = MembersInUse(self._participant, self.claims, self.search, sessions, context)
        Introductions(self._participant, sessions, self._control)
        StreamPlacesReader(sessions, self._control, context, self._servers.learnStreams, self._participant.mayReach)
        self._calling = Calling(self._participant, sessions, self._control, context, self.reach.observing.expect)
        self._expulsion = Expulsion(enrolment, self.claims, sessions, context, self._expelled, follower.serversChanged)
        self._revocations: RevocationExchange | None = None
        self._clocks = ClockComparison(context, self._stepped, isServer=False)
        self._knownPeers = KnownPeers(enrolment.state, self.claims, sessions, *told)
        self._learned = LearnedCache(enrolment.state, self.claims.learned, *told)
        self._overlap = OverlapWatch(context, "what is sent to other members may go there instead")
        self._redeeming = Redeeming(
            enrolment, sessions, tap, context, self.wish, self._redeemed, streams, self.reach.lookForHost
        )
        self._connect(transport)

    def _connect(self, transport: ISessionTransport) -> None:
        """
        Have the transport ask the claims, and tell us.
        """
        transport.admitSources(self.claims.sources.mayUse)
        transport.admitFloods(self.claims.sources.broadcastsOf, self.claims.sources.flooded)
        transport.mayReach = self._participant.mayReach
        self.sessions.onClock(self._clocks.told)
        self.claims.restarted = self.sessions.renew

    def useStream(self, server: bytes) -> None:
        """
        See L{wand.sealed.reach.displacement.Displacement}.
        """
        if self._streams is not None:
            self._streams.useInstead(server)

    # Begin and end.

    def start(self) -> None:
        """
        Redeem the invitation that is kept, or go on as a member.
        """
        self._clocks.start()
        if self._streams is not None:
            self._streams.mayReach = self._participant.mayReach
            self._streams.start()
        for text in self.enrolment.damaged:
            self._notes.say(f"damaged-{text.partition(' ')[0]}", text)
        stage = self.enrolment.stage
        if stage == "member":
            self._begin()
        if stage == "revoked":
            self._expulsion.sayOurs()
        elif self.enrolment.token is not None:
            self._redeeming.begin()
        elif stage == "new":
            self._notes.say("join", NOBODY)
            self._log.warn("{note}", note=NOBODY)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._calling.stop()
        self._redeeming.stop()
        self.reach.stop()
        self._admitters.stop()
        self.certificate.stop()
        self._clocks.stop()
        if self._streams is not None:
            self._streams.stop()
        self._overlap.stop()
        if self._revocations is not None:
            self._revocations.stop()
            self._knownPeers.stop()
            self._inUse.stop()
            self._learned.stop()
        self.search.stop()
        self.claims.stop()
        self.enrolment.stop()

    def redeem(self, text: str) -> None:
        """
        Keep an invitation, and redeem it.

        @raise wand.errors.TokenInvalid: if C{text} is not an invitation.
        @raise wand.errors.MembershipRefused: if this node is a member of another network.
        @raise wand.errors.StateUnavailable: if the revocations that are kept cannot be read.
        """
        self.enrolment.begin(Token.parse(text))
        if self.enrolment.stage == "member":
            self._follower.serversChanged()
        self._redeeming.begin()

    def founded(self) -> None:
        """
        We are the first member of a network that was made here.
        """
        own = self.enrolment.own
        assert own is not None
        self._redeeming.sayEntered(own)
        self._redeemed(own, None)

    def request(self) -> str:
        """
        What we ask for, to be carried to somebody who may admit us.
        """
        return HandedRequest.of(self.enrolment.key, self.wish, bytes(self.mac)).text

    def takeAnswer(self, text: str) -> None:
        """
        Take the answer to our request.

        @raise wand.errors.TokenInvalid: if it is not.
        @raise wand.errors.MembershipRefused: if this node cannot be a member of that network.
        """
        before = self.enrolment.own
        takeHanded(self.enrolment, HandedAnswer.opened(text, self.enrolment.key))
        own = self.enrolment.own
        assert own is not None
        if before is None:
            self._redeeming.sayEntered(own)
        self._redeemed(own, before)

    @property
    def mac(self) -> MAC:
        """
        The address of our tap.
        """
        return self._tap.mac

    @property
    def isServerless(self) -> bool:
        """
        Are we a member of a network of which we know no server?
        """
        return self.enrolment.stage == "member" and not self.enrolment.servers

    # What happens.

    def moved(self) -> None:
        """
        An address or a route of this host changed: it may be in the way of the overlay.
        """
        self._overlap.look()
        self.candidates.moved()
        self.reach.moved()

    def macChanged(self) -> None:
        """
        The tap has another address: claim it, once the certificate has it.
        """
        self._redeeming.macChanged()
        self.certificate.macChanged()
        if self._revocations is not None:
            self.certificate.keepFresh()
            self._announce()

    def _redeemed(self, own: Certificate, before: Certificate | None) -> None:
        self._addresses.take(own, before)
        self.candidates.refresh()
        self._begin()
        self._follower.serversChanged()

    def _begin(self) -> None:
        """
        We are a member.
        """
        trust = self.enrolment.trust
        assert trust is not None
        if self._revocations is None:
            trust.observe(self._expulsion.revoked)
            trust.displaced = self._expulsion.displaced
            self._revocations = RevocationExchange(trust, self.sessions, self._control, self._context)
            self._learned.start()
            self._knownPeers.start()
            self._inUse.start()
        self.reach.start()
        self.certificate.keepFresh()
        self._announce()
        self._admitters.start()
        if self.enrolment.descriptor is not None and interfacesOf(self._tap.interface):
            self._overlap.start(self.enrolment.descriptor.prefix, self._ofOverlay)

    def _ofOverlay(self) -> list[str]:
        own = self.enrolment.own
        addresses = [each.partition("/")[0] for each in own.addresses] if own else []
        return [*interfacesOf(self._tap.interface), *addresses]

    def _announce(self) -> None:
        announcement = self._participant.announcement()
        if announcement is not None:
            self.claims.offer(*announcement)
        self._expulsion.lookAtAdmitter()
        self.certified()
        self._follower.announcementChanged()

    def _stepped(self) -> None:
        """
        Somebody set our clock: check again what has expired and what we took for expired, and compare it with the
        servers'.
        """
        self.certificate.keepFresh()
        self._follower.clockSet()
        self._servers.renewSessions()

    def _expelled(self) -> None:
        """
        We are no longer a member: ask nobody for anything, since they would only drop and count it.
        """
        self.reach.stop()
        self._admitters.stop()
        self.certificate.stop()
        self._follower.serversChanged()
        self.sessions.endAll()

    # What the operator sees.

    @property
    def unansweredFor(self) -> float:
        """
        See L{Redeeming.unansweredFor}.
        """
        return self._redeeming.unansweredFor

    def status(self) -> OwnStatus:
        """
        The state of the membership, for people.
        """
        enrolment = self.enrolment
        own, descriptor = enrolment.own, enrolment.descriptor
        return OwnStatus(
            stage=enrolment.stage,
            network=descriptor.name if descriptor else "",
            networkKey=enrolment.network.hex(),
            cipher=enrolment.cipher,
            prefix=descriptor.prefix if descriptor else "",
            name=own.name if own else self.wish,
            key=enrolment.identity.text,
            addresses=list(own.addresses) if own else [],
            expires=own.expires if own else None,
            conflicts=self.claims.conflicts,
            bridge=own.bridge if own else False,
            relay=own.relay if own else False,
            admission=own.admission if own else False,
            behind=own.limits.macs if own else 0,
            broadcasts=own.limits.broadcasts if own else 0,
            redeeming=enrolment.token is not None,
            refusal=self._redeeming.refusal,
        )


def _claims(enrolment: Enrolment, table: Table, context: Context) -> Claims:
    return Claims(
        enrolment.identity,
        checkOf(enrolment),
        table,
        context.clock,
        context.events,
        context.counters,
        notes=context.notes,
        wallClock=context.wallClock,
    )
