"""
Sends echo requests (RFC 792), as ping(8) does; C{python -m wand.lab.echo} runs it inside a host.

It writes a JSON document for each answer, one a line: C{target}, C{sequence}, C{sent} in seconds of the system's
monotonic clock, C{milliseconds}, and C{began}, when the first request of all was sent.  It writes nothing for a request
without an answer.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Final

_REQUEST = 8
_HEADER = struct.Struct("!BBHHH")
_TIME = struct.Struct("!d")

#: What every request carries, so that a listener can look for it.  Its number of octets is even.
MARKER: Final = b"these words are inside the frame"


def request(identity: int, sequence: int, now: float, size: int = 0) -> bytes:
    """
    An echo request that carries the time.

    @param size: octets of the whole message at least; an even number.
    """
    body = _TIME.pack(now) + MARKER
    body += bytes(max(size - _HEADER.size - len(body), 0))
    check = checksum(_HEADER.pack(_REQUEST, 0, 0, identity, sequence) + body)
    return _HEADER.pack(_REQUEST, 0, check, identity, sequence) + body


def checksum(message: bytes) -> int:
    """
    The Internet checksum of a message with an even number of octets (RFC 1071).
    """
    total: int = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def reply(packet: bytes, identity: int) -> tuple[int, float] | None:
    """
    Read an IPv4 packet.

    @return: the sequence number of the request of ours that it answers, and when that was sent; C{None} if it answers
        none.
    """
    message = packet[(packet[0] & 15) * 4 :] if packet else b""
    if not message.startswith(MARKER, _HEADER.size + _TIME.size):
        return None
    kind, _, _, theirs, sequence = _HEADER.unpack_from(message)
    if kind != 0 or theirs != identity:
        return None
    return sequence, _TIME.unpack_from(message, _HEADER.size)[0]


def main(interval: float, count: int, targets: list[str], size: int = 0) -> None:
    """
    Ask every target each C{interval} seconds, C{count} times, or until somebody ends this if that is 0.

    @param size: octets of an ICMP message at least.
    """
    identity = os.getpid() & 0xFFFF
    began = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as icmp:
        for sequence in itertools.count():
            now = time.monotonic()
            for target in targets:
                with suppress(OSError):  # no neighbour was found for the last one; there may be one now
                    icmp.sendto(request(identity, sequence & 0xFFFF, now, size), (target, 0))
            isLast = sequence + 1 == count
            _collect(icmp, identity, began, now + (1.0 if isLast else interval), len(targets) if isLast else 0)
            if isLast:
                return


def _collect(icmp: socket.socket, identity: int, began: float, until: float, enough: int) -> None:
    received = 0
    while (left := until - time.monotonic()) > 0 and (not enough or received < enough):
        icmp.settimeout(left)
        with suppress(OSError):
            packet, (source, _) = icmp.recvfrom(65_535)
            now = time.monotonic()
            if (answer := reply(packet, identity)) is not None:
                sequence, sent = answer
                received += 1
                line = {"target": source, "sequence": sequence, "sent": sent, "milliseconds": (now - sent) * 1000}
                print(json.dumps(line | {"began": began}), flush=True)


if __name__ == "__main__":
    size = int(os.environ.get("WAND_LAB_ECHO_SIZE", "0"))
    main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:], size)
