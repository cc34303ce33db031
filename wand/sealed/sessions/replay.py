"""
The replay window: which of the last counters were seen (RFC 6479 has the same idea).
"""

from __future__ import annotations

from typing import Final

#: How far behind the highest counter one may be.
WINDOW: Final = 8192

#: A counter that did not come is alone if none of this many before it was missing.  A queue that is full loses several
#: in a row, or every few, and that is for TCP to see; loss at random spares most neighbours up to some percent.
ALONE: Final = 16

#: How many counters make up for one that is missing and alone.  More loss than one in 2,048 adds up.
FORGIVEN: Final = 2048

#: With this L{Window.loss} it is loss at random, and neither accident nor congestion: it takes eight that are alone and
#: no row between them.  At 0.1 % that takes some 11,000 counters, which is 0.3 s at 500 Mbit/s, at 1 % some 1,000; at
#: 0.01 % the last four would have to come at once.  Behind a link of 50 Mbit/s with a queue of 60 KB, where TCP lost
#: 1 %, a third of the gaps were rows; at 1 % at random a hundredth is.
TOLERATED: Final = 4 * FORGIVEN

#: How many counters an answer tells of.
TOLD: Final = 32

_OCTETS: Final = 2 * WINDOW // 8
_MASK: Final = _OCTETS - 1

#: Octets of the ring to begin with: most sessions carry little, and a long ring would be most of what they take.
_FEW: Final = 16


class Window:
    """
    Remembers counters.  A ring of bits, twice as long as the window; octets are cleared ahead of the highest counter,
    so that what leaves the window needs no work.  It is shorter until there are counters for which that is not enough.

    @ivar highest: the highest counter so far, -1 before any.
    @ivar loss: how much is lost at random: each counter that is missing and alone adds L{FORGIVEN}, one that comes late
        takes it away again, and each that passes takes one away from what is above zero.  It begins at -L{TOLERATED}
        and is there again after several that are missing in a row.
    """

    __slots__ = ("_bits", "_gap", "highest", "loss")

    def __init__(self) -> None:
        self.highest = -1
        self.loss = -TOLERATED
        self._gap = -ALONE
        self._bits = bytearray(_FEW)

    def isNew(self, counter: int) -> bool:  # HOT PATH
        """
        Is a counter neither seen nor too old?
        """
        highest = self.highest
        if counter > highest:
            return True
        return counter > highest - WINDOW and not self._bits[counter >> 3 & _MASK] >> (counter & 7) & 1

    def cameBefore(self, counter: int) -> int:
        """
        Which of the L{TOLD} counters before this one came: bit 0 is that of the one before, bit 1 of the one before
        that.  All, if nothing is known of them any more.

        @param counter: its lower 32 bits.
        """
        counter = self.highest - (self.highest - counter & 0xFFFFFFFF)
        if self.highest - counter > WINDOW - TOLD or counter < 0:
            return (1 << TOLD) - 1
        earlier = range(counter - 1, max(-1, counter - 1 - TOLD), -1)
        return sum((self._bits[each >> 3 & _MASK] >> (each & 7) & 1) << at for at, each in enumerate(earlier))

    def add(self, counter: int) -> None:  # HOT PATH
        """
        Remember a counter that L{isNew}, once its datagram is authenticated.
        """
        octet = counter >> 3
        if counter > self.highest:
            if octet != self.highest >> 3:
                self._clear(octet)
            if counter - self.highest > 1:
                self._skip(counter)
            self.highest = counter
        else:
            self.loss = max(-TOLERATED, self.loss - FORGIVEN)
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
        if first - self.highest > 1:
            self._skip(first)
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

    def _skip(self, counter: int) -> None:
        """
        What is between the highest counter and this one did not come yet.
        """
        passed, self._gap = counter - self._gap, counter
        if self.loss > 0:
            self.loss = max(0, self.loss - passed)
        if counter > self.highest + 2:
            self.loss = -TOLERATED
        elif passed > ALONE:
            self.loss += FORGIVEN

    def _clear(self, octet: int) -> None:
        """
        Make room for the octets after that of the highest counter, up to this one.
        """
        length = len(self._bits)
        if octet >= length < _OCTETS:  # what is appended is zeros, and nothing went round yet
            self._bits.extend(bytes(min(_OCTETS, max(4 * length, octet + 1)) - length))
        first = (self.highest >> 3) + 1
        if octet - first >= _OCTETS:
            self._bits[:] = bytes(_OCTETS)
        else:
            for each in range(first, octet + 1):
                self._bits[each & _MASK] = 0
