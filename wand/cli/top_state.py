"""
What C{wand top} shows: rates out of two readings, sorted and filtered.  It knows neither a screen nor a socket.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from wand.readings.rates import DropRate, PeerRate, Rates, Reading

#: How many of the latest events are kept.
EVENTS_KEPT: Final = 50

#: The orders of the rows, by the key that chooses each; the first is the usual one.
ORDERS: Final[Mapping[str, str]] = {"t": "traffic", "n": "name", "d": "drops", "r": "round-trip"}


class TopState:
    """
    The state of the screen.

    @ivar order: by what the rows are sorted: one of the values of L{ORDERS}.
    @ivar needle: what the name of a peer must contain.
    @ivar isTyping: does the operator type the needle now?
    @ivar isEnding: does the operator want to end?
    @ivar lost: how many events were missed.
    """

    def __init__(self) -> None:
        self.order = ORDERS["t"]
        self.isReversed = False
        self.needle = ""
        self.isTyping = False
        self.isEnding = False
        self.lost = 0
        self.events: deque[str] = deque(maxlen=EVENTS_KEPT)
        self._rates = Rates()

    @property
    def now(self) -> Reading | None:
        """
        The latest reading.
        """
        return self._rates.now

    def read(self, reading: Reading) -> None:
        """
        See L{Rates.read}.
        """
        self._rates.read(reading)

    def key(self, key: str) -> None:
        """
        A key was typed.
        """
        if self.isTyping:
            self._type(key)
        elif key in ORDERS:
            self.isReversed = not self.isReversed if self.order == ORDERS[key] else False
            self.order = ORDERS[key]
        elif key == "/":
            self.isTyping, self.needle = True, ""
        elif key in ("q", "\x03", "\x04"):
            self.isEnding = True
        elif key == "\x1b":
            self.needle = ""

    def _type(self, key: str) -> None:
        if key in ("\r", "\n"):
            self.isTyping = False
        elif key == "\x1b":
            self.isTyping, self.needle = False, ""
        elif key == "\x03":
            self.isEnding = True
        elif key in ("\x7f", "\x08"):
            self.needle = self.needle[:-1]
        elif key.isprintable():
            self.needle += key

    def rates(self) -> list[PeerRate]:
        """
        The peers that are to be shown, in their order.
        """
        needle = self.needle.lower()
        found = [each for each in self._rates.peers() if needle in each.peer.lower()]
        if self.order == "name":
            return found[::-1] if self.isReversed else found
        return sorted(found, key=self._weight, reverse=not self.isReversed)

    def drops(self) -> list[DropRate]:
        """
        See L{Rates.drops}.
        """
        return self._rates.drops()

    def _weight(self, rate: PeerRate) -> float:
        if self.order == "drops":
            return rate.drops
        if self.order == "round-trip":
            return -1.0 if rate.roundTrip is None else rate.roundTrip
        return rate.bytesIn + rate.bytesOut
