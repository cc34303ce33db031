"""
The budget: how much a node does for the frames to groups of others.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.timing.token_buckets import TokenBuckets

#: What the share of one originator is.
SHARE: Final = 0.5

#: Signatures that are checked for one sender: in a second in the long run, and at once.
CHECKS_RATE: Final = 4000.0
CHECKS_BURST: Final = 8000.0

#: How many of them may be wrong.
FORGERIES_RATE: Final = 1.0
FORGERIES_BURST: Final = 32.0

COUNTERS: Final = {
    "drop-groups-budget": "frames to groups of others not handed on: more than this node is to do (group-copies)",
    "drop-groups-throttled": "frames to groups dropped unread: too many from that member, or too many forged ones",
}


class Budget:
    """
    Grants what may be done.
    """

    def __init__(self, copies: int, clock: IReactorTime, counters: Counters) -> None:
        """
        @param copies: how many copies a second are handed on for others; twice as many at once.
        """
        counters.declare(COUNTERS)
        self._counters = counters
        self._all = TokenBuckets(clock, copies, 2 * copies, memory=1)
        self._each = TokenBuckets(clock, SHARE * copies, 2 * SHARE * copies)
        self._checks = TokenBuckets(clock, CHECKS_RATE, CHECKS_BURST)
        self._forgeries = TokenBuckets(clock, FORGERIES_RATE, FORGERIES_BURST)

    def mayHandOn(self, originator: bytes, copies: int) -> bool:
        """
        May so many copies of a frame be handed on?
        """
        if self._each.take(originator.hex(), copies) and self._all.take("", copies):
            return True
        self._counters["drop-groups-budget"] += copies
        return False

    def mayCheck(self, sender: bytes) -> bool:
        """
        May one more signature be checked for a member?
        """
        key = sender.hex()
        if self._forgeries.take(key, 0.0, reserve=1.0) and self._checks.take(key):
            return True
        self._counters["drop-groups-throttled"] += 1
        return False

    def forged(self, sender: bytes) -> None:
        """
        A member handed on what was not signed by its originator: no honest one does.
        """
        self._forgeries.take(sender.hex())
