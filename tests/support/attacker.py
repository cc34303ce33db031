"""
Somebody on the network who is not a member; a program of its own that knows nothing of wandaemon but what passes by.

    attacker.py record FILE                                   every frame on every port of a switch, until it is killed
    attacker.py throw FILE RATE SOURCE TARGET PORT            the datagrams of a file, perhaps from another's address
    attacker.py flood KIND KEY COUNT RATE SOURCES TARGET PORT initiations: KIND is wrong or right (mac1), SOURCES is an
                                                              address, or the first and how many: 192.0.2.1+100

A file holds datagrams, each after its length in four octets.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2s
from ipaddress import ip_address
from pathlib import Path
from random import Random

#: Frames of all protocols (packet(7)).
_ALL = 3


def read(path: Path) -> list[bytes]:
    """
    The datagrams of a file; one that is cut off at the end, because it is being written, is left out.
    """
    octets, at, found = path.read_bytes(), 0, []
    while at + 4 <= len(octets):
        (size,) = struct.unpack_from(">I", octets, at)
        if at + 4 + size <= len(octets):
            found.append(octets[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def write(path: Path, datagrams: Sequence[bytes]) -> None:
    """
    Make such a file.
    """
    path.write_bytes(b"".join(struct.pack(">I", len(each)) + each for each in datagrams))


def record(path: str) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL)) as wire, Path(path).open("wb") as file:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        while True:
            frame = wire.recv(65536)
            file.write(struct.pack(">I", len(frame)) + frame)
            file.flush()


def throw(path: str, rate: str, source: str, target: str, port: str) -> None:
    """
    Print how many were sent, and how many answers came.
    """
    datagrams = read(Path(path))
    sender = _Sender(target, int(port))
    _paced(datagrams, float(rate), lambda number, datagram: sender.send(source, 22222, datagram))
    time.sleep(0.2)  # an answer would come within milliseconds
    print(json.dumps({"sent": len(datagrams), "answers": sender.answers()}))


def flood(kind: str, key: str, count: str, rate: str, sources: str, target: str, port: str) -> None:
    """
    Print how many were sent, and in how many seconds.
    """
    sender = _Sender(target, int(port))
    datagrams = list(_initiations(bytes.fromhex(key) if kind == "right" else b"wrong"))
    first, _, many = sources.partition("+")
    addresses = [str(ip_address(first) + each) for each in range(int(many or 1))]
    begin = time.monotonic()
    _paced(
        (datagrams[number % len(datagrams)] for number in range(int(count))),
        float(rate),
        lambda number, datagram: sender.send(addresses[number % len(addresses)], 1024 + number % 50_000, datagram),
    )
    print(json.dumps({"sent": int(count), "seconds": time.monotonic() - begin}))


def _initiations(key: bytes) -> Iterator[bytes]:
    chance = Random(0)
    secret = blake2s(b"wand mac1" + key).digest()
    for _ in range(500):
        message = b"\1\1\0\0" + chance.randbytes(832 - 4 - 32)
        yield message + blake2s(message, key=secret, digest_size=16).digest() + bytes(16)


def _paced(datagrams: Sequence[bytes] | Iterator[bytes], rate: float, send: object) -> None:
    begin = time.monotonic()
    for number, datagram in enumerate(datagrams):
        if number % 20 == 0:
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        send(number, datagram)  # type: ignore[operator]


class _Sender:
    """
    Sends datagrams with whatever source address (raw(7)), and counts what comes back to our own.
    """

    def __init__(self, target: str, port: int) -> None:
        self._target, self._port = target, port
        self._raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._own.bind(("0.0.0.0", 22222))
        self._own.setblocking(False)

    def send(self, source: str, port: int, payload: bytes) -> None:
        header = struct.pack(
            ">BBHHHBBH4s4s",
            *(0x45, 0, 28 + len(payload), 0, 0, 64, socket.IPPROTO_UDP, 0),
            *(socket.inet_aton(source), socket.inet_aton(self._target)),
        )
        udp = struct.pack(">HHHH", port, self._port, 8 + len(payload), 0)  # no checksum (RFC 768)
        try:
            self._raw.sendto(header + udp + payload, (self._target, 0))
        except (BlockingIOError, OSError):
            return

    def answers(self) -> int:
        count = 0
        while True:
            try:
                self._own.recv(65536)
            except BlockingIOError:
                return count
            count += 1


if __name__ == "__main__":
    {"record": record, "throw": throw, "flood": flood}[sys.argv[1]](*sys.argv[2:])
