"""
What waits to be sent in a stream: little, and not for long.

A stream loses nothing and delivers in order, so what does not go through waits in front of what comes after it.  Frames
that are late are worth nothing: the connections inside the tunnel have sent them again, and the sooner they see a loss,
the sooner they slow down.  So the queue is bounded in time, and the oldest frames go first.
"""

from __future__ import annotations

from collections import deque
from typing import Final, TypeAlias

from wand.counters import Counters

#: Seconds that frames wait at most; and handshakes, and what is as short as control messages are.
DATA_PATIENCE: Final = 0.1
KEPT_PATIENCE: Final = 2.0

#: Octets that wait at most.
OCTETS_MAXIMUM: Final = 256 << 10

#: Datagrams of so many octets at most are kept when others are dropped: control messages, signs of life, and what
#: confirms that something was received.
SHORT: Final = 256

_DATA: Final = 4

# When it came, its place in the row, its octets, and how many datagrams those are.
_Entry: TypeAlias = tuple[float, int, bytes, int]


def isKept(datagram: bytes | bytearray | memoryview) -> bool:
    """
    Is a datagram to come through when others are dropped: a handshake, or a short one?
    """
    return len(datagram) <= SHORT or datagram[0] < _DATA


class SendQueue:
    """
    Datagrams with their lengths, in the order in which they came.

    @ivar octets: how many wait.
    """

    def __init__(self, counters: Counters) -> None:
        self.octets = 0
        self._counters = counters
        self._data: deque[_Entry] = deque()
        self._kept: deque[_Entry] = deque()
        self._number = 0

    def __bool__(self) -> bool:
        return bool(self._data or self._kept)

    # HOT PATH
    def add(self, octets: bytes, count: int, now: float, *, kept: bool = False) -> None:
        """
        Let datagrams wait.

        @param octets: with the lengths.
        @param count: how many datagrams they are.
        @param kept: see L{isKept}.
        """
        self._number += 1
        (self._kept if kept else self._data).append((now, self._number, octets, count))
        self.octets += len(octets)
        while self.octets > OCTETS_MAXIMUM:
            self._drop(self._data or self._kept, "drop-stream-full")

    # HOT PATH
    def take(self, limit: int, now: float) -> list[bytes]:
        """
        What is to be sent next.

        @param limit: octets at most, but one piece in any case.
        """
        taken: list[bytes] = []
        data, kept = self._data, self._kept
        while data and now - data[0][0] > DATA_PATIENCE:
            self._drop(data, "drop-stream-late")
        while kept and now - kept[0][0] > KEPT_PATIENCE:
            self._drop(kept, "drop-stream-late")
        while data or kept:
            first = data if data and (not kept or data[0][1] < kept[0][1]) else kept
            size = len(first[0][2])
            if taken and size > limit:
                break
            limit -= size
            self.octets -= size
            taken.append(first.popleft()[2])
        return taken

    def _drop(self, entries: deque[_Entry], reason: str) -> None:
        _, _, octets, count = entries.popleft()
        self.octets -= len(octets)
        self._counters[reason] += count
