"""
What waits to be joined: the chunks and parities that came since the last batch, all of one peer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import repeat
from mmap import mmap
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.counters import Counters
from wand.sealed.sessions.session import SessionOwner
from wand.superframes.assembling import Assembler
from wand.superframes.parity import PARITY, unfinished
from wand.superframes.stretch import Stretch
from wand.underlay.slots import Slots

#: Datagrams that are opened side by side, and octets of each; a longer one is looked at alone.  Not a power of two, or
#: all would share a few lines of the processor's cache.
OPENED_COUNT: Final = 128
OPENED_SIZE: Final = 9024

#: Seconds to wait for more of a superframe that has parity: a datagram of 1,500 octets takes 1.2 ms at 10 Mbit/s, and
#: a kernel makes superframes of what a flow sends in a millisecond.
PARITY_PATIENCE: Final = 0.002


class Waiting:
    """
    Collects chunks and parities in slots, and has them joined.

    @ivar slots: where datagrams are to be opened, from L{place} on.
    @ivar taken: the slots before this one hold something.
    """

    def __init__(
        self,
        clock: IReactorTime,
        longest: int,
        counters: Counters,
        joined: Callable[[SessionOwner, Stretch], object],
        late: Callable[[], object],
    ) -> None:
        """
        @param longest: octets of the longest frame that the tap may get.
        @param joined: takes the stretches.
        @param late: is called when some were joined after a batch, because the rest did not come.
        """
        # Zeroed by the kernel when it is used first: what is never used is never resident.
        self.slots = Slots(OPENED_SIZE, memoryview(mmap(-1, OPENED_COUNT * OPENED_SIZE)))
        self.taken = 0
        self._clock = clock
        self._counters = counters
        self._joined = joined
        self._late = late
        self._joiner = Assembler(self.slots, longest, counters)
        self.resize = self._joiner.resize
        self._owner: SessionOwner | None = None
        self._chunks: list[int] = []
        self._sizes: list[int] = []
        self._parities: list[tuple[int, int]] = []
        self._timer: IDelayedCall | None = None

    # HOT PATH

    def place(self, owner: SessionOwner, count: int) -> int:
        """
        Where plaintexts can be put: behind what waits, if that is of the same peer and there is room.

        @param count: how many there may be.
        @return: the first slot.
        """
        if self.taken and (owner is not self._owner or self.taken + count > OPENED_COUNT):
            self.join()
        return self.taken

    def addTrain(self, owner: SessionOwner, first: int, count: int, parities: int, size: int, last: int) -> None:
        """
        A train of parities and, behind them, chunks.

        @param first: the slot of the first.
        @param count: how many they are.
        @param parities: how many of them are parities.
        @param size: octets of each plaintext but the last.
        @param last: octets of the last.
        """
        self._owner = owner
        self.taken = end = first + count
        self._chunks += range(first + parities, end)
        self._sizes += [size] * (count - parities - 1)
        self._sizes.append(last)
        if parities:
            self._parities += zip(range(first, first + parities), repeat(size))

    def add(self, owner: SessionOwner, slot: int, plaintext: memoryview) -> None:
        """
        A chunk or a parity.
        """
        size = len(plaintext)
        if size > OPENED_SIZE:
            self._counters["drop-chunk-oversize"] += 1
            return
        self._owner = owner
        self.taken = slot + 1
        if plaintext[0] == PARITY:
            self._parities.append((slot, size))
        else:
            self._chunks.append(slot)
            self._sizes.append(size)

    def join(self) -> None:
        """
        Join all that waits.
        """
        self.taken = 0
        self._stopWaiting()
        self._joinBefore(len(self._chunks), len(self._parities))

    def joinFinished(self) -> None:
        """
        Join what waits, but for a superframe with parity of which more is to come.
        """
        first = unfinished(self.slots, self._chunks, self._sizes, self._parities) if self._parities else None
        if first is None:
            self.join()
            return
        self._stopWaiting()
        self._timer = self._clock.callLater(PARITY_PATIENCE, self._lost)
        self._joinBefore(bisect_left(self._chunks, first), bisect_left(self._parities, (first, 0)))

    def _joinBefore(self, chunk: int, parity: int) -> None:
        chunks, sizes, parities = self._chunks[:chunk], self._sizes[:chunk], self._parities[:parity]
        del self._chunks[:chunk], self._sizes[:chunk], self._parities[:parity]
        owner = self._owner
        if owner is not None:
            for stretch in self._joiner.join(chunks, sizes, parities):
                self._joined(owner, stretch)

    # COLD PATH

    def discard(self) -> None:
        """
        Drop all that waits: joining it failed, and would fail again.
        """
        self.taken = 0
        self._stopWaiting()
        del self._chunks[:], self._sizes[:], self._parities[:]

    def _lost(self) -> None:
        self._timer = None
        self.join()
        self._late()

    def _stopWaiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
