"""
The circle: the members in the order of their identities, the lowest after the highest.  A range of it is what a member
sees to.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import Final

from wand.table import Peer

#: How many places the circle has: as many as there are identities.
WHOLE: Final = 1 << 256


def distance(start: bytes, end: bytes) -> int:
    """
    How far it is from one place to another, always forward; 0 if they are the same.
    """
    return (int.from_bytes(end, "big") - int.from_bytes(start, "big")) % WHOLE


def placeAt(start: bytes, offset: int) -> bytes:
    """
    The place that is so far after another.
    """
    return ((int.from_bytes(start, "big") + offset) % WHOLE).to_bytes(32, "big")


class Circle:
    """
    The members that the table has, without ourselves; a L{wand.table.PeerObserver}.

    @ivar changes: how often it changed.
    """

    def __init__(self, own: bytes) -> None:
        """
        @param own: our identity.
        """
        self.changes = 0
        self._own = own
        self._members: list[bytes] = []

    def __len__(self) -> int:
        return len(self._members)

    def peerAdded(self, peer: Peer) -> None:
        """
        See L{wand.table.PeerObserver}.
        """
        if isinstance(peer, bytes) and len(peer) == len(self._own) and peer != self._own:
            insort(self._members, peer)
            self.changes += 1

    def peerRemoved(self, peer: Peer) -> None:
        """
        See L{wand.table.PeerObserver}.
        """
        if isinstance(peer, bytes):
            at = bisect_left(self._members, peer)
            if at < len(self._members) and self._members[at] == peer:
                del self._members[at]
                self.changes += 1

    def after(self, place: bytes) -> bytes | None:
        """
        The next member after a place; C{None} if there is nobody.
        """
        if not self._members:
            return None
        at = bisect_right(self._members, place)
        return self._members[at % len(self._members)]


def handovers(own: bytes, fingers: Sequence[bytes], reach: int) -> list[tuple[bytes, bytes]]:
    """
    Whom to hand a frame to, and up to where each of them sees to it.

    @param fingers: members, the nearest first.
    @param reach: how far our own range goes from our place; L{WHOLE} for all.
    """
    near = [each for each in fingers if distance(own, each) < reach]
    limits = [*near[1:], placeAt(own, reach)]
    return list(zip(near, limits, strict=False))
