"""
A throttle: messages that every frame could cause are sent now and then, and only a few of each kind.
"""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

from twisted.internet.interfaces import IReactorTime


class Throttle:
    """
    Remembers what was said recently.
    """

    def __init__(self, clock: IReactorTime, interval: float, limit: int) -> None:
        """
        @param interval: seconds in which one thing is said once.
        @param limit: how many things of one kind are said in that time.
        """
        self._clock = clock
        self._interval = interval
        self._limit = limit
        self._saidAt: dict[str, dict[Hashable, float]] = {}

    def may(self, kind: str, what: Hashable) -> bool:
        """
        May this be said now?  If so it counts as said.

        @param kind: one of a few.
        """
        now = self._clock.seconds()
        saidAt = self._saidAt.setdefault(kind, {})
        isFull = what not in saidAt and len(saidAt) >= self._limit
        oldest = next(iter(saidAt)) if isFull else what
        if now - saidAt.get(oldest, -inf) < self._interval:
            return False
        saidAt.pop(oldest, None)
        saidAt[what] = now
        return True
