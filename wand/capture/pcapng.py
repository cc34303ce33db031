"""
The blocks of a pcapng file, little-endian.

Source: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Final

from wand.ethernet import Frame

#: The largest snap length, so that a block with its options fits into one value of the control socket.
SNAP_MAXIMUM: Final = 65_000

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_STATISTICS: Final = 5
_FRAME: Final = 6

#: The octets of a block with nothing in it.
_SHORTEST: Final = 12

_BYTE_ORDER: Final = 0x1A2B3C4D
_LINKTYPE_ETHERNET: Final = 1

#: Options: of any block, of a section, of an interface, of a frame, of statistics.
_COMMENT: Final = 1
_APPLICATION: Final = 4
_NAME: Final = 2
_FLAGS: Final = 2
_RECEIVED: Final = 4
_DROPPED: Final = 5

_U32: Final = Struct("<I")
_HEAD: Final = Struct("<II")
_U64: Final = Struct("<Q")
_OPTION: Final = Struct("<HH")
_SECTION_BODY: Final = Struct("<IHHq")
_INTERFACE_BODY: Final = Struct("<HHI")
_STATISTICS_BODY: Final = Struct("<III")
_FRAME_BODY: Final = Struct("<IIIII")


class Direction(IntEnum):
    """
    Which way a frame went, with the numbers of pcapng.
    """

    ARRIVING = 1
    LEAVING = 2


def head(application: str, interface: str, snap: int) -> bytes:
    """
    The beginning of a file with one Ethernet interface.

    @param snap: how many octets of each frame are kept at most.
    """
    section = _SECTION_BODY.pack(_BYTE_ORDER, 1, 0, -1)
    described = _INTERFACE_BODY.pack(_LINKTYPE_ETHERNET, 0, snap)
    return _block(_SECTION, section, _option(_APPLICATION, application.encode())) + _block(
        _INTERFACE, described, _option(_NAME, interface.encode())
    )


def frameBlock(direction: Direction, frame: Frame, epoch: float, comment: bytes, snap: int) -> bytes:
    """
    A frame.

    @param epoch: when it passed, in seconds since the epoch.
    """
    kept = bytes(frame[:snap])
    moment = int(epoch * 1_000_000)
    body = _FRAME_BODY.pack(0, moment >> 32, moment & 0xFFFFFFFF, len(kept), len(frame))
    options = _option(_COMMENT, comment) + _option(_FLAGS, _U32.pack(direction))
    return _block(_FRAME, body + _padded(kept), options)


def statistics(epoch: float, frames: int, lost: int) -> bytes:
    """
    The end of a capture: how many frames were wanted, and how many of them are missing.
    """
    moment = int(epoch * 1_000_000)
    body = _STATISTICS_BODY.pack(0, moment >> 32, moment & 0xFFFFFFFF)
    return _block(_STATISTICS, body, _option(_RECEIVED, _U64.pack(frames)) + _option(_DROPPED, _U64.pack(lost)))


def wholeBlocks(blocks: bytes, size: int) -> tuple[int, int]:
    """
    What there is of blocks that were cut.

    @param size: how many of their octets there are.
    @return: how many of these are whole blocks, and how many frames are in them.
    """
    at = frames = 0
    while at + _SHORTEST <= size:
        kind, length = _HEAD.unpack_from(blocks, at)
        if not _SHORTEST <= length <= size - at:
            break
        at += length
        frames += kind == _FRAME
    return at, frames


def _block(kind: int, body: bytes, options: bytes) -> bytes:
    ended = options + bytes(4)  # the option that ends them
    size = _U32.pack(12 + len(body) + len(ended))
    return b"".join((_U32.pack(kind), size, body, ended, size))


def _option(code: int, value: bytes) -> bytes:
    return _OPTION.pack(code, len(value)) + _padded(value)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
