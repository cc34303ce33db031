"""
Wires: how a stream begins, and what is around the datagrams in it.

On a plain wire each side says L{GREETING} first, and then come datagrams with their lengths.  On a WebSocket (RFC 6455)
they are in binary messages, one or more in each.

Twisted's own C{twisted.web.websocket} hands over whole messages and hides how much waits to be sent, so this uses what
lies below it, C{wsproto}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    Request,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from wand.underlay.streams.framing import StreamInvalid

#: What both sides say first on a plain wire.
GREETING: Final = b"wand 1\r\n"

#: What an HTTP request for a WebSocket begins with.
GET: Final = b"G"

#: How many octets of a request are read.
REQUEST_MAXIMUM: Final = 16_384

#: What whoever wants no WebSocket is told.
NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


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


class WebSocketWire:
    """
    A WebSocket.
    """

    events = 4

    def __init__(self, host: str = "", path: str = "") -> None:
        """
        @param host: the host that we ask; empty if we are asked.
        @param path: what we ask it for.
        """
        self.isOpen = False
        self.answer = b""
        self._isServer = not host
        self._size = 0
        self._connection = WSConnection(ConnectionType.SERVER if self._isServer else ConnectionType.CLIENT)
        if host:
            self.answer = self._connection.send(Request(host=host, target=path))

    def receive(self, octets: bytes) -> Iterator[bytes | bytearray]:
        """
        See L{Wire}.
        """
        if not self.isOpen:
            self._size += len(octets)
            if self._size > REQUEST_MAXIMUM:
                raise StreamInvalid("a request that does not end")
        try:
            self._connection.receive_data(octets)
            for event in self._connection.events():
                if isinstance(event, BytesMessage):
                    yield event.data
                else:
                    self._happened(event)
                    yield b""
        except (
            RemoteProtocolError,
            LocalProtocolError,
            UnicodeDecodeError,
        ) as error:  # wsproto decodes headers as it likes
            if not self.isOpen and self._isServer:
                self.answer = NOT_FOUND
            raise StreamInvalid(str(error) or "no WebSocket") from error

    def wrapped(self, pieces: list[bytes]) -> bytes:
        """
        See L{Wire}.
        """
        return self._connection.send(Message(data=b"".join(pieces)))

    def _happened(self, event: Event) -> None:
        match event:
            case Request():
                self.answer += self._connection.send(AcceptConnection())
                self.isOpen = True
            case AcceptConnection():
                self.isOpen = True
            case RejectConnection():
                raise StreamInvalid(f"the server answers {event.status_code} instead of opening a WebSocket")
            case Ping():
                self.answer += self._connection.send(event.response())
            case CloseConnection():
                raise StreamInvalid("the WebSocket was closed")


def chosenWire(octets: bytes) -> Wire:
    """
    The wire that somebody uses who connected to us.

    @param octets: the first that came.
    """
    return WebSocketWire() if octets.startswith(GET) else PlainWire()
