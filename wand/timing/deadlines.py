"""
Deadlines, and a call when one has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final, Generic, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime

Key = TypeVar("Key", bound=Hashable)

#: How many expire in one turn of the reactor, so that thousands with the same deadline do not keep it from all else.
AT_ONCE: Final = 100

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
        self._queue: list[tuple[float, int, Key]] = []
        self._serial = 0
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
        Set the deadline of C{key} to C{when}, in seconds of the deadlines' clock.
        """
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
        self._queue.clear()
        self._schedule()

    def _enqueue(self, key: Key, when: float) -> None:
        if len(self._queue) > 2 * len(self._deadlines) + 64:  # deadlines that moved leave their old place behind
            self._queue = [(at, serial, each) for serial, (each, at) in enumerate(self._deadlines.items())]
            heapify(self._queue)
            self._serial = len(self._queue)
        else:
            self._serial += 1
            heappush(self._queue, (when, self._serial, key))
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None and self._timer.active():
            if self._queue and self._timer.getTime() <= self._clock.seconds() + self._wait:
                return
            self._timer.cancel()
        self._timer = None
        if self._queue:
            self._timer = self._clock.callLater(self._wait, self._due)

    @property
    def _wait(self) -> float:
        return min(self._longest, max(0.0, self._queue[0][0] - self._seconds()))

    def _due(self) -> None:
        self._timer = None
        now = self._seconds()
        try:
            for _ in range(AT_ONCE):
                if not self._queue or self._queue[0][0] > now:
                    break
                _, _, key = heappop(self._queue)
                deadline = self._deadlines.get(key)
                if deadline is None:
                    continue
                if deadline <= now:
                    del self._deadlines[key]
                    self._expired(key)
                else:
                    self._serial += 1
                    heappush(self._queue, (deadline, self._serial, key))
        finally:  # whatever one of them does, the others expire too
            self._schedule()
