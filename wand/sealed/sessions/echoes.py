"""
Echoes: datagrams to ourselves, at the place at which others hear us.  One that comes back tells that the NAT in front
of us hairpins (RFC 4787, section 6).

    echo   6 | 0 0 0 | chance (32)

Only we know the chance, so that nothing else is taken for one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred

from wand.endpoint import Endpoint
from wand.sealed.sessions.packets import ECHO
from wand.underlay.ports import DatagramPort

#: Octets of a chance.
CHANCE: Final = 32

#: How many of the same are sent: one may be lost.
SENT: Final = 3

#: Seconds for which those that come after the first are known.
LATE: Final = 1.0

_HEADER: Final = bytes([ECHO, 0, 0, 0])


class Echoes:
    """
    Sends such datagrams, and waits for them.
    """

    def __init__(
        self,
        entropy: Callable[[int], bytes],
        seconds: Callable[[], float],
        portFor: Callable[[tuple[str, int]], DatagramPort | None],
    ) -> None:
        """
        @param seconds: the clock's.
        @param portFor: the port through which we send to a place, and at which others hear us.
        """
        self._entropy = entropy
        self._seconds = seconds
        self._portFor = portFor
        self._back: dict[bytes, float] = {}  # until when the others may follow
        self._awaited: dict[bytes, Deferred[None]] = {}

    def send(self, place: Endpoint) -> Deferred[None]:
        """
        Send to ourselves.

        @param place: where others hear us.
        @return: fires when it comes back; cancel it to wait no longer.
        """
        chance = self._entropy(CHANCE)
        port = self._portFor(place)

        def cancel(deferred: Deferred[None]) -> None:
            self._awaited.pop(chance, None)

        back = self._awaited[chance] = Deferred(cancel)
        if port is not None:
            for _ in range(SENT):
                port.send(_HEADER + chance, place)
        return back

    def received(self, datagram: memoryview) -> bool:
        """
        A datagram of this type came.

        @return: did we send it, just now?
        """
        chance, now = bytes(datagram[len(_HEADER) :]), self._seconds()
        back = self._awaited.pop(chance, None)
        if back is None:
            return now < self._back.get(chance, now)
        self._back = {other: until for other, until in self._back.items() if now < until}
        self._back[chance] = now + LATE
        back.callback(None)
        return True
