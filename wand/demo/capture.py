"""
Listens on a network and looks for octets in what passes (packet(7)); C{python -m wand.demo.capture} runs it where a
switch is.

It writes JSON documents, one a line and several a second: C{datagrams} and C{octets} so far, and which of the patterns
were C{found}.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Mapping
from typing import Final

from wand.demo.figures import Capture

#: Every protocol (linux/if_ether.h).
_ALL: Final = 0x0003

#: What leaves this host (linux/if_packet.h): on a switch, what came in already.
_OUTGOING: Final = 4

_REPORT: Final = 0.05


class Listener:
    """
    Looks for octets in datagrams.
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
        A datagram passes.
        """
        self._datagrams += 1
        self._octets += len(datagram)
        for name in [name for name, pattern in self._missing.items() if pattern in datagram]:
            del self._missing[name]
            self._found.append(name)

    @property
    def capture(self) -> Capture:
        """
        What was heard so far.
        """
        return Capture(self._datagrams, self._octets, sorted(self._found))


def main(patterns: Mapping[str, bytes]) -> None:
    """
    Listen on every interface until somebody ends this.
    """
    listener = Listener(patterns)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL)) as wire:
        wire.settimeout(_REPORT)
        _report(listener.capture)
        reported = time.monotonic()
        while True:
            try:
                frame, (_, _, kind, *_) = wire.recvfrom(65_535)
                if kind != _OUTGOING:
                    listener.hear(frame)
            except TimeoutError:
                pass  # nothing passes; say so
            if (now := time.monotonic()) - reported > _REPORT:
                reported = now
                _report(listener.capture)


def _report(capture: Capture) -> None:
    document = {"datagrams": capture.datagrams, "octets": capture.octets, "found": capture.found}
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main({name: bytes.fromhex(octets) for name, octets in (word.split("=") for word in sys.argv[1:])})
