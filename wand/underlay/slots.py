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


class Slots:
    """
    Equal slots in one memory.

    A slice of a C{memoryview} costs 60 ns, and a datagram needs several; so the slices of all slots are made at once
    and kept, for each (start, size) in use.

    @ivar view: all slots.
    @ivar stride: octets of each.
    """

    def __init__(self, stride: int, view: memoryview) -> None:
        """
        @param view: the memory; the rest at its end makes a shorter slot.
        """
        self.stride = stride
        self.view = view
        self._layouts: dict[tuple[int, int], list[memoryview]] = {}

    # HOT PATH
    def slices(self, start: int, size: int) -> list[memoryview]:
        """
        The same part of each slot, of the first L{SLICES_MAXIMUM} slots at most.

        @param start: where it begins in the slot.
        @param size: its octets; C{start + size} is at most the stride.
        """
        layout = self._layouts.get((start, size))
        if layout is None:
            if len(self._layouts) >= LAYOUTS_MAXIMUM:  # sizes come from peers: bounded
                self._layouts.clear()
            firsts = range(start, len(self.view), self.stride)[:SLICES_MAXIMUM]
            layout = self._layouts[start, size] = [self.view[first : first + size] for first in firsts]
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
