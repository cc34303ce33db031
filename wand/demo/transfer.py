"""
Sends as much as goes through a TCP connection in some seconds; C{python -m wand.demo.transfer} runs either end inside a
host.

Both ends write JSON documents, one a line: C{octets} so far, the C{seconds} they took, and in the last line C{digest},
the SHA-256 of them all.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import time

_BLOCK = 1 << 18
_REPORT = 0.1


def send(address: str, port: int, seconds: float) -> None:
    """
    Connect, and send random octets for so long.
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
    Wait for a connection, and receive until its end.
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
            if (now := time.monotonic()) - reported >= _REPORT:
                reported = now
                _report(octets, now - start)
    _report(octets, time.monotonic() - start, digest.hexdigest())


def _report(octets: int, seconds: float, digest: str = "") -> None:
    print(json.dumps({"octets": octets, "seconds": seconds, "digest": digest}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        receive(sys.argv[2], int(sys.argv[3]))
