"""
Wires: how a stream begins, and what is around the datagrams in it.

On a plain wire each side says L{GREETING} first, and then come datagrams with their lengths.  On a WebSocket
(L{wand.underlay.streams.web_socket}) they are in binary messages, one or more in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from wand.underlay.streams.framing import StreamInvalid

#: What both sides say first on a plain wire.
GREETING: Final = b"wand 1\r\n"

#: What an HTTP request for a WebSocket begins with.
GET: Final = b"G"


class Wire(Protocol):
    """
    One end of a stream's wire.

    @ivar isOpen: may datagrams be sent?
    @ivar answer: what is to be sent now besides datagrams; whoever sends it empties it.
    @ivar events: how many events each piece that comes is; see L{wand.underlay.streams.intake}.
    """

    isOpen: bool
    answer: bytes
    events: int

    def receive(self, octets: bytes) -> Iterator[bytes | bytearray]:
        """
        Take octets that came.

        @return: datagrams with their lengths, in any pieces.
        @raise StreamInvalid: if they are not what the other end may send.
        """

    def wrapped(self, pieces: list[bytes]) -> bytes:
        """
        Datagrams with their lengths as they are sent.
        """


class PlainWire:
    """
    A wire with nothing around the datagrams.
    """

    events = 1

    def __init__(self) -> None:
        self.isOpen = False
        self.answer = GREETING
        self._begin = b""

    def receive(self, octets: bytes) -> Iterator[bytes]:
        """
        See L{Wire}.
        """
        if not self.isOpen:
            self._begin += octets
            if self._begin[: len(GREETING)] != GREETING[: len(self._begin)]:
                raise StreamInvalid("it begins with something else than a greeting")
            if len(self._begin) < len(GREETING):
                return
            octets, self._begin = self._begin[len(GREETING) :], b""
            self.isOpen = True
        if octets:
            yield octets

    def wrapped(self, pieces: list[bytes]) -> bytes:
        """
        See L{Wire}.
        """
        return b"".join(pieces)


def chosenWire(octets: bytes) -> Wire:
    """
    The wire that somebody uses who connected to us.

    @param octets: the first that came.
    """
    if not octets.startswith(GET):
        return PlainWire()
    # Most nodes never have one, and it takes 5 % of their start to import.
    from wand.underlay.streams.web_socket import WebSocketWire

    return WebSocketWire()
