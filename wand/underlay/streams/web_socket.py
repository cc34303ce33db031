"""
WebSockets (RFC 6455) as wires of streams.

Twisted's own C{twisted.web.websocket} hands over whole messages and hides how much waits to be sent, so this uses what
lies below it, C{wsproto}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

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

from wand.underlay.streams.framing import REQUEST_MAXIMUM, StreamInvalid

#: What whoever wants no WebSocket is told.
NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


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
        See L{wand.underlay.streams.wires.Wire}.
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
        See L{wand.underlay.streams.wires.Wire}.
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
