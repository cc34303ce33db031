"""
A node as a member of a sealed network: it joins, keeps its certificate fresh, knows who owns which address, and hands
on who was revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twisted.logger import Logger

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.fields import wantedFrom
from wand.sealed.credentials.handed import HandedAnswer, HandedRequest
from wand.sealed.credentials.token import Token
from wand.sealed.node.handed_membership import takeHanded
from wand.sealed.node.membership_parts import MembershipParts, MembershipTurns
from wand.sealed.node.membership_status import membershipStatus
from wand.sealed.node.overlap import interfacesOf
from wand.sealed.node.own_node import OwnNode
from wand.sealed.node.revocation_exchange import RevocationExchange
from wand.sealed.node.secret_exchange import SecretExchange
from wand.sealed.node.seen_members import SeenMembers
from wand.status import OwnStatus

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
    @ivar seen: the members, for people.
    @ivar certified: called when our certificate may be another one.
    """

    _log = Logger()

    def __init__(self, node: OwnNode) -> None:
        turns = MembershipTurns(self._announce, self._redeemed, self._expelled, self._stepped)
        self._parts = parts = MembershipParts(node, turns)
        self.certified: Callable[[], object] = lambda: None
        self.enrolment = node.enrolment
        self.sessions = node.transport.sessions
        self.wish = node.wish
        self.certificate = parts.certificate
        self.claims = parts.claims
        self.search = parts.search
        self.sealed = parts.sealed
        self.candidates = parts.participant.own
        self.goodbyes = parts.goodbyes
        self.reach = parts.reach
        self.seen = SeenMembers(node, parts.claims, parts.reach.inspection)
        self._tap = node.tap
        self._context = node.context
        self._notes = node.context.notes
        self._follower = node.follower
        self._streams = node.streams
        self._revocations: RevocationExchange | None = None
        self._secrets: SecretExchange | None = None

    def wishFor(self, name: str) -> None:
        """
        We would like to be called something else, the next time that we join or ask.
        """
        self.wish = self._parts.redeeming.wish = name

    def addLeftOut(self, had: Sequence[str]) -> None:
        """
        See L{wand.sealed.node.own_addresses.OwnAddresses.addLeftOut}.
        """
        self._parts.addresses.addLeftOut(self.enrolment.own, had)

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
        self._parts.clocks.start()
        if self._streams is not None:
            self._streams.mayReach = self._parts.participant.mayReach
            self._streams.start()
        for text in self.enrolment.damaged:
            self._notes.say(f"damaged-{text.partition(' ')[0]}", text)
        stage = self.enrolment.stage
        if stage == "member":
            self._begin()
        if stage == "revoked":
            self._parts.expulsion.sayOurs()
        elif self.enrolment.token is not None:
            self._parts.redeeming.begin()
        elif stage == "new":
            self._notes.say("join", NOBODY)
            self._log.warn("{note}", note=NOBODY)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._parts.calling.stop()
        self._parts.redeeming.stop()
        self.reach.stop()
        self._parts.admitters.stop()
        self._parts.toldServers.stop()
        self.certificate.stop()
        self._parts.clocks.stop()
        if self._streams is not None:
            self._streams.stop()
        self._parts.overlap.stop()
        if self._revocations is not None:
            self._revocations.stop()
            if self._secrets is not None:
                self._secrets.stop()
            self._parts.knownPeers.stop()
            self._parts.inUse.stop()
            self._parts.learned.stop()
        self.search.stop()
        self.claims.stop()
        self.enrolment.stop()

    def redeem(self, text: str, addresses: Sequence[str] = ()) -> None:
        """
        Keep an invitation, and redeem it.

        @param addresses: the overlay addresses that this node would like, without the lengths of their prefixes.
        @raise wand.errors.TokenInvalid: if C{text} is not an invitation.
        @raise wand.errors.MembershipRefused: if this node is a member of another network, or no member can have such
            addresses.
        @raise wand.errors.StateUnavailable: if the revocations that are kept cannot be read.
        """
        token = Token.parse(text)
        if token.identity == self.enrolment.key.identity:
            raise MembershipRefused("this node made that invitation itself: redeem it on the host that is to join")
        self.enrolment.begin(token, wantedFrom(addresses))
        if self.enrolment.stage == "member":
            self._follower.serversChanged()
        self._parts.redeeming.begin()

    def founded(self) -> None:
        """
        We are the first member of a network that was made here.
        """
        own = self.enrolment.own
        assert own is not None
        self._parts.redeeming.sayEntered(own)
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
            self._parts.redeeming.sayEntered(own)
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
        self._parts.overlap.look()
        self.candidates.moved()
        self.reach.moved()

    def macChanged(self) -> None:
        """
        The tap has another address: claim it, once the certificate has it.
        """
        self._parts.redeeming.macChanged()
        self.certificate.macChanged()
        if self._revocations is not None:
            self.certificate.keepFresh()
            self._announce()

    def _redeemed(self, own: Certificate, before: Certificate | None) -> None:
        self._parts.addresses.take(own, before)
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
            trust.observe(self._parts.expulsion.revoked)
            trust.observeAllowances(self._parts.expulsion.lessened)
            trust.displaced = self._parts.expulsion.displaced
            self._revocations = RevocationExchange(trust, self.sessions, self._parts.control, self._context)
            self._secrets = SecretExchange(
                trust, self.enrolment.secrets, self.sessions, self._parts.control, self._context
            )
            self._parts.learned.start()
            self._parts.knownPeers.start()
            self._parts.inUse.start()
        self.reach.start()
        self.certificate.keepFresh()
        self._announce()
        self._parts.admitters.start()
        if self.enrolment.descriptor is not None and interfacesOf(self._tap.interface):
            self._parts.overlap.start(self.enrolment.descriptor.prefixes, self._ofOverlay)

    def _ofOverlay(self) -> list[str]:
        own = self.enrolment.own
        addresses = [each.partition("/")[0] for each in own.addresses] if own else []
        return [*interfacesOf(self._tap.interface), *addresses]

    def _announce(self) -> None:
        announcement = self._parts.participant.announcement()
        if announcement is not None:
            self.claims.offer(*announcement)
        self._parts.expulsion.lookAtAdmitter()
        self.certified()
        self._follower.announcementChanged()

    def _stepped(self) -> None:
        """
        Somebody set our clock: check again what has expired and what we took for expired, and compare it with the
        servers'.
        """
        self.certificate.keepFresh()
        self._follower.clockSet()
        self._parts.servers.renewSessions()

    def _expelled(self) -> None:
        """
        We are no longer a member: ask nobody for anything, since they would only drop and count it.  Nobody is reached
        any more, and so nobody is in the table.
        """
        self.reach.stop()
        self._parts.admitters.stop()
        self.certificate.stop()
        self._follower.serversChanged()
        self.sessions.endAll()
        for each in self.claims.announcements:
            self.claims.drop(each.identity)

    # What the operator sees.

    @property
    def unansweredFor(self) -> float:
        """
        See L{wand.sealed.node.redeeming.Redeeming.unansweredFor}.
        """
        return self._parts.redeeming.unansweredFor

    @property
    def secretHolders(self) -> int:
        """
        How many members said that they have the newest secret of the network.
        """
        return 0 if self._secrets is None else len(self._secrets.holders)

    def status(self) -> OwnStatus:
        """
        The state of the membership, for people.
        """
        return membershipStatus(self.enrolment, self.wish, self.claims.conflicts, self._parts.redeeming.refusal)
