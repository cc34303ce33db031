"""
Predecessors: new members that come just before us, which those before them do not know yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.sealed.groups.circle import Circle, distance
from wand.sealed.groups.fingers import LIFETIME as FINGERS_LIFETIME

#: Seconds until those before a new member have looked up their fingers again.
LIFETIME: Final = FINGERS_LIFETIME + 10.0

#: How many there are at a time; the one farthest from us makes room.
MAXIMUM: Final = 4


class Predecessors:
    """
    Remembers them.
    """

    def __init__(self, own: bytes, circle: Circle, clock: IReactorTime) -> None:
        """
        @param own: our identity.
        @param circle: those that we know.
        """
        self._own = own
        self._circle = circle
        self._clock = clock
        self._until: dict[bytes, float] = {}

    def add(self, member: bytes) -> None:
        """
        A member says that it is one.  Anybody may say so, but just before us are only those that come after the last
        one that we know of.
        """
        last = self._circle.before(self._own)
        if last is not None and self._distance(member) > self._distance(last):
            return
        self._until[member] = self._clock.seconds() + LIFETIME
        if len(self.all) > MAXIMUM:
            del self._until[max(self._until, key=self._distance)]

    def _distance(self, member: bytes) -> int:
        return distance(member, self._own)

    @property
    def all(self) -> Sequence[bytes]:
        """
        All of them.
        """
        if not self._until:
            return ()
        now = self._clock.seconds()
        self._until = {each: until for each, until in self._until.items() if until > now}
        return tuple(self._until)
