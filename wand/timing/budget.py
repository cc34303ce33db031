"""
Budgets: how much goes to one address, since an answer is larger than its question and the question may be forged.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from twisted.internet.interfaces import IReactorTime

#: How many keys are remembered; beyond, the one that was used the longest ago is forgotten.
MEMORY: Final = 4096


class Budget:
    """
    A token bucket for each key, such as an address.
    """

    def __init__(self, clock: IReactorTime, rate: float, burst: float, memory: int = MEMORY) -> None:
        """
        @param rate: tokens that a bucket gets in a second.
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
        if len(self._buckets) > self._memory:
            self._buckets.popitem(last=False)
        return granted
