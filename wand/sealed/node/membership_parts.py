"""
The parts of a node's membership, put together.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wand.interfaces.participant import MemberContext
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.node.admitters import Admitters
from wand.sealed.node.claims import Claims
from wand.sealed.node.clock_comparison import ClockComparison
from wand.sealed.node.copies import CopiesOfUs
from wand.sealed.node.expulsion import Expulsion
from wand.sealed.node.goodbyes import Goodbyes
from wand.sealed.node.introductions import Introductions
from wand.sealed.node.known_peers import KnownPeers
from wand.sealed.node.known_servers import KnownServers
from wand.sealed.node.learned_cache import LearnedCache
from wand.sealed.node.member_search import MemberSearch
from wand.sealed.node.members_in_use import MembersInUse
from wand.sealed.node.node_reach import NodeReach
from wand.sealed.node.overlap import OverlapWatch
from wand.sealed.node.own_addresses import OwnAddresses
from wand.sealed.node.own_certificate import OwnCertificate
from wand.sealed.node.own_node import OwnNode
from wand.sealed.node.own_participant import OwnParticipant, checkOf
from wand.sealed.node.passed_servers import PassedServers
from wand.sealed.node.redeeming import Redeeming
from wand.sealed.node.told_servers import ToldServers
from wand.sealed.reach.calling import Calling
from wand.sealed.reach.stream_places import StreamPlacesReader
from wand.sealed.sessions.control_messages import ControlMessages


@attrs.frozen
class MembershipTurns:
    """
    What is to be done at the turns of a membership.

    @ivar announce: our claim or our certificate changed.
    @ivar redeemed: an invitation was redeemed: with what our certificate says now, and what it said before.
    @ivar expelled: we are no longer a member.
    @ivar stepped: somebody set our clock.
    """

    announce: Callable[[], object]
    redeemed: Callable[[Certificate, Certificate | None], object]
    expelled: Callable[[], object]
    stepped: Callable[[], object]


class MembershipParts:
    """
    The parts, each made with those that it needs.

    @ivar claims: who owns which address.
    @ivar control: the control messages of sessions.
    @ivar servers: those of our network.
    @ivar admitters: members that may admit others.
    @ivar toldServers: asks for further servers.
    @ivar addresses: our overlay addresses at the tap.
    @ivar certificate: keeps our certificate fresh.
    @ivar participant: ourselves, as directories see us.
    @ivar search: finds members of which we were not told.
    @ivar sealed: what directories and frame services work with.
    @ivar reach: how others are reached, and find us.
    @ivar goodbyes: says goodbye to other members.
    @ivar inUse: forgets members that nobody uses.
    @ivar calling: tells members that others call them.
    @ivar expulsion: ends what revoked members have.
    @ivar clocks: compares our clock with the servers'.
    @ivar knownPeers: keeps on disk whom we met.
    @ivar learned: keeps on disk what was heard behind members.
    @ivar overlap: watches for routes in the way of the overlay.
    @ivar redeeming: redeems invitations.
    """

    def __init__(self, node: OwnNode, turns: MembershipTurns) -> None:
        self._node = node
        self._turns = turns
        self._makeOurselves()
        self._makeWhatFindsOthers()
        self._makeWhatFollowsOthers()
        self._makeWhatIsKept()
        self._connect()

    def _makeOurselves(self) -> None:
        node, context, enrolment = self._node, self._node.context, self._node.enrolment
        sessions, announce = node.transport.sessions, self._turns.announce
        self.claims = _claims(node)
        self.control = control = ControlMessages(sessions, context.clock, context.counters)
        self.servers = KnownServers(enrolment, sessions)
        self.admitters = Admitters(enrolment, self.claims, sessions, context)
        self.addresses = OwnAddresses(node.tap, context.notes, node.addresses)
        self.certificate = OwnCertificate(
            enrolment, self.servers, self.admitters, sessions, control, node.tap, self.addresses, announce, context
        )
        copies = CopiesOfUs(enrolment.ownClaim, control, context, announce, self.servers.tell)
        self.participant = OwnParticipant(
            enrolment, self.claims, self.servers, node.tap, node.port, context.notes, copies.overtaken
        )
        self.toldServers = ToldServers(enrolment, sessions, control, context, node.follower.serversChanged)
        PassedServers(enrolment, sessions, control, context)
        self.participant.own.onChange(node.follower.announcementChanged)

    def _makeWhatFindsOthers(self) -> None:
        node, context, own = self._node, self._node.context, self.participant.own
        search = MemberSearch(node.enrolment.identity, self.claims, node.table, context.clock, context.counters)
        self.search = search
        self.sealed = MemberContext(self.participant, node.transport.sessions, self.control, search, search)
        self.reach = NodeReach(
            node.enrolment,
            self.participant,
            node.tap,
            (node.lan, node.port),
            node.transport,
            self.control,
            context,
            own.observed,
            own.addresses,
            search,
        )

    def _makeWhatFollowsOthers(self) -> None:
        node, context, participant, control = self._node, self._node.context, self.participant, self.control
        sessions, serversChanged = node.transport.sessions, node.follower.serversChanged
        self.goodbyes = Goodbyes(sessions, control, context)
        self.inUse = MembersInUse(participant, self.claims, self.search, sessions, context)
        Introductions(participant, sessions, control)
        StreamPlacesReader(sessions, control, context, self.servers.learnStreams, participant.mayReach)
        self.calling = Calling(participant, sessions, control, context, self.reach.observing)
        self.expulsion = Expulsion(node.enrolment, self.claims, sessions, context, self._turns.expelled, serversChanged)

    def _makeWhatIsKept(self) -> None:
        node, context, state = self._node, self._node.context, self._node.enrolment.state
        sessions = node.transport.sessions
        told = context.clock, context.failures, context.notes, context.makeWorker("state").do
        self.clocks = ClockComparison(context, self._turns.stepped, isServer=False)
        self.knownPeers = KnownPeers(state, self.claims, sessions, *told)
        self.learned = LearnedCache(state, self.claims.learned, *told)
        self.overlap = OverlapWatch(context, "what is sent to other members may go there instead")
        self.redeeming = Redeeming(
            node.enrolment,
            sessions,
            node.tap,
            context,
            node.wish,
            self._turns.redeemed,
            node.streams,
            self.reach.lookForHost,
        )

    def _connect(self) -> None:
        """
        Have the transport ask the claims, and tell us.
        """
        transport, sources = self._node.transport, self.claims.sources
        transport.admitSources(sources.mayUse)
        transport.admitFloods(sources.broadcastsOf, sources.flooded)
        transport.mayReach = self.participant.mayReach
        transport.sessions.onClock(self.clocks.told)
        self.claims.restarted = transport.sessions.renew


def _claims(node: OwnNode) -> Claims:
    context = node.context
    return Claims(
        node.enrolment.identity,
        checkOf(node.enrolment),
        node.table,
        context.clock,
        context.events,
        context.counters,
        notes=context.notes,
        wallClock=context.wallClock,
    )
