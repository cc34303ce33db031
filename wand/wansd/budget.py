"""
Budgets: how much one source address may ask of us, since an answer is larger than its question.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from twisted.internet.interfaces import IReactorTime

#: Requests a second that one source address may make for as long as it likes.
RATE: Final = 20.0

#: Requests that it may make at once.
BURST: Final = 40.0

#: How many source addresses are remembered; beyond, the one that asked the longest ago is forgotten.
MEMORY: Final = 4096


class Budget:
    """
    A token bucket for each source address.
    """

    def __init__(self, clock: IReactorTime, rate: float = RATE, burst: float = BURST, memory: int = MEMORY) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._memory = memory
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, host: str) -> bool:
        """
        Take one request off the budget of C{host}.

        @return: whether there was one left.
        """
        now = self._clock.seconds()
        tokens, since = self._buckets.pop(host, (self._burst, now))
        tokens = min(self._burst, tokens + max(0.0, now - since) * self._rate)
        granted = tokens >= 1
        self._buckets[host] = (tokens - granted, now)
        if len(self._buckets) > self._memory:
            self._buckets.popitem(last=False)
        return granted
