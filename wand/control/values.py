# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
Values on the control socket: the structs of L{wand.status} as JSON, typed at both ends, and pages of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, takewhile
from typing import Any, Final

import msgspec
from twisted.protocols import amp

#: The most octets that one AMP value can have: its length is a 16-bit number.
VALUE_MAXIMUM: Final = 65_535

_encoder: Final = msgspec.json.Encoder()


class JSON(amp.Argument):
    """
    An argument of any type that msgspec knows, as JSON.

    A value beyond the limit of AMP goes on under C{name-1}, C{name-2} and so on.  Pages are made to need no second
    part; it serves a single item that is larger than a page, such as a peer with ten thousand addresses.
    """

    def __init__(self, valueType: Any) -> None:
        """
        @param valueType: what the other end is made to send: a struct, or a type such as C{list[EntryStatus]}.
        """
        super().__init__()
        self._decoder = msgspec.json.Decoder(valueType)

    def toBox(self, name: bytes, strings: dict[bytes, bytes], objects: dict[str, Any], proto: object) -> None:
        """
        Write a value into a box.
        """
        encoded = _encoder.encode(objects[name.decode()])
        for part, start in enumerate(range(0, len(encoded), VALUE_MAXIMUM)):
            strings[_partName(name, part)] = encoded[start : start + VALUE_MAXIMUM]

    def fromBox(self, name: bytes, strings: dict[bytes, bytes], objects: dict[str, Any], proto: object) -> None:
        """
        Read a value from a box.

        @raise msgspec.DecodeError: if it is not JSON, or of another type.
        """
        names = takewhile(strings.__contains__, (_partName(name, part) for part in count()))
        objects[name.decode()] = self._decoder.decode(b"".join(strings[each] for each in names))


def fitting(items: Iterable[object], limit: int = VALUE_MAXIMUM) -> int:
    """
    How many of C{items}, from the first on, fit into one value as a JSON array, by their measured size; at least one if
    there are any, so that a listing always goes on.

    @param limit: the octets that there are.
    """
    size = 2  # the brackets
    fitted = 0
    for item in items:
        size += len(_encoder.encode(item)) + 1  # the comma
        if fitted and size > limit:
            break
        fitted += 1
    return fitted


def _partName(name: bytes, part: int) -> bytes:
    return name if part == 0 else b"%s-%d" % (name, part)
