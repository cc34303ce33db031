"""
Shares: what all may have together, of which a part is kept for those that take little.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.timing.token_buckets import TokenBuckets

#: Which part of all is little, and which part is kept for those that took no more.
LITTLE: Final = 0.05
KEPT: Final = 0.2

#: What is little at once at least: a frame to groups makes some 20 copies.
LITTLE_MINIMUM: Final = 32.0


class Shares:
    """
    A token bucket for all, that a few cannot empty.
    """

    def __init__(self, clock: IReactorTime, rate: float) -> None:
        """
        @param rate: tokens per second for all; there are twice as many at once.
        """
        self._all = TokenBuckets(clock, rate, 2 * rate, memory=1)
        self._little = TokenBuckets(clock, LITTLE * rate, max(LITTLE_MINIMUM, 2 * LITTLE * rate))
        self._kept = KEPT * 2 * rate

    def take(self, key: str, cost: float = 1.0) -> bool:
        """
        Take tokens.

        @return: whether there were enough; if not, none is taken of what all have.
        """
        return self._all.take("", cost, reserve=0.0 if self._little.take(key, cost) else self._kept)
