"""
The budget: how much a node does for the frames to groups of others.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.sealed.groups.shares import Shares
from wand.timing.token_buckets import TokenBuckets

#: What the share of one originator is.
SHARE: Final = 0.5

#: Signatures of frames that are checked for one sender, in a second in the long run and at once, and in a second for
#: all senders together: less than half of what a slow processor does.
CHECKS_RATE: Final = 1000.0
CHECKS_BURST: Final = 2000.0
ALL_CHECKS_RATE: Final = 2000.0

#: Certificates and claims of originators that are verified for one sender.  Each takes up to three signatures.
INTRODUCTIONS_RATE: Final = 20.0
INTRODUCTIONS_BURST: Final = 200.0
INTRODUCTION_COST: Final = 3.0

#: How many of them may be wrong.
FORGERIES_RATE: Final = 1.0
FORGERIES_BURST: Final = 32.0

COUNTERS: Final = {
    "drop-groups-budget": "frames to groups of others not handed on: more than this node is to do (group-copies)",
    "drop-groups-throttled": "frames to groups dropped unread: too many from that member, from all, or forged ones",
    "drop-groups-introductions": "certificates of originators dropped unread: too many from that member",
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
        self._all = Shares(clock, copies)
        self._each = TokenBuckets(clock, SHARE * copies, 2 * SHARE * copies)
        self._checks = TokenBuckets(clock, CHECKS_RATE, CHECKS_BURST)
        self._allChecks = Shares(clock, ALL_CHECKS_RATE)
        self._introductions = TokenBuckets(clock, INTRODUCTIONS_RATE, INTRODUCTIONS_BURST)
        self._forgeries = TokenBuckets(clock, FORGERIES_RATE, FORGERIES_BURST)

    def mayHandOn(self, originator: bytes, copies: int) -> bool:
        """
        May so many copies of a frame be handed on?
        """
        key = originator.hex()
        if self._each.take(key, copies) and self._all.take(key, copies):
            return True
        self._counters["drop-groups-budget"] += copies
        return False

    def mayCheck(self, sender: bytes) -> bool:
        """
        May one more signature be checked for a member?
        """
        key = sender.hex()
        if self._isHeard(key) and self._checks.take(key) and self._allChecks.take(key):
            return True
        self._counters["drop-groups-throttled"] += 1
        return False

    def mayIntroduce(self, sender: bytes) -> bool:
        """
        May a member say who one more originator is?
        """
        key = sender.hex()
        if self._isHeard(key) and self._introductions.take(key) and self._allChecks.take(key, INTRODUCTION_COST):
            return True
        self._counters["drop-groups-introductions"] += 1
        return False

    def forged(self, sender: bytes) -> None:
        """
        A member handed on what was not signed by its originator: no honest one does.
        """
        self._forgeries.take(sender.hex())

    def _isHeard(self, key: str) -> bool:
        return self._forgeries.take(key, 0.0, reserve=1.0)
