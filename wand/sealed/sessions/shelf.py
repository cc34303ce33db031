"""
Memory for datagrams that wait, thousands at a time and seldom: what they took goes back to the system, which Python's
own memory would not do, for it lies between what stays.
"""

from __future__ import annotations

from mmap import MADV_DONTNEED, MAP_ANONYMOUS, MAP_PRIVATE, mmap


class Shelf:
    """
    Places of one size.
    """

    def __init__(self, count: int, size: int) -> None:
        """
        @param count: how many places there are.
        @param size: octets of the longest datagram.
        """
        self._count = count
        self._size = size
        self._memory: mmap | None = None
        self._lengths: dict[int, int] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._lengths)

    def put(self, datagram: memoryview) -> int:
        """
        Keep a copy.

        @return: its place.
        @raise ValueError: if it is too long, or there is no place left.
        """
        if len(datagram) > self._size or len(self._lengths) >= self._count:
            raise ValueError("no room")
        if self._memory is None:
            # Of memory that is shared, as it is by default, the system would keep what was let go (madvise(2)).
            self._memory = mmap(-1, self._count * self._size, MAP_PRIVATE | MAP_ANONYMOUS)
        place = self._free.pop() if self._free else len(self._lengths)
        begin = place * self._size
        self._memory[begin : begin + len(datagram)] = datagram
        self._lengths[place] = len(datagram)
        return place

    def take(self, place: int) -> bytes:
        """
        What is there, which is there no longer.
        """
        assert self._memory is not None
        begin = place * self._size
        datagram = self._memory[begin : begin + self._lengths.pop(place)]
        self._free.append(place)
        if not self._lengths:
            self.clear()
        return datagram

    def clear(self) -> None:
        """
        Forget all.
        """
        self._lengths, self._free = {}, []
        if self._memory is not None:
            self._memory.madvise(MADV_DONTNEED)
