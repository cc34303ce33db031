"""
Token buckets: how much may come from somebody, or go to one address, in a time.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import Final

from twisted.internet.interfaces import IReactorTime

#: How many keys are remembered; when there are more, the least recently used is forgotten.
KEYS_MAXIMUM: Final = 4096

#: What is rounded off when thousands are taken, in tokens.
_ROUNDING: Final = 0.001


class TokenBuckets:
    """
    A token bucket for each key, such as an address.
    """

    def __init__(self, clock: IReactorTime, rate: float, burst: float, memory: int = KEYS_MAXIMUM) -> None:
        """
        @param rate: tokens that a bucket gets per second.
        @param burst: tokens that it holds at most, and at first.
        @param memory: how many keys are remembered.
        """
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._memory = memory
        self._buckets: OrderedDict[str | bytes, float] = OrderedDict()  # when each is full again

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str | bytes, cost: float = 1.0, reserve: float = 0.0) -> bool:
        """
        Take tokens out of a bucket.

        @param reserve: how many must be left in it for others.
        @return: whether there were enough; if not, none is taken.
        """
        now = self._clock.seconds()
        full = max(now, self._buckets.pop(key, now))
        granted = self._burst - (full - now) * self._rate >= cost + reserve - _ROUNDING
        self._buckets[key] = full + cost / self._rate if granted else full
        self.tidy()
        return granted

    def tidy(self) -> None:
        """
        A bucket that nobody took from for so long that it is full again need not be remembered: forget two of them, if
        there are any.
        """
        now = self._clock.seconds()
        for key in tuple(islice(self._buckets, 2)):
            if self._buckets[key] <= now or len(self._buckets) > self._memory:
                del self._buckets[key]
