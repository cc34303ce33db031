"""
The document of the costs, and its tables.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bench.results import Machine
from bench.table import Table, where


class Sample(msgspec.Struct, frozen=True):
    """
    Microseconds of processor time, over the rounds.
    """

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.median:,.1f} ({self.least:,.1f} to {self.greatest:,.1f})"


class Forwarding(msgspec.Struct, frozen=True):
    """
    What a frame, or a superframe, costs out of the host and into it.

    @ivar entries: of the table.
    @ivar peers: with a session.
    @ivar active: with how many of these there was traffic, each time with another.
    """

    entries: int
    peers: int
    active: int
    frameOut: Sample
    frameIn: Sample
    superframeOut: Sample
    superframeIn: Sample


class Broadcast(msgspec.Struct, frozen=True):
    """
    What a broadcast costs for each of the peers.
    """

    peers: int
    perPeer: Sample


class Memory(msgspec.Struct, frozen=True):
    """
    Octets.

    @ivar entry: for each entry of a table, by the number of entries.
    @ivar peers: of how many peers the next is the mean.
    @ivar session: for each peer with a session.
    """

    entry: dict[int, float]
    peers: int
    session: float


class Costs(msgspec.Struct, frozen=True):
    """
    Everything.

    @ivar began: in UTC.
    """

    began: str
    machine: Machine
    rounds: int
    forwarding: list[Forwarding]
    broadcast: list[Broadcast]
    memory: Memory

    def encode(self) -> bytes:
        """
        The document as JSON.
        """
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


def conditions(costs: Costs) -> str:
    """
    When and where it was measured, in a paragraph.
    """
    return f"{where(costs.began, costs.machine)}: medians of {costs.rounds} rounds, and the least and the greatest."


def tables(costs: Costs) -> Iterator[Table]:
    """
    Everything that people want to see.
    """
    ways = ("frame out", "frame in", "superframe out", "superframe in")
    rows = [
        [
            f"{each.entries:,}",
            f"{each.peers:,}",
            f"{each.active:,}",
            *map(str, (each.frameOut, each.frameIn, each.superframeOut, each.superframeIn)),
        ]
        for each in costs.forwarding
    ]
    yield "forwarding, microseconds each", ("entries", "peers", "of them busy", *ways), rows
    spread = [[f"{each.peers:,}", str(each.perPeer)] for each in costs.broadcast]
    yield "broadcast, microseconds a peer", ("peers", "each"), spread
    memory = costs.memory
    sizes = [[f"an entry, in a table of {count:,}", f"{octets:,.0f}"] for count, octets in memory.entry.items()]
    sizes.append([f"a peer with a session, of {memory.peers:,}", f"{memory.session:,.0f}"])
    yield "memory, octets", ("", "each"), sizes
