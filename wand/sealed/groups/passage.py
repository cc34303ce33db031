"""
The passage of a frame: to which fingers it goes from here, and to whom instead if one of them does not take it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import attrs

from wand.interfaces import Context, ISessions
from wand.interfaces.participant import MemberContext
from wand.sealed.groups.budget import Budget
from wand.sealed.groups.circle import Circle, distance, handovers
from wand.sealed.groups.copies import Copy
from wand.sealed.groups.fingers import Fingers
from wand.sealed.groups.handing import Handing
from wand.sealed.groups.messages import partsOf
from wand.sealed.groups.originators import Originators

#: How many members in a row may not take a copy before it is given up.
ATTEMPTS: Final = 8

#: How many of them may refuse it, though they take others.  Some reason that lies in the frame, the next ones have too.
REFUSALS: Final = 2

COUNTERS: Final = {
    "groups-handed-on": "frames to groups of others that were handed on, each to several members",
}


@attrs.frozen
class Carried:
    """
    A frame on its way.

    @ivar told: the frame as it travels, whole.
    @ivar source: who handed it to us; we ourselves, if it is ours.
    """

    originator: bytes
    told: bytes
    source: bytes


class GroupPassage:
    """
    Hands frames on.
    """

    def __init__(
        self,
        sealed: MemberContext,
        sessions: ISessions,
        circle: Circle,
        originators: Originators,
        context: Context,
        copies: int,
    ) -> None:
        """
        @param copies: how many are handed on for others in a second.
        """
        context.counters.declare(COUNTERS)
        self._own = sealed.participant.identity
        self._counters = context.counters
        self._budget = Budget(copies, context.clock, context.counters)
        self._fingers = Fingers(self._own, circle, sealed.search, originators.known, context.clock, context.counters)
        self._handing = Handing(
            sessions, originators.pairOf, self._failed, self._refused, context.clock, context.counters
        )
        self.heard = self._fingers.heard
        self.confirmed = self._handing.confirmed
        self.session = self._handing.session
        self.mayCheck = self._budget.mayCheck
        self.mayIntroduce = self._budget.mayIntroduce
        self.forged = self._budget.forged

    def carry(
        self, carried: Carried, reach: int, before: int = 0, refused: Callable[[], object] = lambda: None
    ) -> None:
        """
        Hand a frame to the fingers in our range.

        @param reach: how far the range goes.
        @param before: how far it went when the same frame came before.
        @param refused: called if nobody gets it from us, though somebody should.
        """
        if not self._fingers.use(partial(self._carry, carried, reach, before, refused)):
            refused()

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._handing.stop()

    def _carry(
        self, carried: Carried, reach: int, before: int, refused: Callable[[], object], fingers: Sequence[bytes]
    ) -> None:
        done = handovers(self._own, fingers, before)
        wanted = handovers(self._own, fingers, reach)
        if before and len(wanted) == len(done):
            return
        if not self._handOn(carried, [each for each in wanted if each not in done]):
            refused()
            return
        self._counters["groups-handed-on"] += bool(wanted) and carried.originator != self._own

    def _handOn(self, carried: Carried, wanted: list[tuple[bytes, bytes]]) -> bool:
        wanted = [each for each in wanted if each[0] not in (carried.source, carried.originator)]
        if wanted and not self._mayHandOn(carried, len(wanted)):
            return False
        parts = partsOf(carried.told) if wanted else []
        for peer, limit in wanted:
            self._handing.hand(peer, Copy(carried.originator, parts, limit))
        return True

    def _mayHandOn(self, carried: Carried, copies: int) -> bool:
        if carried.originator == self._own:
            return True
        return self._budget.mayHandOn(carried.originator, copies)

    def _failed(self, peer: bytes, copies: list[Copy]) -> None:
        self._fingers.lost(peer, partial(self._replaced, peer, copies))

    def _refused(self, peer: bytes, copies: list[Copy]) -> None:
        self._fingers.after(peer, partial(self._replaced, peer, copies))

    def _replaced(self, peer: bytes, copies: list[Copy], other: bytes | None) -> None:
        """
        Hand copies to the next member after one that does not take them, if it is in their ranges.
        """
        for copy in copies:
            copy.givenUp += 1
            if other is None or not distance(peer, other) < distance(peer, copy.limit):
                continue  # there was nobody else in that range
            if copy.givenUp >= ATTEMPTS or copy.refused >= REFUSALS:
                self._counters["drop-groups-unconfirmed"] += 1
            elif other != copy.originator and self._mayHandAgain(copy):
                self._handing.hand(other, copy)

    def _mayHandAgain(self, copy: Copy) -> bool:
        """
        Whoever has its frames refused pays for the copies that go to others instead.
        """
        return not copy.refused or copy.originator == self._own or self._budget.mayHandOn(copy.originator, 1)
