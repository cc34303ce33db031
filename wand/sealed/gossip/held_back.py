"""
What is said about a member faster than it may change: the newest of it waits, and nothing in between is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.sealed.gossip.items import Item
from wand.timing.timer import Timer
from wand.timing.token_buckets import TokenBuckets

#: How much is taken about one member: per second in the long run, and at once.
CHANGE_RATE: Final = 0.5
CHANGE_BURST: Final = 10.0

#: For how many members that is counted; of the others nothing was taken lately.
REMEMBERED: Final = 128

#: Seconds between two looks at whether something that waits may be taken now.
LOOK_INTERVAL: Final = 0.5

#: How many items wait at most.
WAITING_MAXIMUM: Final = 128

COUNTERS: Final = {
    "gossip-items-delayed": "items about members taken later: too much was said about that member at once",
}


class HeldBack:
    """
    Lets each member change only so often.
    """

    def __init__(
        self, clock: IReactorTime, counters: Counters, take: Callable[[Item], object], drop: Callable[[Item], object]
    ) -> None:
        """
        @param take: called with an item that waited, when it may be taken.
        @param drop: called with an item that need not wait any more, because a newer one does, or for which there is no
            room.
        """
        counters.declare(COUNTERS)
        self._counters = counters
        self._take = take
        self._drop = drop
        self._changes = TokenBuckets(clock, CHANGE_RATE, CHANGE_BURST, REMEMBERED)
        self._waiting: dict[tuple[bytes, int], Item] = {}
        self._timer = Timer(clock, self._look)

    def mayPass(self, item: Item) -> bool:
        """
        May an item about a member be taken now?  If not, it waits.
        """
        if self._changes.take(item.member):
            return True
        key = item.member, item.kind
        before = self._waiting.get(key)
        if before is not None and item.rank <= before.rank:
            return False
        if before is not None:
            self._drop(before)
        elif len(self._waiting) >= WAITING_MAXIMUM:
            self._drop(item)
            return False
        self._waiting[key] = item
        if not self._timer.isSet:
            self._timer.set(LOOK_INTERVAL)
        return False

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._timer.stop()
        self._waiting.clear()

    def _look(self) -> None:
        for key, item in tuple(self._waiting.items()):
            if self._changes.take(item.member):
                del self._waiting[key]
                self._counters["gossip-items-delayed"] += 1
                self._take(item)
        if self._waiting:
            self._timer.set(LOOK_INTERVAL)
