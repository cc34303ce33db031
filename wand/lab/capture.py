"""
Listens on a network and looks for patterns in what passes (packet(7)); C{python -m wand.lab.capture} runs it beside a
switch.

It writes JSON documents, one a line and several a second: C{datagrams} and C{octets} so far, and which of the patterns
were C{found}.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec

from wand.lab.commands import PYTHON, Daemon, wait
from wand.lab.network import Lab
from wand.status import Status

#: Every protocol (linux/if_ether.h).
_ALL: Final = 0x0003

#: What leaves this host (linux/if_packet.h); on a switch it has come in before.
_OUTGOING: Final = 4

#: Seconds between two documents.
_REPORT_INTERVAL: Final = 0.05


class Capture(Status, frozen=True):
    """
    What a listener heard.

    @ivar datagrams: how many datagrams.
    @ivar octets: how many octets they had.
    @ivar found: which of the patterns they had in the clear.
    """

    datagrams: int
    octets: int
    found: list[str]


class Eavesdropper:
    """
    Looks for patterns in datagrams.
    """

    def __init__(self, patterns: Mapping[str, bytes]) -> None:
        """
        @param patterns: octets to look for, by what they are called.
        """
        self._missing = dict(patterns)
        self._found: list[str] = []
        self._datagrams = self._octets = 0

    def hear(self, datagram: bytes) -> None:
        """
        Look at a datagram that passes.
        """
        self._datagrams += 1
        self._octets += len(datagram)
        for name in [name for name, pattern in self._missing.items() if pattern in datagram]:
            del self._missing[name]
            self._found.append(name)

    @property
    def capture(self) -> Capture:
        """
        What it heard so far.
        """
        return Capture(self._datagrams, self._octets, sorted(self._found))


def main(patterns: Mapping[str, bytes]) -> None:
    """
    Listen on every interface, until somebody ends this.
    """
    listener = Eavesdropper(patterns)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL)) as wire:
        wire.settimeout(_REPORT_INTERVAL)
        _report(listener.capture)
        reported = time.monotonic()
        while True:
            try:
                frame, (_, _, kind, *_) = wire.recvfrom(65_535)
                if kind != _OUTGOING:
                    listener.hear(frame)
            except TimeoutError:
                pass  # nothing passes; say so
            if (now := time.monotonic()) - reported > _REPORT_INTERVAL:
                reported = now
                _report(listener.capture)


def _report(capture: Capture) -> None:
    print(msgspec.json.encode(capture).decode(), flush=True)


@contextmanager
def listening(lab: Lab, patterns: Mapping[str, bytes]) -> Iterator[Callable[[], Capture]]:
    """
    Listen on the switch of a lab, as long as this context lasts.

    @param patterns: octets to look for, by what they are called.
    @return: gives what was heard so far.
    """
    words = [f"{name}={octets.hex()}" for name, octets in patterns.items()]
    listener = lab.startInSwitch("capture", *PYTHON, "wand.lab.capture", *words)
    before = wait(lambda: _last(listener), 10, "the listener on the switch")

    def capture() -> Capture:
        time.sleep(3 * _REPORT_INTERVAL)  # what has passed is in the next document
        last = _last(listener)
        assert last is not None
        return Capture(last.datagrams - before.datagrams, last.octets - before.octets, last.found)

    try:
        yield capture
    finally:
        listener.kill()


def _last(listener: Daemon) -> Capture | None:
    document = listener.lastDocument()
    return None if document is None else msgspec.convert(document, Capture)


if __name__ == "__main__":
    main({name: bytes.fromhex(octets) for name, octets in (word.split("=") for word in sys.argv[1:])})
