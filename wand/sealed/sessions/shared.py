"""
What all conversations of a transport have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from operator import methodcaller
from random import Random
from typing import Protocol

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.health.failures import Failures
from wand.interfaces.membership import Member, Membership
from wand.sealed.sessions.counters import COUNTERS
from wand.sealed.sessions.debts import Debts
from wand.sealed.sessions.indices import Indices
from wand.sealed.sessions.peers import Correspondent
from wand.sealed.sessions.places import Places
from wand.sealed.sessions.plaintexts import Plaintexts
from wand.sealed.sessions.time_of_day import TimeOfDay
from wand.sealed.sessions.timers import RUMOURS_BURST, RUMOURS_RATE
from wand.sealed.sessions.train import Train
from wand.timing.deadlines import Deadlines
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.ports import DatagramPort


class ConversationListener(Protocol):
    """
    Is told what becomes of conversations.
    """

    def sessionUp(self, peer: Correspondent, member: Member | None, place: tuple[str, int] | None) -> None:
        """
        There is a session with a peer with which there was none.

        @param member: what the peer's certificate says; C{None} for a node that joins.
        @param place: where the peer is.
        """

    def sessionDown(self, peer: Correspondent, member: Member | None, place: tuple[str, int] | None) -> None:
        """
        There is no session with a peer any more.
        """

    def wanted(self, peer: Correspondent, turn: int) -> None:
        """
        We try to reach a peer.

        @param turn: how often we tried before.
        """

    @property
    def mayHelp(self) -> bool:
        """
        Is there anybody who helps to reach peers of which nobody says where they are?
        """

    def unreachable(self, peer: Correspondent) -> None:
        """
        A peer was not reached at any of its places, for the first time since it was.
        """

    def wayChanged(
        self,
        peer: Correspondent,
        member: Member | None,
        place: tuple[str, int],
        reason: str,
        before: tuple[str, int],
        *,
        hasMoved: bool,
    ) -> None:
        """
        Another place is used for a peer.

        @param reason: why, in a few words for people.
        @param before: which was used until now.
        @param hasMoved: is it another because the peer is heard there?
        """

    def clockTold(self, member: Member, ahead: float) -> None:
        """
        A member told in a handshake what its clock says.

        @param ahead: by how many seconds that is ahead of ours.
        """

    def secretTold(self, member: Member, number: int) -> None:
        """
        A member told in a handshake which network secret is its newest.
        """


class Due(Hashable, Protocol):
    """
    Has something to do at moments of its own.
    """

    def isDue(self) -> None:
        """
        The moment is here: do what is due.
        """


@attrs.define(eq=False)
class Shared:
    """
    The collaborators of all conversations of a transport.

    @ivar random: for jitter.
    @ivar entropy: for keys and indices; gives as many octets as asked for.
    @ivar portFor: the port for a destination, C{None} if there is none or it must not be used.
    @ivar failures: what counts and logs an exception at a boundary.
    @ivar isNear: is an address on a link of ours?
    @ivar leadsBack: see L{wand.interfaces.session_transport.Ways}.
    @ivar places: where the peers are.
    @ivar rumours: how many initiations go to an address of which only calls and gossip say that anybody is there, for
        all peers together.
    @ivar due: when something is due in which conversation.
    @ivar debts: which of them owe a sign of life, at a directory server.
    @ivar isSought: do peers see to it themselves that they reach us, as members do with a directory server?
    """

    clock: IReactorTime
    random: Random
    entropy: Callable[[int], bytes]
    counters: Counters
    membership: Membership
    listener: ConversationListener
    portFor: Callable[[tuple[str, int]], DatagramPort | None]
    failures: Failures
    timeOfDay: TimeOfDay
    isNear: Callable[[str], bool] = lambda host: False
    leadsBack: Callable[[Endpoint, Sequence[Endpoint]], bool] = lambda place, places: False
    indices: Indices = attrs.field(init=False)
    places: Places = attrs.field(init=False, factory=Places)
    plaintexts: Plaintexts = attrs.field(init=False, factory=Plaintexts)
    train: Train = attrs.field(init=False, factory=Train)
    rumours: TokenBuckets = attrs.field(init=False)
    due: Deadlines[Due] = attrs.field(init=False)
    debts: Debts = attrs.field(init=False)
    isSought: bool = attrs.field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self.counters.declare(COUNTERS)
        self.indices = Indices(self.entropy)
        self.rumours = TokenBuckets(self.clock, RUMOURS_RATE, RUMOURS_BURST)
        self.due = Deadlines(self.clock, methodcaller("isDue"))
        self.debts = Debts(self.clock)
