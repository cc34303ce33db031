"""
Deadlines, and a call when one has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from heapq import heappop, heappush
from math import inf, isnan
from typing import Final, Generic, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime

Key = TypeVar("Key", bound=Hashable)

#: How many expire in one turn of the reactor, so that thousands with the same deadline do not keep it from all else.
AT_ONCE: Final = 100

#: Deadlines are looked at first at the last multiple of so many seconds before them, all of them together: most are
#: moved before that, and thousands in a row take a tenth of the memory.
TOGETHER: Final = 8.0

#: The most seconds between two checks of deadlines of the wall clock.
CHECK_INTERVAL: Final = 60.0


class Deadlines(Generic[Key]):
    """
    Calls C{expired} with a key when its deadline has passed.  One timer for all; moving a deadline costs nothing until
    the old one comes up.
    """

    def __init__(
        self, clock: IReactorTime, expired: Callable[[Key], object], wallClock: Callable[[], float] | None = None
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch, if deadlines are such.  They are checked again every
            L{CHECK_INTERVAL}, because that clock may be set.
        """
        self._clock = clock
        self._seconds = wallClock or clock.seconds
        self._longest = inf if wallClock is None else CHECK_INTERVAL
        self._expired = expired
        self._deadlines: dict[Key, float] = {}
        self._moments: list[float] = []  # at which something is to be looked at; a heap
        self._rows: dict[float, list[Key]] = {}
        self._due: list[Key] = []  # what is to be looked at now, the last one first
        self._waiting = 0  # how many there are in the rows
        self._timer: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._deadlines)

    def deadline(self, key: Key) -> float | None:
        """
        When C{key} expires, in seconds of the deadlines' clock, or C{None} if it does not.
        """
        return self._deadlines.get(key)

    def expireAt(self, key: Key, when: float) -> None:
        """
        Set the deadline of C{key} to C{when}, in seconds of the deadlines' clock; infinite for never.

        @raise ValueError: if that is no moment.
        """
        if isnan(when):  # among the others it would have them in no order
            raise ValueError("a deadline is not a number")
        before = self._deadlines.get(key)
        self._deadlines[key] = when
        if before is None or when < before:
            self._enqueue(key, when)

    def discard(self, key: Key) -> None:
        """
        Remove the deadline of C{key}; the last one leaves no timer behind.
        """
        if self._deadlines.pop(key, None) is not None and not self._deadlines:
            self.stop()

    def stop(self) -> None:
        """
        Forget everything and leave no timer behind.
        """
        self._deadlines.clear()
        self._clear()
        self._schedule()

    def _clear(self) -> None:
        self._moments, self._rows, self._due, self._waiting = [], {}, [], 0

    def _enqueue(self, key: Key, when: float) -> None:
        if self._waiting > 2 * len(self._deadlines) + 64:  # deadlines that moved leave their old place behind
            self._clear()
            for each, at in self._deadlines.items():
                self._put(each, at)
        else:
            self._put(key, when)
        self._schedule()

    def _put(self, key: Key, when: float) -> None:
        if when == inf:
            return
        now = self._seconds()
        together = when - when % TOGETHER if when > now else when
        moment = together if together > now else when
        row = self._rows.get(moment)
        if row is None:
            row = self._rows[moment] = []
            heappush(self._moments, moment)
        row.append(key)
        self._waiting += 1

    def _schedule(self) -> None:
        isWaiting = bool(self._due or self._moments)
        if self._timer is not None and self._timer.active():
            if isWaiting and self._timer.getTime() <= self._clock.seconds() + self._wait:
                return
            self._timer.cancel()
        self._timer = self._clock.callLater(self._wait, self._look) if isWaiting else None

    @property
    def _wait(self) -> float:
        return 0.0 if self._due else min(self._longest, max(0.0, self._moments[0] - self._seconds()))

    def _look(self) -> None:
        self._timer = None
        now = self._seconds()
        try:
            for _ in range(AT_ONCE):
                if not self._due and not self._takeRow(now):
                    break
                key = self._due.pop()
                self._waiting -= 1
                deadline = self._deadlines.get(key)
                if deadline is None:
                    continue
                if deadline <= now:
                    del self._deadlines[key]
                    self._expired(key)
                else:
                    self._put(key, deadline)
        finally:  # whatever one of them does, the others expire too
            self._schedule()

    def _takeRow(self, now: float) -> bool:
        """
        Take what is to be looked at now, if there is something.
        """
        if not self._moments or self._moments[0] > now:
            return False
        self._due = self._rows.pop(heappop(self._moments))
        self._due.reverse()
        return True
