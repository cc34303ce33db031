"""
What C{wand top} shows: rates out of two readings, sorted and filtered.  It knows neither a screen nor a socket.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import msgspec

from wand.status import CounterStatus, PeerStatus, ProgramStatus

#: How many of the latest events are kept.
EVENTS_KEPT: Final = 50

#: The orders of the rows, by the key that chooses each; the first is the usual one.
ORDERS: Final[Mapping[str, str]] = {"t": "traffic", "n": "name", "d": "drops", "r": "round-trip"}

#: What a drop's counter begins with.
_DROP: Final = "drop-"


@attrs.frozen
class Reading:
    """
    What a program said at one moment.

    @ivar time: when, in seconds since some moment.
    @ivar peers: those that it has; empty for a server, which has none.
    """

    time: float
    status: ProgramStatus
    peers: Sequence[PeerStatus]
    counters: Sequence[CounterStatus]


class PeerRate(msgspec.Struct, frozen=True):
    """
    A peer and its traffic lately: octets and frames in a second, and drops in a second.
    """

    peer: str
    way: str
    relay: str
    roundTrip: float | None
    server: bool
    bytesIn: float
    bytesOut: float
    framesIn: float
    framesOut: float
    drops: float


class DropRate(msgspec.Struct, frozen=True):
    """
    Drops for one reason: in a second lately, and since the program was started.
    """

    reason: str
    rate: float
    total: int


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
        self._before: Reading | None = None
        self._now: Reading | None = None

    @property
    def now(self) -> Reading | None:
        """
        The latest reading.
        """
        return self._now

    def read(self, reading: Reading) -> None:
        """
        Take a reading.  Of a program that was started again there is no earlier one.
        """
        same = self._now is not None and self._now.status.pid == reading.status.pid
        self._before, self._now = (self._now if same else None), reading

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
        if self._now is None:
            return []
        earlier = {each.peer: each for each in self._before.peers} if self._before else {}
        found = [
            self._rate(each, earlier.get(each.peer))
            for each in self._now.peers
            if self.needle.lower() in each.peer.lower()
        ]
        found.sort(key=lambda each: each.peer)
        if self.order == "name":
            return found[::-1] if self.isReversed else found
        return sorted(found, key=self._weight, reverse=not self.isReversed)

    def drops(self) -> list[DropRate]:
        """
        Why something was dropped, what happens now first, then what happened most.
        """
        if self._now is None:
            return []
        earlier = {each.name: each.value for each in self._before.counters} if self._before else {}
        found = [
            DropRate(each.name.removeprefix(_DROP), self._per(each.value, earlier.get(each.name)), each.value)
            for each in self._now.counters
            if each.name.startswith(_DROP) and each.value
        ]
        return sorted(found, key=lambda each: (-each.rate, -each.total, each.reason))

    def _weight(self, rate: PeerRate) -> float:
        if self.order == "drops":
            return rate.drops
        if self.order == "round-trip":
            return -1.0 if rate.roundTrip is None else rate.roundTrip
        return rate.bytesIn + rate.bytesOut

    def _rate(self, after: PeerStatus, before: PeerStatus | None) -> PeerRate:
        then = after if before is None else before
        return PeerRate(
            peer=after.peer,
            way=after.way,
            relay=after.relay,
            roundTrip=after.roundTrip,
            server=after.server,
            bytesIn=self._per(after.bytesReceived, then.bytesReceived),
            bytesOut=self._per(after.bytesSent, then.bytesSent),
            framesIn=self._per(after.framesReceived, then.framesReceived),
            framesOut=self._per(after.framesSent, then.framesSent),
            drops=self._per(after.drops, then.drops),
        )

    def _per(self, after: int, before: int | None) -> float:
        """
        By how much something grew in a second; what began anew counts as zero.
        """
        if before is None or self._now is None or self._before is None or after < before:
            return 0.0
        seconds = self._now.time - self._before.time
        return (after - before) / seconds if seconds > 0 else 0.0


class TopDocument(msgspec.Struct, frozen=True):
    """
    The same as a document.
    """

    time: float
    entries: int
    notes: list[str]
    peers: list[PeerRate]
    drops: list[DropRate]
    events: list[str]
