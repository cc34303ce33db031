"""
Predecessors: new members that come just before us, which those before them do not know yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.sealed.groups.fingers import LIFETIME as FINGERS_LIFETIME

#: Seconds until those before a new member have looked up their fingers again.
LIFETIME: Final = FINGERS_LIFETIME + 10.0

#: How many there are at a time; the oldest makes room.
MAXIMUM: Final = 16


class Predecessors:
    """
    Remembers them.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._until: dict[bytes, float] = {}

    def add(self, member: bytes) -> None:
        """
        A member says that it is one.
        """
        self._until.pop(member, None)
        if len(self._until) >= MAXIMUM:
            del self._until[next(iter(self._until))]
        self._until[member] = self._clock.seconds() + LIFETIME

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
