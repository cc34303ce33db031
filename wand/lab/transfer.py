"""
Sends as much as goes through a TCP connection in some seconds; C{python -m wand.lab.transfer} runs either end inside a
host.

Both ends write JSON documents, one a line: the C{octets} so far, the C{seconds} that they took and, in the last line,
C{digest}, the SHA-256 of all of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

from wand.lab.commands import PYTHON, CommandFailed, Daemon, wait
from wand.lab.network import Host
from wand.lab.topology import Node
from wand.status import Status

#: The TCP port that the receiver listens on.
PORT: Final = 5001

_BLOCK: Final = 1 << 18

#: Seconds between two documents of the receiver.
_REPORT_INTERVAL: Final = 0.1


class Transfer(Status, frozen=True):
    """
    A TCP transfer, under way or done.

    @ivar intact: whether all that was sent was received; C{None} while it is under way.
    """

    source: str
    target: str
    octets: int
    seconds: float
    intact: bool | None = None

    @property
    def rate(self) -> float:
        """
        Bits a second.
        """
        return self.octets * 8 / self.seconds if self.seconds else 0.0


def send(address: str, port: int, seconds: float) -> None:
    """
    Connect, and send random octets for some seconds.
    """
    block = os.urandom(_BLOCK)
    digest = hashlib.sha256()
    octets = 0
    with socket.create_connection((address, port)) as connection:
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            connection.sendall(block)
            digest.update(block)
            octets += len(block)
    _report(octets, time.monotonic() - start, digest.hexdigest())


def receive(address: str, port: int) -> None:
    """
    Accept a connection, and receive until its end.
    """
    digest = hashlib.sha256()
    octets = 0
    with socket.create_server((address, port)) as server:
        print(json.dumps({"listening": port}), flush=True)
        connection, _ = server.accept()
    with connection:
        start = reported = time.monotonic()
        while received := connection.recv(_BLOCK):
            octets += len(received)
            digest.update(received)
            if (now := time.monotonic()) - reported >= _REPORT_INTERVAL:
                reported = now
                _report(octets, now - start)
    _report(octets, time.monotonic() - start, digest.hexdigest())


def _report(octets: int, seconds: float, digest: str = "") -> None:
    print(json.dumps({"octets": octets, "seconds": seconds, "digest": digest}), flush=True)


def transfers(sender: Host, receiver: Host, source: Node, target: Node, seconds: float) -> Iterator[Transfer]:
    """
    Send from one node's host to another's for some seconds.

    @return: how far it is, again and again; at last, how it ended.
    @raise CommandFailed: if either end fails.
    """
    ends = (*PYTHON, "wand.lab.transfer")
    receiving = receiver.start("receive", *ends, "receive", target.inside, str(PORT))
    wait(receiving.lastDocument, 10, "a TCP port to send to")
    sending = sender.start("send", *ends, "send", target.inside, str(PORT), str(seconds))

    def transfer(document: dict[str, Any], intact: bool | None = None) -> Transfer:
        octets, passed = document.get("octets", 0), document.get("seconds", 0.0)
        return Transfer(source.name, target.name, octets, passed, intact)

    while receiving.isRunning and (sending.isRunning or sending.process.returncode == 0):
        yield transfer(receiving.lastDocument())
    sent = wait(lambda: _result(sending), 10, "the end of the sender")
    received = wait(lambda: _result(receiving), 10, "the end of the receiver")
    yield transfer(received, sent["digest"] == received["digest"])


def _result(end: Daemon) -> dict[str, Any] | None:
    if end.isRunning:
        return None
    if end.process.returncode:
        raise CommandFailed(f"{end.name} failed", end.tail(3))
    document: dict[str, Any] = end.lastDocument()
    return document


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        receive(sys.argv[2], int(sys.argv[3]))
