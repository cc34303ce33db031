"""
How fast what a program counts grows: rates out of two readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

from wand.control.client import ControlClient
from wand.errors import NotSupported
from wand.status import CounterStatus, PeerStatus, ProgramStatus

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


class TopDocument(msgspec.Struct, frozen=True):
    """
    What C{wand top --json} prints: rates, and what the program says at that moment.

    @ivar time: when, in seconds since the epoch.
    @ivar events: what happened since the last one, in words.
    """

    time: float
    entries: int
    notes: list[str]
    peers: list[PeerRate]
    drops: list[DropRate]
    events: list[str]


class Rates:
    """
    The last two readings.
    """

    def __init__(self) -> None:
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

    def peers(self) -> list[PeerRate]:
        """
        The traffic of each peer, by their names.
        """
        if self._now is None:
            return []
        earlier = {each.peer: each for each in self._before.peers} if self._before else {}
        found = [self._rate(each, earlier.get(each.peer)) for each in self._now.peers]
        return sorted(found, key=lambda each: each.peer)

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


async def read(client: ControlClient, time: float) -> Reading:
    """
    Ask a program for a reading.

    @param time: when, in seconds since some moment.
    """
    status = await client.status()
    peers = await peersOf(client)
    return Reading(time, status, peers, [each async for each in client.counters()])


async def peersOf(client: ControlClient) -> list[PeerStatus]:
    """
    Ask a program for its peers; a server, which carries no frames, has none.
    """
    try:
        return [each async for each in client.peers()]
    except NotSupported:
        return []
