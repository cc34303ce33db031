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
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, cost: float = 1.0, reserve: float = 0.0) -> bool:
        """
        Take tokens out of a bucket.

        @param reserve: how many must be left in it for others.
        @return: whether there were enough; if not, none is taken.
        """
        now = self._clock.seconds()
        tokens, since = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + max(0.0, now - since) * self._rate)
        granted = tokens >= cost + reserve
        self._buckets[key] = (tokens - cost if granted else tokens, now)
        self._forgetOldest(now)
        return granted

    def _forgetOldest(self, now: float) -> None:
        """
        A bucket that nobody took from for so long that it is full again need not be remembered.
        """
        for key in tuple(islice(self._buckets, 2)):
            tokens, since = self._buckets[key]
            if tokens + (now - since) * self._rate >= self._burst or len(self._buckets) > self._memory:
                del self._buckets[key]
