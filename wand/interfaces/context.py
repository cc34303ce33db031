"""
What every opened plugin works with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IReactorFDSet, IReactorTime
from twisted.logger import Logger

from wand.counters import Counters
from wand.events import Events
from wand.health.failures import Failures
from wand.health.in_use import InUse
from wand.health.notes import Notes
from wand.host.changes import HostChanges, Unwatched
from wand.plugin_store import PluginStore, PluginStores
from wand.underlay.links import Links, NoLinks
from wand.underlay.ports import Underlay
from wand.underlay.streams.network import NoStreams, StreamNetwork
from wand.worker import SameThread, Worker, Workers

if TYPE_CHECKING:
    from twisted.web.iweb import IAgent

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


class NetworkName:
    """
    The name of the network, once it is known.

    @ivar ask: set by the program; gives it.
    """

    def __init__(self) -> None:
        self.ask: Callable[[], str] = str

    def __call__(self) -> str:
        """
        The name; empty while the host is a member of no network, and where networks have none.
        """
        return self.ask()


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
    @ivar inUse: which plugins the program uses.
    @ivar makeWorker: makes a worker, of a name for people, for what may block for long, or in its order.
    @ivar workers: run calls that may block for a short time; see L{deferToThread}.
    @ivar streams: where streams are listened for and opened.
    @ivar hostChanges: what changes on this host: interfaces, addresses, routes.
    @ivar links: reaches whoever is on a link with this host.
    @ivar networkName: gives the name of the network.
    @ivar log: where to log; that of a plugin is called C{wand.plugins.KIND.NAME}.
    @ivar stores: what plugins keep.
    @ivar store: what this plugin keeps over a restart, apart from all others.
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
    inUse: InUse = attrs.field(kw_only=True, factory=InUse)
    makeWorker: Callable[[str], Worker] = attrs.field(kw_only=True, default=SameThread)
    streams: StreamNetwork = attrs.field(kw_only=True, factory=NoStreams)
    hostChanges: HostChanges = attrs.field(kw_only=True, factory=Unwatched)
    links: Links = attrs.field(kw_only=True, factory=NoLinks)
    networkName: NetworkName = attrs.field(kw_only=True, factory=NetworkName)
    log: Logger = attrs.field(kw_only=True, default=Logger(namespace="wand.plugins"))
    workers: Workers = attrs.field(
        kw_only=True, default=attrs.Factory(lambda self: Workers(self.makeWorker, "plugins"), takes_self=True)
    )
    stores: PluginStores = attrs.field(
        kw_only=True, default=attrs.Factory(lambda self: PluginStores(self.makeWorker("plugin store")), takes_self=True)
    )
    store: PluginStore = attrs.field(
        kw_only=True, default=attrs.Factory(lambda self: self.stores.of(""), takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        self.events.caught = self.failures.caught

    def epoch(self, moment: float) -> float:
        """
        Convert a moment of the monotonic clock to seconds since the epoch, for people.
        """
        return self.wallClock() - (self.clock.seconds() - moment)

    def connect(self, host: str, port: int, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        Connect by TCP.

        @param host: a numeric address or a name.
        @return: fires with the protocol that C{factory} built; fails as L{IStreamClientEndpoint.connect
            <twisted.internet.interfaces.IStreamClientEndpoint>} does.
        """
        return self.streams.client(host, port).connect(factory)

    def agent(self) -> IAgent:
        """
        An HTTP client: an L{IAgent <twisted.web.iweb.IAgent>} over C{streams}.  The C{HTTPClient} of treq takes it.
        """
        from wand.underlay.streams.http import agentOver  # a second that most programs need not wait

        return agentOver(self.streams, self.clock)

    def deferToThread(
        self, work: Callable[_Arguments, _Result], *arguments: _Arguments.args, **named: _Arguments.kwargs
    ) -> Deferred[_Result]:
        """
        Run a call that may block in a thread.  All plugins share a few, so what takes minutes has a worker of its own
        (C{makeWorker}).  In simulated time it is done at once.

        @return: fires, in the reactor's thread, with what it returned or raised.
        """
        return self.workers.do(partial(work, *arguments, **named))

    def forPlugin(self, kind: str, name: str) -> Self:
        """
        The same for one plugin, with a logger and a store of its own; what fails in it counts for the plugin.
        """
        failures = self.failures.within(f"{kind} {name}")
        kind = kind.replace(" ", "-")
        log = Logger(namespace=f"wand.plugins.{kind}.{name}")
        return attrs.evolve(self, log=log, failures=failures, store=self.stores.of(f"{kind}-{name}"))
