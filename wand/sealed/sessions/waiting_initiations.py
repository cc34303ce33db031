"""
Initiations that wait: when more come than are looked into in a second, nobody's is lost, so that thousands of members
that start at once need not try again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.sealed.sessions.packets import HANDSHAKE_SIZE
from wand.sealed.sessions.shelf import Shelf
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
    in turns, so nobody has to wait for all that a single one sends; and when there is no room, the address with most
    makes it for those with fewer.
    """

    def __init__(
        self,
        clock: IReactorTime,
        look: Callable[[memoryview, tuple[str, int]], object],
        limit: Callable[[], int] = lambda: INITIATIONS_ALL,
        mayMore: Callable[[bytes], bool] = lambda subscriber: True,
        maximum: int = WAITING_MAXIMUM,
    ) -> None:
        """
        @param look: looks into one.
        @param limit: gives how many are looked into in a second.
        @param mayMore: may one more of a subscriber's be looked into now?
        @param maximum: how many wait at most.
        """
        self._look = look
        self._limit = limit
        self._mayMore = mayMore
        self._maximum = maximum
        self._count = 0
        self._shelf = Shelf(maximum, HANDSHAKE_SIZE)
        self._addresses: OrderedDict[bytes, OrderedDict[tuple[str, int], int]] = OrderedDict()  # places on the shelf
        self._sizes: dict[int, dict[bytes, None]] = {}  # the addresses by how many of each wait
        self._timer = Timer(clock, self._due)

    def __len__(self) -> int:
        return self._count

    def add(self, datagram: memoryview, sender: tuple[str, int]) -> bool:
        """
        Let an initiation wait.

        @return: C{False} if one found no room: this, or the newest of the address with most.
        """
        address = subscriberOf(sender[0])
        isFull = self._count >= self._maximum and sender not in self._addresses.get(address, ())
        if isFull and not self._makeRoom(address):
            return False
        waiting = self._addresses.setdefault(address, OrderedDict())
        before = len(waiting)
        if sender in waiting:
            self._shelf.take(waiting[sender])
        waiting[sender] = self._shelf.put(datagram)
        self._resized(address, before)
        if not self._timer.isSet:
            self._timer.set(INTERVAL)
        return not isFull

    def discard(self, sender: tuple[str, int]) -> None:
        """
        What an endpoint sent is of no use any more.
        """
        address = subscriberOf(sender[0])
        waiting = self._addresses.get(address)
        if waiting is not None and sender in waiting:
            self._shelf.take(waiting.pop(sender))
            self._resized(address, len(waiting) + 1)

    def stop(self) -> None:
        """
        Forget all and leave no timer behind.
        """
        self._shelf.clear()
        self._addresses.clear()
        self._sizes.clear()
        self._count = 0
        self._timer.stop()

    def _makeRoom(self, address: bytes) -> bool:
        """
        The address with most loses its newest initiation to one that has fewer, if there is such an address.
        """
        most = max(self._sizes)  # there are few sizes: some 180 addresses of different ones fill all
        if len(self._addresses.get(address, ())) + 1 >= most:
            return False
        other = next(iter(self._sizes[most]))
        self._shelf.take(self._addresses[other].popitem()[1])
        self._resized(other, most)
        return True

    def _resized(self, address: bytes, before: int) -> None:
        """
        An address has more or less than before.
        """
        after = len(self._addresses[address])
        self._count += after - before
        if before:
            del self._sizes[before][address]
            if not self._sizes[before]:
                del self._sizes[before]
        if after:
            self._sizes.setdefault(after, {})[address] = None
        else:
            del self._addresses[address]

    def _due(self) -> None:
        try:
            for _ in range(min(round(self._limit() * INTERVAL), self._count)):
                address, waiting = next(iter(self._addresses.items()))
                self._addresses.move_to_end(address)
                if not self._mayMore(address):
                    continue
                sender, place = waiting.popitem(last=False)
                self._resized(address, len(waiting) + 1)
                self._look(memoryview(self._shelf.take(place)), sender)
        finally:  # whatever is in one, the others are looked into
            if self._count:
                self._timer.set(INTERVAL)
