"""
Documents on the control socket: what is too large for one value of AMP travels in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from wand.control.commands import RequestMalformed
from wand.control.values import VALUE_MAXIMUM

#: The octets of a part.
PART_SIZE: Final = VALUE_MAXIMUM

#: The most octets that the documents of one connection may have together.
DOCUMENTS_MAXIMUM: Final = 64_000_000


class Documents:
    """
    The documents of one connection that are under way: one to the client, one from it.
    """

    def __init__(self) -> None:
        self._outgoing = b""
        self._incoming = bytearray()
        self._used = 0

    @property
    def size(self) -> int:
        """
        The octets that are kept.
        """
        return len(self._outgoing) + len(self._incoming) + self._used

    def part(self, offset: int, make: Callable[[], bytes]) -> tuple[bytes, int]:
        """
        A part of the document that goes to the client.

        @param make: makes the document, for the first part.
        @return: the part, and the size of the whole.
        @raise RequestMalformed: if it is too large, or C{offset} is not in it.
        """
        if offset == 0:
            self._outgoing = b""
            document = make()
            self._checkRoom(len(document))
            self._outgoing = document
        elif not 0 < offset < len(self._outgoing):
            raise RequestMalformed("there is no such part: ask for the document from its beginning")
        part, total = self._outgoing[offset : offset + PART_SIZE], len(self._outgoing)
        if offset + len(part) == total:
            self._outgoing = b""
        return part, total

    def receive(self, offset: int, part: bytes) -> None:
        """
        Take a part of the document that comes from the client.

        @raise RequestMalformed: if it is not the next one, or the document becomes too large; then it is forgotten.
        """
        if offset == 0:
            self._incoming.clear()
        if offset != len(self._incoming):
            self._incoming.clear()
            raise RequestMalformed("this is not the next part: send the document from its beginning")
        try:
            self._checkRoom(len(part))
        except RequestMalformed:
            self._incoming.clear()
            raise
        self._incoming += part

    @contextmanager
    def received(self) -> Iterator[bytes]:
        """
        The whole document that came, while somebody works with it.
        """
        document = bytes(self._incoming)
        self._incoming.clear()
        self._used += len(document)
        try:
            yield document
        finally:
            self._used -= len(document)

    def drop(self) -> None:
        """
        Forget what is under way.
        """
        self._outgoing = b""
        self._incoming.clear()

    def _checkRoom(self, octets: int) -> None:
        if self.size + octets > DOCUMENTS_MAXIMUM:
            raise RequestMalformed(f"the documents of one connection may have {DOCUMENTS_MAXIMUM} octets together")
