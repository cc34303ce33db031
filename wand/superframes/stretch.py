"""
Stretches: parts of a superframe's payload, with the headers to be frames of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

from wand.superframes.checksum import completeChecksum, onesSum
from wand.superframes.shape import Shape, shapeOf
from wand.superframes.virtio import (
    GSO_ECN,
    GSO_NONE,
    GSO_TCPV4,
    GSO_TCPV6,
    GSO_UDP_L4,
    NEEDS_CSUM,
    VirtioHeader,
)

#: The least MSS of a TCP superframe that travels in chunks (Linux's C{TCP_MIN_SND_MSS}).
MSS_MINIMUM: Final = 48

#: The most datagrams of a UDP superframe (Linux's C{UDP_MAX_SEGMENTS}).
DATAGRAMS_MAXIMUM: Final = 128

_FIN_PSH: Final = 0x01 | 0x08
_CWR: Final = 0x80

_U16: Final = Struct(">H")
_U16U16: Final = Struct(">HH")
_U32: Final = Struct(">I")


class Headers:
    """
    The headers of a superframe, with a partial transport checksum.

    @ivar octets: the headers, from the destination MAC address to the end of the TCP or UDP header.
    @ivar shape: where they are.
    @ivar total: octets of the superframe's payload.
    @ivar gsoSize: octets of payload in each of the packets that the superframe stands for.
    """

    __slots__ = ("_checksum", "gsoSize", "octets", "shape", "total")

    def __init__(self, octets: bytes, shape: Shape, total: int, gsoSize: int) -> None:
        self.octets = octets
        self.shape = shape
        self.total = total
        self.gsoSize = gsoSize
        # The pseudo header's sum without the length: only its own length is left to add for a stretch.  The addresses
        # are never read, so a routing header does not matter.
        transport = shape.transport
        (partial,) = _U16.unpack_from(octets, transport + (16 if shape.isTCP else 6))
        self._checksum = partial - (len(octets) - transport + total)

    @classmethod
    def read(cls, octets: bytes, total: int, gsoSize: int) -> Headers | None:
        """
        Check the headers and sizes that a peer gives of a superframe.

        @return: C{None} if they cannot be right.
        """
        length = len(octets)
        shape = shapeOf(octets, length + total)
        if shape is None or shape.payload != length or not total or not gsoSize:
            return None
        return cls(octets, shape, total, gsoSize)

    @property
    def isBounded(self) -> bool:
        """
        Does the superframe stand for a reasonable number of packets?  One that does not would be an attack.
        """
        if self.shape.isTCP:
            return self.gsoSize >= MSS_MINIMUM
        return self.total <= self.gsoSize * DATAGRAMS_MAXIMUM

    # HOT PATH
    def stretch(self, offset: int, length: int) -> bytearray:
        """
        The headers of the frame that carries C{length} octets of the payload from C{offset} on: lengths, IPv4
        identification and checksum, TCP sequence number and flags; the transport checksum is partial.
        """
        headers = bytearray(self.octets)
        network, isIPv4, transport, isTCP, size = self.shape
        if isIPv4:
            (identification,) = _U16.unpack_from(headers, network + 4)
            identification = (identification + offset // self.gsoSize) & 0xFFFF
            _U16U16.pack_into(headers, network + 2, size - network + length, identification)
            _U16.pack_into(headers, network + 10, 0)
            _U16.pack_into(headers, network + 10, -onesSum(headers[network:transport]) % 0xFFFF)
        else:
            _U16.pack_into(headers, network + 4, size - network - 40 + length)
        checksum = (self._checksum + size - transport + length) % 0xFFFF
        if isTCP:
            (sequence,) = _U32.unpack_from(headers, transport + 4)
            _U32.pack_into(headers, transport + 4, (sequence + offset) & 0xFFFFFFFF)
            if offset:
                headers[transport + 13] &= ~_CWR
            if offset + length < self.total:
                headers[transport + 13] &= ~_FIN_PSH
            _U16.pack_into(headers, transport + 16, checksum)
        else:
            _U16U16.pack_into(headers, transport + 4, 8 + length, checksum)
        return headers


class Stretch:
    """
    A part of a superframe's payload, or all of it.

    @ivar headers: of the superframe.
    @ivar offset: where it begins in the superframe's payload.
    @ivar length: its octets.
    @ivar pieces: the octets, in order.
    """

    __slots__ = ("headers", "length", "offset", "pieces")

    def __init__(self, headers: Headers, offset: int, length: int, pieces: list[memoryview]) -> None:
        self.headers = headers
        self.offset = offset
        self.length = length
        self.pieces = pieces

    # HOT PATH
    def offloaded(self) -> list[bytes | bytearray | memoryview]:
        """
        One frame for a tap with offloads, to be written with C{writev}: a virtio-net header made here from checked
        values; the headers; the payload, never copied.
        """
        headers = self.headers.stretch(self.offset, self.length)
        _, isIPv4, transport, isTCP, size = self.headers.shape
        gsoType, gsoSize = GSO_NONE, self.headers.gsoSize
        if self.length <= gsoSize:
            gsoSize = 0
        elif isTCP:
            gsoType = (GSO_TCPV4 if isIPv4 else GSO_TCPV6) | (GSO_ECN if headers[transport + 13] & _CWR else 0)
        else:
            gsoType = GSO_UDP_L4
        virtio = VirtioHeader(NEEDS_CSUM, gsoType, size, gsoSize, transport, 16 if isTCP else 6)
        return [virtio.octets(), headers, *self.pieces]

    def frames(self) -> Iterator[bytearray]:
        """
        Ordinary frames with whole checksums, for a tap without offloads or a path that carries no chunks.
        """
        payload = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        gsoSize, transport = self.headers.gsoSize, self.headers.shape.transport
        field = 16 if self.headers.shape.isTCP else 6
        for first in range(0, self.length, gsoSize):
            piece = payload[first : first + gsoSize]
            frame = self.headers.stretch(self.offset + first, len(piece))
            frame += piece
            completeChecksum(frame, transport, field)
            yield frame
