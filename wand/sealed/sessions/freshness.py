"""
Freshness: which initiations of a peer are new, and which are repeated by somebody who recorded them.
"""

from __future__ import annotations

from math import inf
from typing import Final

from wand.sealed.sessions.timers import COOKIE_LIFE

#: Seconds for which initiations are remembered: longer than the cookie that one of them echoes can be good.
INITIATIONS_MEMORY: Final = 3 * COOKIE_LIFE

#: Seconds within which one that comes again came over another way, as each does that is sent over several.
COPIES_LATE: Final = 5.0

#: How many of one peer are remembered.  It makes fewer meanwhile, and nobody else can make any.
INITIATIONS_MAXIMUM: Final = 64

_NEVER: Final = -inf


class Freshness:
    """
    What is remembered of one peer's initiations.

    Their times order them only as long as the peer's clock is not set back.  So one that is not later than the latest
    is not a replay all the same if it echoes, under its seal, a cookie that we made just now, and was not seen yet.
    The latest stays what it is: what was recorded meanwhile is no later than that.

    @ivar latest: the highest time in those that were taken.
    """

    __slots__ = ("_earlier", "_latestAt", "latest")

    def __init__(self) -> None:
        self.latest = -1
        self._latestAt = _NEVER
        self._earlier: tuple[tuple[int, float], ...] = ()  # hardly ever more than a few

    def isLater(self, time: int) -> bool:
        """
        Is this later than everything that was taken?
        """
        return time > self.latest

    def isRepeated(self, time: int) -> bool:
        """
        Was one of just this time taken lately?
        """
        return self._takenAt(time) > _NEVER

    def isCopy(self, time: int, now: float) -> bool:
        """
        Is it the latest, which was taken just now?
        """
        return time == self.latest and now - self._takenAt(time) <= COPIES_LATE

    def take(self, time: int, now: float) -> None:
        """
        Remember one that was taken.

        @param now: the moment, by the monotonic clock.
        """
        earlier = [*self._earlier]
        if time > self.latest:
            earlier.append((self.latest, self._latestAt))
            self.latest, self._latestAt = time, now
        elif time == self.latest:
            self._latestAt = now
        else:
            earlier.append((time, now))
        lately = ((each, taken) for each, taken in dict(earlier).items() if now - taken < INITIATIONS_MEMORY)
        self._earlier = tuple(lately)[1 - INITIATIONS_MAXIMUM :]

    def _takenAt(self, time: int) -> float:
        return self._latestAt if time == self.latest else dict(self._earlier).get(time, _NEVER)
