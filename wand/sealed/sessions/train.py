"""
What is sealed and not sent yet: datagrams of one size to one peer, which leave in one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from mmap import mmap
from typing import Final

from wand.sealed.sessions.packets import DATA_OVERHEAD
from wand.sealed.sessions.recent import SHORT
from wand.sealed.sessions.session import Session
from wand.superframes.cutting import CHUNKS_MAXIMUM
from wand.superframes.cutting import PREFIX as CHUNK_PREFIX
from wand.underlay.offload import TRAIN_MAXIMUM, TRAIN_OCTETS
from wand.underlay.ports import DatagramSender
from wand.underlay.slots import Slots

#: The chunks of the longest superframe with the longest headers, and its parities: a sixteenth, and what is
#: not even.
_OCTETS: Final = 0x12000 + CHUNKS_MAXIMUM * (CHUNK_PREFIX + 0xFF + DATA_OVERHEAD)


class Train:
    """
    Collects datagrams.  One is enough for all peers: whatever is not like the ones before sends them first.
    """

    def __init__(self) -> None:
        self._view = memoryview(mmap(-1, _OCTETS))  # resident only where it is used
        self._slots = lru_cache(maxsize=16)(self._slotsOf)
        self._port: DatagramSender | None = None
        self._session: Session | None = None
        self._endpoint: tuple[str, int] = ("", 0)
        self._lone = self._view[:0]  # the last that was sealed by itself
        self._size = self._count = self._end = 0

    # HOT PATH
    def add(
        self, session: Session, plaintexts: Sequence[memoryview], port: DatagramSender, endpoint: tuple[str, int]
    ) -> bool:
        """
        Seal plaintexts for a peer.

        @param plaintexts: all but the last of one size, none longer.
        @return: C{False} if the session carries nothing more.
        """
        count, number = self._count, len(plaintexts)
        size, last = len(plaintexts[0]) + DATA_OVERHEAD, len(plaintexts[-1]) + DATA_OVERHEAD
        octets = size * (number - 1) + last
        if count and (
            size > self._size
            or (size < self._size and number > 1)
            or count + number > TRAIN_MAXIMUM
            or self._end + octets > TRAIN_OCTETS
            or endpoint != self._endpoint
            or port is not self._port
        ):
            self.send()
            count = 0
        if not count:
            self._size, self._port, self._endpoint, self._session = size, port, endpoint, session
        start = self._end
        if number > 1:
            isSealed = session.sealEach(plaintexts, self._slots(size), count)
        else:
            self._lone = lone = self._view[start : start + size]
            isSealed = session.seal(plaintexts[0], lone) > 0
        if isSealed:
            self._count = count + number
            self._end = start + octets
            if last < self._size:
                self.send()
        return isSealed

    # HOT PATH
    def send(self) -> bool:
        """
        Send what there is.

        @return: whether the system took it all.
        """
        if not self._count:
            return True
        port, size, session = self._port, self._size, self._session
        assert port is not None and session is not None
        count, end = self._count, self._end
        self._count = self._end = 0
        if count == 1:
            datagram = self._lone.tobytes()
            session.owner.recent.keep(datagram)
            taken = port.send(datagram, self._endpoint)
        else:
            datagrams = self._view[:end]
            if size <= SHORT:
                session.owner.recent.keepTrain(datagrams.tobytes(), size)
            taken = port.sendTrain(datagrams, size, self._endpoint)
        if not taken:
            if port.wasTooLong:
                session.owner.path.tooLong(size)
            elif port.wasRefused:
                session.owner.refused(self._endpoint)
        return taken

    def _slotsOf(self, size: int) -> Slots:
        return Slots(size, self._view[: CHUNKS_MAXIMUM * size])
