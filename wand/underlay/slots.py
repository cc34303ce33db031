"""
Slots: equal pieces of one memory, side by side, with their slices, which are made only once.
"""

from __future__ import annotations

from typing import Final

#: How many layouts are kept: a size of datagrams and of headers makes two.  Traffic has a few sizes at a time.
LAYOUTS_MAXIMUM: Final = 16

#: The most slices of a layout: as many as the longest train has datagrams.  Each takes 200 octets: slices for all
#: pieces of 100 octets in 64 KiB would be larger than the memory itself.
SLICES_MAXIMUM: Final = 128

#: How many slices are made at first.
SLICES_FIRST: Final = 4


class Slots:
    """
    Equal slots in one memory.

    A slice of a C{memoryview} costs 60 ns, and a datagram needs several; so the slices of many slots are made at once
    and kept, for each (start, size) in use: of the first slots only until more are asked for, since most datagrams of a
    quiet network come alone, each of another size.

    @ivar view: all slots.
    @ivar stride: octets of each.
    @ivar count: of how many slots there are slices at most.
    """

    def __init__(self, stride: int, view: memoryview) -> None:
        """
        @param view: the memory; the rest at its end makes a shorter slot.
        """
        self.stride = stride
        self.view = view
        self.count = min(-(-len(view) // stride), SLICES_MAXIMUM)
        self._layouts: dict[tuple[int, int], list[memoryview]] = {}

    # HOT PATH
    def slices(self, start: int, size: int, end: int) -> list[memoryview]:
        """
        The same part of each slot, of the first L{SLICES_MAXIMUM} slots at most.

        @param start: where it begins in the slot.
        @param size: its octets; C{start + size} is at most the stride.
        @param end: how many slots are needed, from the first one; there may be slices of more.
        """
        layout = self._layouts.get((start, size))
        if layout is None or len(layout) < end:
            return self._made(start, size, end)
        return layout

    def _made(self, start: int, size: int, end: int) -> list[memoryview]:
        """
        Make slices: twice as many as there are, so that a growing train does not pay for it each time.
        """
        layout = self._layouts.get((start, size))
        if layout is None:
            if len(self._layouts) >= LAYOUTS_MAXIMUM:  # sizes come from peers: bounded
                self._layouts.clear()
            layout = self._layouts[start, size] = []
        known = len(layout)
        for slot in range(known, min(max(end, 2 * known, SLICES_FIRST), self.count)):
            first = slot * self.stride + start
            layout.append(self.view[first : first + size])
        return layout

    def datagrams(self, first: int, count: int, size: int, last: int) -> list[memoryview]:
        """
        The datagrams of a train, one by one.

        @param first: the slot of the first.
        @param count: how many there are, at least one.
        @param size: octets of each but the last.
        @param last: octets of the last.
        """
        view, stride = self.view, self.stride
        at = first * stride
        if count == 1:  # where trains are broken up most are alone
            return [view[at : at + last]]
        datagrams = []
        for _ in range(count - 1):
            datagrams.append(view[at : at + size])
            at += stride
        datagrams.append(view[at : at + last])
        return datagrams
