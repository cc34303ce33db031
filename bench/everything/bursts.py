"""
Short loads: a program on each of two hosts that sends, or receives and counts, for some tenths of a second whenever it
is told to; nothing has to be started for one, so there can be many::

    python bursts.py SOCKET

At that Unix socket it takes a line of JSON at a time.  C{["receive", KIND, SKIP, SECONDS, PIDS]} is answered with a
port, and then with what came: octets of TCP or packets of UDP, in how many seconds, and how much processor time those
programs used meanwhile, in seconds.  C{["send", KIND, ADDRESS, PORT, SECONDS]} is answered when all is sent.

It is run by its path.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

# The benchmarks are not installed.
sys.path.append(str(Path(__file__).parents[2]))

from bench.packets import BATCH, Messages

#: Of a packet.
SIZE: Final = 64

#: Seconds within which something must come, or be taken.
PATIENCE: Final = 5.0

_PIECE: Final = 1 << 17
_BUFFER: Final = 8 << 20
_SO_RCVBUFFORCE: Final = 33
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # struct linger: what was not sent yet is not sent any more


def receive(take: Callable[[], int], skip: float, seconds: float, pids: Sequence[int]) -> list[float]:
    """
    Count what comes.

    @param take: waits for something, and says how much came.
    @param skip: seconds from the first that do not count: until there is full speed.
    @param seconds: how long to count.
    @param pids: programs.
    @return: how much came, in how many seconds, and how much processor time the programs used meanwhile.
    """
    came = 0
    take()
    start = time.monotonic() + skip
    while time.monotonic() < start:
        take()
    began, usedBefore = time.monotonic(), processorTime(pids)
    now = began
    while now < began + seconds:
        came += take()
        now = time.monotonic()
    return [came, now - began, processorTime(pids) - usedBefore]


def send(kind: str, address: str, port: int, seconds: float) -> None:
    """
    Send as much as goes, until the other has counted enough and closes its socket.

    @param seconds: after these it is the end in any case.
    """
    deadline = time.monotonic() + seconds
    with _socket(kind) as source:
        source.connect((address, port))
        if kind == "udp":
            source.setblocking(True)
            messages = Messages(SIZE)
            # A part of them is sent when an earlier one was refused.
            while messages.sendTo(source) == BATCH and time.monotonic() < deadline:
                pass
            return
        source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        piece = bytes(_PIECE)
        with suppress(ConnectionError):
            while time.monotonic() < deadline:
                source.send(piece)


def processorTime(pids: Sequence[int]) -> float:
    """
    The processor time that some programs have used, in seconds, to the nanosecond.

    @raise OSError: if one of them has ended.
    """
    return sum(time.clock_gettime_ns(~pid << 3 | 2) for pid in pids) / 1e9  # as clock_getcpuclockid(3) makes it


def _socket(kind: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    made.settimeout(PATIENCE)
    if kind == "tcp":
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    return made


def receiving(kind: str, skip: float, seconds: float, pids: Sequence[int], tell: Callable[[Any], None]) -> None:
    """
    Open a socket, and count what comes.

    @param tell: called with its port, and then with what came; see L{receive}.
    @raise OSError: if nothing comes.
    """
    with _socket(kind) as sink:
        sink.bind(("", 0))
        if kind == "udp":
            sink.setblocking(True)
            sink.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", round(PATIENCE), 0))
            messages = Messages(2048)
            tell(sink.getsockname()[1])
            tell(receive(lambda: _some(messages.receiveFrom(sink)), skip, seconds, pids))
            return
        sink.listen()
        tell(sink.getsockname()[1])
        connection, buffer = sink.accept()[0], bytearray(_BUFFER)
        with connection:
            connection.settimeout(PATIENCE)
            tell(receive(lambda: _some(connection.recv_into(buffer)), skip, seconds, pids))


def _some(came: int) -> int:
    if not came:
        raise OSError("nothing comes any more")
    return came


def main() -> None:
    """
    Do what is asked until nobody asks any more.
    """
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen()
        asking = listening.accept()[0].makefile("rw")

    def tell(answer: Any) -> None:
        print(json.dumps(answer), file=asking, flush=True)

    for line in asking:
        what, *arguments = json.loads(line)
        try:
            if what == "receive":
                kind, skip, seconds, pids = arguments
                receiving(kind, skip, seconds, pids, tell)
            else:
                kind, address, port, seconds = arguments
                send(kind, address, port, seconds)
                tell(None)
        except OSError as error:
            tell(str(error))


if __name__ == "__main__":
    main()
