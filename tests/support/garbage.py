"""
Garbage for real programs: random datagrams and random connections.  As a program it sends datagrams:

    garbage.py KIND HOST PORT COUNT

KIND is rel2 or sealed: some of the datagrams begin as those of that protocol do.
"""

from __future__ import annotations

import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

_BEGINS = {
    "rel2": [
        *(b"", bytes(2), bytes(2) + b"\xff" * 6, bytes(2) + b"\2\0\0\0\0\1"),
        *(b"02:00:00:00:00:0", b"aa:bb:cc:dd:ee:ff\0"),
    ],
    "sealed": [b"", b"\1\1\0\0", b"\2\1\0\0", b"\3\0\0\0", b"\4\0\0\0"],
}

_SIZES = {"rel2": (0, 1, 13, 14, 60, 1400), "sealed": (0, 1, 13, 28, 48, 60, 828, 1400)}

_ASK = b"\0\x04_ask\0\x011\0\x08_command"
_CONNECTION_BEGINS = [b"", _ASK + b"\0\x06Status\0\0", _ASK, b"\0\xff"]


def command(kind: str, host: str, port: str, count: int) -> list[str]:
    """
    The command line that sends datagrams.
    """
    return [sys.executable, __file__, kind, host, port, str(count)]


def send(kind: str, host: str, port: int, count: int) -> None:
    """
    Send datagrams, at a rate at which the system does not drop many.
    """
    chance = Random(count)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(count):
            octets = chance.choice(_BEGINS[kind]) + chance.randbytes(chance.choice(_SIZES[kind]))
            sender.sendto(octets, (host, port))
            if number % 50 == 0:
                time.sleep(0.001)


def connect(control: Path, chance: Random, count: int) -> None:
    """
    Make connections to a control socket that send random octets.
    """
    for number in range(count):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(str(control))
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(chance.choice(_CONNECTION_BEGINS) + chance.randbytes(chance.randrange(300)))
                if number % 10 == 0:
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(99)


if __name__ == "__main__":
    send(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
