"""
What every opened plugin works with.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import attrs
from twisted.internet.interfaces import IReactorFDSet, IReactorTime

from wand.counters import Counters
from wand.events import Events
from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.host.changes import HostChanges, Unwatched
from wand.underlay.links import Links, NoLinks
from wand.underlay.ports import Underlay
from wand.underlay.streams.network import NoStreams, StreamNetwork
from wand.worker import SameThread, Worker


@attrs.frozen
class Context:
    """
    What every opened plugin works with.

    @ivar clock: elapsed time, which no change of the wall clock touches, and calls later; in tests a simulated one.
    @ivar descriptors: the reactor that watches file descriptors.
    @ivar random: randomness for jitter and the like, never for keys.
    @ivar counters: where drops are counted.
    @ivar events: where events are published.
    @ivar underlay: where UDP ports are bound.
    @ivar wallClock: gives the seconds since the epoch: for certificates and what people read, never for what elapses.
    @ivar notes: what the operator should know, with what to do.
    @ivar failures: what counts and logs an exception at a boundary.
    @ivar makeWorker: makes a worker, of a name for people, for what may block.
    @ivar streams: where streams are listened for and opened.
    @ivar hostChanges: what changes on this host: interfaces, addresses, routes.
    @ivar links: reaches whoever is on a link with this host.
    """

    clock: IReactorTime
    descriptors: IReactorFDSet
    random: Random
    counters: Counters
    events: Events
    underlay: Underlay
    wallClock: Callable[[], float] = attrs.field(
        kw_only=True, default=attrs.Factory(lambda self: self.clock.seconds, takes_self=True)
    )
    notes: Notes = attrs.field(
        kw_only=True, default=attrs.Factory(lambda self: Notes(self.clock, self.events), takes_self=True)
    )
    failures: Failures = attrs.field(
        kw_only=True,
        default=attrs.Factory(lambda self: Failures(self.clock, self.counters, self.notes), takes_self=True),
    )
    makeWorker: Callable[[str], Worker] = attrs.field(kw_only=True, default=SameThread)
    streams: StreamNetwork = attrs.field(kw_only=True, factory=NoStreams)
    hostChanges: HostChanges = attrs.field(kw_only=True, factory=Unwatched)
    links: Links = attrs.field(kw_only=True, factory=NoLinks)

    def __attrs_post_init__(self) -> None:
        self.events.caught = self.failures.caught

    def epoch(self, moment: float) -> float:
        """
        Convert a moment of the monotonic clock to seconds since the epoch, for people.
        """
        return self.wallClock() - (self.clock.seconds() - moment)
