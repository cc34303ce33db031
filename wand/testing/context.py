"""
A context in simulated time: what an opened plugin works with in tests of logic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import attrs
from twisted.internet.interfaces import IReactorFDSet, IReactorTime, IReadDescriptor, IWriteDescriptor
from twisted.internet.task import Clock
from zope.interface import implementer

from wand.counters import Counters
from wand.endpoint import NODE_PORT
from wand.ethernet import MAC
from wand.events import Events
from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.interfaces import Context, NodeContext
from wand.table import Table
from wand.testing.hosts import Region


@implementer(IReactorFDSet)
class NoDescriptors:
    """
    Watches nothing: logic in simulated time has no file descriptors.
    """

    def addReader(self, reader: IReadDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        raise AssertionError(f"{reader!r} wants to be watched in simulated time")

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        raise AssertionError(f"{writer!r} wants to be watched in simulated time")

    def removeReader(self, reader: IReadDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """

    def removeAll(self) -> list[IReadDescriptor | IWriteDescriptor]:
        """
        See L{IReactorFDSet}.
        """
        return []

    def getReaders(self) -> list[IReadDescriptor]:
        """
        See L{IReactorFDSet}.
        """
        return []

    def getWriters(self) -> list[IWriteDescriptor]:
        """
        See L{IReactorFDSet}.
        """
        return []


def failuresOf(counters: Counters) -> Failures:
    """
    What counts and logs exceptions, in a time of its own that stands still.
    """
    clock = Clock()
    return Failures(clock, counters, Notes(clock, Events(clock.seconds)))


class WallClock:
    """
    The time of day of a simulated host: it goes on as a clock does, and can be set.
    """

    def __init__(self, clock: IReactorTime, ahead: float = 0.0) -> None:
        """
        @param ahead: by how many seconds it is ahead of the clock.
        """
        self.ahead = ahead
        self._clock = clock

    def __call__(self) -> float:
        """
        The seconds since the epoch.
        """
        return self._clock.seconds() + self.ahead

    def step(self, seconds: float) -> None:
        """
        Set it forward, or back by a negative number.
        """
        self.ahead += seconds


def simulatedContext(
    clock: Clock,
    network: Region,
    address: str,
    seed: int = 0,
    *,
    more: Sequence[str] = (),
    descriptors: IReactorFDSet | None = None,
    wallClock: Callable[[], float] | None = None,
) -> Context:
    """
    A context on a simulated clock.

    @param network: a network, or a region of one.
    @param address: the IP address of the host in C{network}.
    @param seed: for its randomness.
    @param more: further addresses of the host.
    @param descriptors: what watches file descriptors; without it nothing does.
    @param wallClock: gives the seconds since the epoch; without it the clock does.
    """
    counters, events = Counters(), Events(wallClock or clock.seconds)
    notes = Notes(clock, events)
    failures = Failures(clock, counters, notes)
    return Context(
        clock=clock,
        descriptors=descriptors or NoDescriptors(),
        random=Random(f"{seed} {address}"),
        counters=counters,
        events=events,
        underlay=network.host(address, *more, failures=failures),
        wallClock=wallClock or clock.seconds,
        notes=notes,
        failures=failures,
    )


def simulatedNode(
    clock: Clock,
    network: Region,
    address: str,
    mac: MAC,
    seed: int = 0,
    wallClock: Callable[[], float] | None = None,
) -> NodeContext:
    """
    The context of a node on a simulated clock, with an empty table and no transport.

    @param wallClock: gives the seconds since the epoch; without it the clock does.
    """
    context = simulatedContext(clock, network, address, seed, wallClock=wallClock)
    return NodeContext(
        **attrs.asdict(context, recurse=False),
        table=Table(clock, context.events, mac),
        mac=mac,
        port=NODE_PORT,
        transport=None,
    )
