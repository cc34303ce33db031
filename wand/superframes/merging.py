"""
Merging: consecutive UDP packets of one flow and one size become a superframe, as a kernel's own GRO makes them.

Small packets cost by their number, not by their octets.  Merged, some twenty of 64 octets share a datagram, a seal and
a write, and the receiver's kernel cuts them again: 95,000 packets a second arrived instead of 23,000, with the sender
on the same two cores.  Nothing waits: merged packets were read in one batch.
"""

from __future__ import annotations

from collections.abc import Hashable
from mmap import mmap
from struct import Struct
from typing import Final

from wand.superframes.stretch import DATAGRAMS_MAXIMUM
from wand.superframes.virtio import GSO_NONE, GSO_UDP_L4, NEEDS_CSUM, VirtioHeader

#: The longest superframe: the most that IP allows, and an Ethernet header.
_LONGEST: Final = 14 + 65_535

#: Where the UDP header begins behind Ethernet and IPv4 without options, or IPv6; where UDP's checksum is in it.
_IPV4_UDP: Final = 34
_IPV6_UDP: Final = 54
_CHECKSUM: Final = 6

_U16: Final = Struct(">H")
_U16U16: Final = Struct(">HH")


class Merger:
    """
    Collects packets of one flow.

    @ivar peer: whom they are for.
    @ivar count: how many there are.
    """

    def __init__(self) -> None:
        self.peer: Hashable = None
        self.count = 0
        self._view = memoryview(mmap(-1, _LONGEST))  # resident only where it is used
        self._same = b""
        self._virtio: VirtioHeader | None = None
        self._end = 0

    # HOT PATH
    def add(self, peer: Hashable, frame: memoryview, virtio: VirtioHeader) -> bool:
        """
        Add a packet to those before.

        @return: C{False} if it does not match them: L{take} them, and L{begin} with it.
        """
        if not 0 < self.count < DATAGRAMS_MAXIMUM or virtio != self._virtio or peer != self.peer:
            return False
        if _same(bytes(frame[: _IPV6_UDP + 8]), virtio.checksumStart) != self._same:
            return False
        payload = frame[virtio.checksumStart + 8 :]
        end = self._end + len(payload)
        if end > _LONGEST:
            return False
        self._view[self._end : end] = payload
        self._end = end
        self.count += 1
        return True

    # HOT PATH
    def begin(self, peer: Hashable, frame: memoryview, virtio: VirtioHeader) -> bool:
        """
        Begin with a packet, when none is collected.

        @return: whether it can be merged with others.
        """
        start, size = virtio.checksumStart, len(frame)
        if virtio.gsoType != GSO_NONE or virtio.checksumOffset != _CHECKSUM or virtio.flags != NEEDS_CSUM:
            return False
        if not start + 8 < size <= _LONGEST:
            return False
        head = bytes(frame[: _IPV6_UDP + 8])
        if head[12:14] == b"\x08\0":
            if start != _IPV4_UDP or head[14] != 0x45 or head[23] != 17 or _U16.unpack_from(head, 16)[0] != size - 14:
                return False
        elif head[12:14] != b"\x86\xdd" or start != _IPV6_UDP or head[20] != 17:
            return False
        if _U16.unpack_from(head, start + 4)[0] != size - start:
            return False
        self._view[:size] = frame
        self._same = _same(head, start)
        self.peer, self._virtio, self._end, self.count = peer, virtio, size, 1
        return True

    # HOT PATH
    def take(self) -> tuple[memoryview, VirtioHeader]:
        """
        The collected packets, at least one, as one superframe, or the only packet as it is.

        @return: what L{superframeOf<wand.superframes.cutting.superframeOf>} takes, valid until the next packet.
        """
        virtio, count, self.count = self._virtio, self.count, 0
        assert virtio is not None
        frame = self._view[: self._end]
        if count == 1:
            return frame, virtio
        start = virtio.checksumStart
        length, checksum = _U16U16.unpack_from(frame, start + 4)
        more = (count - 1) * (length - 8)
        partial = checksum + more
        _U16U16.pack_into(frame, start + 4, length + more, (partial & 0xFFFF) + (partial >> 16))
        field = 16 if start == _IPV4_UDP else 18
        _U16.pack_into(frame, field, _U16.unpack_from(frame, field)[0] + more)
        return frame, virtio._replace(gsoType=GSO_UDP_L4, gsoSize=length - 8, headerLength=start + 8)


def _same(head: bytes, start: int) -> bytes:
    """
    The headers that all packets of a flow and a size share: all but IPv4's identification and checksum.
    """
    if start == _IPV4_UDP:
        return head[:18] + head[20:24] + head[26:42]
    return head
