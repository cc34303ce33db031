"""
The same again in another form of MessagePack: an array that its reader takes for the one that was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


def reencoded(octets: bytes) -> Iterator[bytes]:
    """
    Other forms of a packed array of fewer than 15 elements whose last one is not an array.
    """
    count = octets[0] & 15
    for last in (0, 1, b"more"):  # readers skip the elements that they do not know
        yield bytes([0x90 | count + 1]) + octets[1:] + msgspec.msgpack.encode(last)
    yield b"\xdc\x00" + bytes([count]) + octets[1:]  # a longer head of the array
    elements = msgspec.msgpack.decode(octets, type=list[msgspec.Raw])
    for at, element in enumerate(map(bytes, elements)):
        if element[0] == 0xC4:  # a longer head of an octet string
            longer = b"\xc5\x00" + element[1:]
            yield b"".join([octets[:1], *map(bytes, elements[:at]), longer, *map(bytes, elements[at + 1 :])])
