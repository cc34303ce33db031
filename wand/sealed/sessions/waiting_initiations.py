"""
Initiations that wait: when more come than are looked into in a second, nobody's is lost, so that thousands of members
that start at once need not try again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.sealed.sessions.timers import INITIATIONS_ALL
from wand.timing.timer import Timer
from wand.underlay.place_kinds import subscriberOf

#: How many wait; one takes a kilobyte.
WAITING_MAXIMUM: Final = 16_384

#: Seconds from one time that some are looked into to the next.
INTERVAL: Final = 0.01


class WaitingInitiations:
    """
    The last initiation of each endpoint, since whoever repeats one waits for the answer to that alone.  Addresses come
    in turns, so nobody has to wait for all that a single one sends.
    """

    def __init__(
        self,
        clock: IReactorTime,
        look: Callable[[memoryview, tuple[str, int]], object],
        limit: Callable[[], int] = lambda: INITIATIONS_ALL,
        maximum: int = WAITING_MAXIMUM,
    ) -> None:
        """
        @param look: looks into one.
        @param limit: gives how many are looked into in a second.
        @param maximum: how many wait at most.
        """
        self._look = look
        self._limit = limit
        self._maximum = maximum
        self._count = 0
        self._addresses: OrderedDict[bytes, OrderedDict[tuple[str, int], bytes]] = OrderedDict()
        self._timer = Timer(clock, self._due)

    def __len__(self) -> int:
        return self._count

    def add(self, datagram: memoryview, sender: tuple[str, int]) -> bool:
        """
        Let an initiation wait.

        @return: C{False} if there is no room.
        """
        waiting = self._addresses.get(subscriberOf(sender[0]), OrderedDict())
        if sender not in waiting:
            if self._count >= self._maximum:
                return False
            self._count += 1
        waiting[sender] = bytes(datagram)
        self._addresses[subscriberOf(sender[0])] = waiting
        if not self._timer.isSet:
            self._timer.set(INTERVAL)
        return True

    def discard(self, sender: tuple[str, int]) -> None:
        """
        What an endpoint sent is of no use any more.
        """
        waiting = self._addresses.get(subscriberOf(sender[0]))
        if waiting is not None and waiting.pop(sender, None) is not None:
            self._count -= 1
            if not waiting:
                del self._addresses[subscriberOf(sender[0])]

    def stop(self) -> None:
        """
        Forget all and leave no timer behind.
        """
        self._addresses.clear()
        self._count = 0
        self._timer.stop()

    def _due(self) -> None:
        try:
            for _ in range(min(round(self._limit() * INTERVAL), self._count)):
                address, waiting = self._addresses.popitem(last=False)
                sender, datagram = waiting.popitem(last=False)
                self._count -= 1
                if waiting:
                    self._addresses[address] = waiting
                self._look(memoryview(datagram), sender)
        finally:  # whatever is in one, the others are looked into
            if self._count:
                self._timer.set(INTERVAL)
