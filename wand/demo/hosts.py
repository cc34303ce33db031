"""
Hosts on LANs in memory, each with the tap of a node.  There is no IP stack on such a LAN: they exchange test frames, of
the EtherType that IEEE 802 reserves for experiments.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from typing import Final

from wand.drivers.lan import MemoryLAN
from wand.ethernet import HEADER_SIZE, MAC

#: The EtherType for experiments (IEEE 802, Local Experimental EtherType 1).
EXPERIMENT: Final = b"\x88\xb5"

#: Octets of a frame that carries data.
PAYLOAD: Final = 1200

#: Frames of data that may be under way at a time.
REQUESTS_UNDER_WAY: Final = 16

#: Seconds after which frames without a confirmation count as lost.
CONFIRMATION_PATIENCE: Final = 0.2

_MESSAGE: Final = struct.Struct("!cId")
_REQUEST, _ANSWER, _DATA, _TAKEN = b"E", b"A", b"D", b"T"


class MemoryHost:
    """
    A host on a LAN in memory: it sends and answers echo requests, and it sends and receives data.

    @ivar answered: called for each echo, with its sender, the sequence number and the time of the request.
    @ivar octets: how many octets of data others have confirmed.
    @ivar intact: whether all data arrived as it was sent.
    """

    def __init__(self, mac: MAC, lan: MemoryLAN) -> None:
        self.answered: Callable[[MAC, int, float], object] = lambda *_: None
        self.octets = 0
        self.intact = True
        self._mac = mac
        self._port = lan.attach(self._received)
        self._block = bytes(range(256)) * (PAYLOAD // 256 + 1)
        self._target: MAC | None = None
        self._underWay = 0
        self._confirmed = 0.0

    def ask(self, target: MAC, sequence: int) -> None:
        """
        Send an echo request.
        """
        self._send(target, _REQUEST, sequence, time.monotonic())

    def stream(self, target: MAC | None) -> None:
        """
        Send data as fast as it is confirmed, or stop with C{None}.  Call it again and again, because frames get lost.
        """
        now = time.monotonic()
        if target is None or target != self._target or now - self._confirmed > CONFIRMATION_PATIENCE:
            self._target, self._underWay, self._confirmed = target, 0, now
        while self._target is not None and self._underWay < REQUESTS_UNDER_WAY:
            self._underWay += 1
            offset = os.urandom(1)[0]
            self._send(self._target, _DATA, offset, now, self._block[offset : offset + PAYLOAD])

    def leave(self) -> None:
        """
        Unplug from the LAN.
        """
        self._port.detach()

    def _send(self, target: MAC, kind: bytes, number: int, moment: float, data: bytes = b"") -> None:
        self._port.send(target + self._mac + EXPERIMENT + _MESSAGE.pack(kind, number, moment) + data)

    def _received(self, frame: bytes) -> None:
        if frame[:6] != self._mac or frame[12:14] != EXPERIMENT or len(frame) < HEADER_SIZE + _MESSAGE.size:
            return
        sender = MAC(frame[6:12])
        kind, number, moment = _MESSAGE.unpack_from(frame, HEADER_SIZE)
        if kind == _REQUEST:
            self._send(sender, _ANSWER, number, moment)
        elif kind == _ANSWER:
            self.answered(sender, number, moment)
        elif kind == _DATA:
            data = frame[HEADER_SIZE + _MESSAGE.size :]
            self.intact = self.intact and data == self._block[number : number + PAYLOAD]
            self._send(sender, _TAKEN, number, moment)
        elif kind == _TAKEN and self._target is not None:
            self.octets += PAYLOAD
            self._underWay -= 1
            self._confirmed = time.monotonic()
            self.stream(self._target)
