"""
Reads pcapng files, as little of them as the tests need; independent of what writes them.

Source: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import attrs


@attrs.frozen
class ReadFrame:
    """
    A frame of a file.

    @ivar octets: what was kept of it.
    @ivar size: how long it was.
    @ivar epoch: when it passed.
    @ivar direction: 1 for inbound, 2 for outbound.
    """

    octets: bytes
    size: int
    epoch: float
    direction: int
    comment: str


@attrs.define
class ReadFile:
    """
    A file.

    @ivar statistics: how many frames were received and lost, if it says so.
    """

    application: str = ""
    interface: str = ""
    linkType: int = -1
    snap: int = 0
    frames: list[ReadFrame] = attrs.field(factory=list)
    statistics: tuple[int, int] | None = None


def readCapture(octets: bytes) -> ReadFile:
    """
    Read a whole file.
    """
    found = ReadFile()
    for kind, body in _blocks(octets):
        if kind == 0x0A0D0D0A:
            assert body[:16] == struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
            found.application = _options(body[16:])[4].decode()
        elif kind == 1:
            found.linkType, _, found.snap = struct.unpack("<HHI", body[:8])
            found.interface = _options(body[8:])[2].decode()
        elif kind == 6:
            found.frames.append(_frame(body))
        elif kind == 5:
            options = _options(body[12:])
            found.statistics = (int.from_bytes(options[4], "little"), int.from_bytes(options[5], "little"))
    return found


def _blocks(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(octets):
        kind, size = struct.unpack_from("<II", octets, at)
        assert size % 4 == 0
        assert octets[at + size - 4 : at + size] == octets[at + 4 : at + 8]
        yield kind, octets[at + 8 : at + size - 4]
        at += size


def _frame(body: bytes) -> ReadFrame:
    _, high, low, kept, size = struct.unpack("<IIIII", body[:20])
    options = _options(body[20 + kept + -kept % 4 :])
    (flags,) = struct.unpack("<I", options[2])
    return ReadFrame(body[20 : 20 + kept], size, (high << 32 | low) / 1e6, flags & 3, options[1].decode())


def _options(octets: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while True:
        code, size = struct.unpack_from("<HH", octets, at)
        if code == 0:
            assert len(octets) == at + 4
            return found
        found[code] = octets[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
