"""
The replay window: which of the last counters were seen (RFC 6479 has the same idea).
"""

from __future__ import annotations

from typing import Final

#: How far behind the highest counter one may be.
WINDOW: Final = 8192

_OCTETS: Final = 2 * WINDOW // 8
_MASK: Final = _OCTETS - 1


class Window:
    """
    Remembers counters.  A ring of bits, twice as long as the window; octets are cleared ahead of the highest counter,
    so that what leaves the window needs no work.

    @ivar highest: the highest counter so far, -1 before any.
    """

    __slots__ = ("_bits", "highest")

    def __init__(self) -> None:
        self.highest = -1
        self._bits = bytearray(_OCTETS)

    def isNew(self, counter: int) -> bool:  # HOT PATH
        """
        Is a counter neither seen nor too old?
        """
        highest = self.highest
        if counter > highest:
            return True
        return counter > highest - WINDOW and not self._bits[counter >> 3 & _MASK] >> (counter & 7) & 1

    def add(self, counter: int) -> None:  # HOT PATH
        """
        Remember a counter that L{isNew}, once its datagram is authenticated.
        """
        octet = counter >> 3
        if counter > self.highest:
            if octet != self.highest >> 3:
                self._clear(octet)
            self.highest = counter
        self._bits[octet & _MASK] |= 1 << (counter & 7)

    def addRow(self, first: int, count: int) -> None:  # HOT PATH
        """
        Remember C{count} counters from C{first} on, all above the highest, at most as many as the window has: octet by
        octet.
        """
        last = first + count - 1
        low, high = first >> 3, last >> 3
        if high != self.highest >> 3:
            self._clear(high)
        self.highest = last
        bits = self._bits
        for octet in range(low + 1, high):
            bits[octet & _MASK] = 0xFF
        from_, to = 0xFF << (first & 7) & 0xFF, 0xFF >> (~last & 7)
        if low == high:
            bits[low & _MASK] |= from_ & to
        else:
            bits[low & _MASK] |= from_
            bits[high & _MASK] |= to

    def _clear(self, octet: int) -> None:
        first = (self.highest >> 3) + 1
        if octet - first >= _OCTETS:
            self._bits[:] = bytes(_OCTETS)
        else:
            for each in range(first, octet + 1):
                self._bits[each & _MASK] = 0
