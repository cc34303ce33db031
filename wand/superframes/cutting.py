"""
Cutting: a superframe becomes chunks, each the plaintext of one datagram.

Each chunk is independent, so that a lost datagram costs only its own octets.  For TCP its size has nothing to do with
the inner MSS, since the payload is a stream; for UDP chunks begin and end where inner datagrams do.  All chunks but the
last are of one size, so that they leave with one C{sendmsg} (C{UDP_SEGMENT}).  Layout, big-endian:

    kind 2 (1) | offset (2) | superframe (2) | total (2) | GSO size (2) | size of headers (1) | headers | payload
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from mmap import mmap
from struct import Struct
from typing import Final

from wand.superframes.checksum import completeChecksum
from wand.superframes.shape import shapeOf
from wand.superframes.stretch import Headers, Stretch
from wand.superframes.virtio import GSO_ECN, GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CSUM, VirtioHeader
from wand.underlay.slots import Slots

#: The first octet of a chunk's plaintext.
CHUNK: Final = 2

#: The fields after the offset and before the headers, which are the same in all chunks of a superframe.
COMMON: Final = Struct(">HHHB")

#: Octets before the headers.
PREFIX: Final = 3 + COMMON.size

#: Where the offset is, and behind it the part that all chunks of a superframe have in common.
OFFSET: Final = 1
COMMON_START: Final = 3

#: The most chunks of a superframe; one that would need more is cut into frames instead.
CHUNKS_MAXIMUM: Final = 128

#: The least payload of a chunk that is not the last.  L{CHUNKS_MAXIMUM} of them hold 64 KiB.
PIECE_MINIMUM: Final = 512

#: Which superframes are TCP (C{True}) and UDP, and which other frames may be cut, too.
_IS_TCP: Final = {GSO_NONE: True, GSO_TCPV4: True, GSO_TCPV6: True, GSO_UDP_L4: False}


# HOT PATH
def superframeOf(virtio: VirtioHeader, frame: memoryview) -> Stretch | None:
    """
    Read a superframe that the kernel gave.  A TCP segment whose checksum is partial counts as a superframe of one
    segment, so that one too big for the path needs no fragments.

    @param virtio: the header before the frame.
    @param frame: it must not change while the result is used.
    @return: C{None} if the frame is not a superframe, or not one that we understand (C{virtio.gsoType} tells which).
    """
    isTCP = _IS_TCP.get(virtio.gsoType & ~GSO_ECN)
    shape = shapeOf(frame, len(frame))
    if shape is None or shape.isTCP is not isTCP or not virtio.flags & NEEDS_CSUM:
        return None
    total = len(frame) - shape.payload
    if not total or virtio.checksumStart != shape.transport or not (virtio.gsoSize or virtio.gsoType == GSO_NONE):
        return None
    headers = Headers(bytes(frame[: shape.payload]), shape, total, virtio.gsoSize or total)
    return Stretch(headers, 0, total, [frame[shape.payload :]])


def framesOf(virtio: VirtioHeader, frame: memoryview) -> Iterable[bytearray | memoryview]:
    """
    Make ordinary frames, with complete checksums, of one that the kernel gave.

    @return: nothing if it is a superframe that we do not understand.
    """
    if virtio.gsoType == GSO_NONE:
        if virtio.flags & NEEDS_CSUM:
            completeChecksum(frame, virtio.checksumStart, virtio.checksumOffset)
        return [frame]
    superframe = superframeOf(virtio, frame)
    return [] if superframe is None else superframe.frames()


def headOf(slots: Slots, slot: int) -> bytes:
    """
    What precedes the payload of a received chunk, without the kind: two octets of offset, and what is common to the
    chunks of its superframe.
    """
    first = slot * slots.stride
    return bytes(slots.view[first + OFFSET : first + PREFIX + slots.view[first + PREFIX - 1]])


class Cutter:
    """
    Cuts superframes into chunks, in memory of its own.  One is enough for all peers.
    """

    def __init__(self) -> None:
        self._memory = memoryview(mmap(-1, 0x10000 + CHUNKS_MAXIMUM * (PREFIX + 0xFF)))
        self._views = lru_cache(maxsize=64)(self._viewsOf)
        self._number = 0

    # HOT PATH
    def cut(self, superframe: Stretch, room: int) -> list[memoryview]:
        """
        Cut a superframe into chunks.

        The plaintexts are put together by one C{pack_into} memory whose slices are kept: 6 us for 44 chunks, against 8
        us with a C{join} and a copy and 13 us for two slice assignments in a loop.

        @param room: the octets of the longest plaintext that the path carries.
        @return: plaintexts, all but the last of one size, valid until the next call; empty if the superframe has to
            travel as L{Stretch.frames}: its pieces would be too small or too many.
        """
        headers, payload = superframe.headers, superframe.pieces[0]
        prefix = PREFIX + len(headers.octets)
        total = headers.total
        piece = room - prefix
        if not headers.shape.isTCP:
            piece -= piece % headers.gsoSize
        if not headers.isBounded or prefix > PREFIX + 0xFF or piece < min(total, PIECE_MINIMUM):
            return []
        full, rest = divmod(total, piece)
        count = full + (rest > 0)
        if count > CHUNKS_MAXIMUM:
            return []
        self._number = (self._number + 1) & 0xFFFF
        common = COMMON.pack(self._number, total, headers.gsoSize, len(headers.octets)) + headers.octets
        parts = [common] * (3 * count)
        parts[::3] = _heads(piece)[:count]
        parts[2::3] = _pieces(piece, full, rest).unpack_from(payload)
        _chunks(len(common), piece, full, rest).pack_into(self._memory, 0, *parts)
        plaintexts = self._views(prefix + piece)[:count]
        if rest:
            plaintexts[-1] = plaintexts[-1][: prefix + rest]
        return plaintexts

    def _viewsOf(self, stride: int) -> list[memoryview]:
        return [self._memory[first : first + stride] for first in range(0, len(self._memory), stride)][:CHUNKS_MAXIMUM]


@lru_cache(maxsize=64)
def _heads(piece: int) -> list[bytes]:
    """
    Kind and offset of each chunk.
    """
    return [bytes([CHUNK]) + offset.to_bytes(2, "big") for offset in range(0, 0x10000, piece)]


@lru_cache(maxsize=256)
def _pieces(piece: int, full: int, rest: int) -> Struct:
    """
    Takes all pieces out of a payload at once: 2.5 us for 47, where slices in a loop take 5.
    """
    return Struct(f"{piece}s" * full + f"{rest}s" * (rest > 0))


@lru_cache(maxsize=256)
def _chunks(common: int, piece: int, full: int, rest: int) -> Struct:
    """
    Puts kinds and offsets, the common part and the pieces side by side.
    """
    return Struct(f"3s{common}s{piece}s" * full + f"3s{common}s{rest}s" * (rest > 0))
