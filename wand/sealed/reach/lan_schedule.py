"""
When a member asks on its links whether others are there.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds from one question to everybody to the next, and how much earlier or later, at random, as a part of it.
INTERVAL: Final = 60.0
JITTER: Final = 0.1

#: Seconds between two questions at least, and from a change of our links to the question.
PACE: Final = 1.0
DEBOUNCE: Final = 0.1

#: How often it is asked after a start or a move, since a radio loses what is for everybody; and seconds in between.
REPEATS: Final = 3
REPEAT_INTERVAL: Final = 2.0


class LanSchedule:
    """
    Asks in time, and never too often.
    """

    def __init__(self, clock: IReactorTime, random: Random, ask: Callable[[], object]) -> None:
        """
        @param ask: asks on all links.  It does not raise.
        """
        self._clock = clock
        self._random = random
        self._ask = ask
        self._asked = float("-inf")
        self._repeats = 0
        self._timer: IDelayedCall | None = None

    def moved(self) -> None:
        """
        We are on a link now: ask soon, and again.
        """
        self._repeats = REPEATS
        self._askIn(DEBOUNCE)

    def soon(self) -> None:
        """
        Ask as soon as the pace allows.
        """
        self._askIn(0.0)

    def stop(self) -> None:
        """
        Ask no more.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _askIn(self, seconds: float) -> None:
        now = self._clock.seconds()
        when = max(now + seconds, self._asked + PACE)
        if self._timer is not None:
            if self._timer.getTime() <= when:
                return
            self._timer.cancel()
        self._timer = self._clock.callLater(max(0.0, when - now), self._due)

    def _due(self) -> None:
        self._timer = None
        self._asked = self._clock.seconds()
        self._repeats = max(0, self._repeats - 1)
        jitter = 1.0 + JITTER * (2.0 * self._random.random() - 1.0)
        self._askIn(REPEAT_INTERVAL if self._repeats else INTERVAL * jitter)
        self._ask()
