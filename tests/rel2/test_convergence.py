"""
Property test of REL2 as a whole: nodes and servers that come and go on a bad network, in simulated hours.
"""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, SERVER_PORT, Endpoint
from wand.ethernet import MAC
from wand.events import Event
from wand.interfaces import IDirectory, NodeContext
from wand.rel2.directory import UNLISTED_LIFETIME, REL2DirectoryKind
from wand.rel2.registry import EXPIRY
from wand.rel2.server import REL2Server
from wand.stores.memory import MemoryRecords
from wand.testing.context import simulatedContext, simulatedNode
from wand.testing.network import Network

#: Seconds within which a node that has just come may not be known to all, or may not know all.
SETTLING = 900.0


class Directory:
    """
    A server that can go and come back, with what it knew or without.
    """

    def __init__(self, clock: Clock, network: Network, host: str, forgetful: bool) -> None:
        self.host = host
        self._clock = clock
        self._network = network
        self._forgetful = forgetful
        self._records = MemoryRecords()
        self._wansd: REL2Server | None = None

    def go(self) -> None:
        if self._wansd is not None:
            self._wansd.stop()
            self._wansd = None

    def come(self) -> None:
        if self._wansd is None:
            if self._forgetful:
                self._records = MemoryRecords()
            context = simulatedContext(self._clock, self._network, self.host)
            self._wansd = REL2Server(context, self._records, [], "0.0.0.0", SERVER_PORT)
            self._wansd.start()


class Node:
    """
    A node that can go, and come back at another address.

    @ivar alive: since when it is there; C{None} while it is not.
    @ivar removed: what its table removed, and when.
    """

    def __init__(self, clock: Clock, network: Network, number: int, servers: list[str]) -> None:
        self.mac = MAC(bytes([2, 0, 0, 0, 0, number]))
        self.alive: float | None = None
        self.moves = 0
        self.removed: list[tuple[float, str]] = []
        self._number = number
        self._clock = clock
        self._network = network
        self._servers = servers
        self._directory: IDirectory | None = None
        self.context: NodeContext | None = None

    @property
    def host(self) -> str:
        return f"10.0.{self.moves}.{self._number}"

    def come(self) -> None:
        if self._directory is None:
            self.alive = self._clock.seconds()
            self.context = simulatedNode(self._clock, self._network, self.host, self.mac, self.moves)
            self.context.events.subscribe(self._told)
            self._directory = REL2DirectoryKind().open({"servers": self._servers}, self.context)
            self._directory.start()

    def go(self) -> None:
        if self._directory is not None and self.context is not None:
            self.alive = None
            self._directory.stop()
            self.context.table.stop()
            self._directory = None
            self.moves += 1

    def table(self) -> dict[bytes, object]:
        assert self.context is not None
        return dict(self.context.table.peerOf)

    def _told(self, event: Event) -> None:
        if event.kind == "entry-removed":
            self.removed.append((event.time, str(event.fields["mac"])))


class World:
    """
    Six nodes and two servers, each of which may forget everything when it goes.
    """

    def __init__(self, seed: int, forgetful: tuple[bool, bool]) -> None:
        self.random = Random(seed)
        self.clock = Clock()
        self.network = Network(self.clock, self.random, loss=0.3, duplication=0.05, delay=0.02, jitter=0.5)
        hosts = ["203.0.113.1", "203.0.113.2"]
        self.servers = [
            Directory(self.clock, self.network, host, forgets) for host, forgets in zip(hosts, forgetful, strict=True)
        ]
        self.nodes = [Node(self.clock, self.network, number, hosts) for number in range(1, 7)]
        self.faults: list[str] = []
        for each in (*self.servers, *self.nodes):
            each.come()

    def live(self) -> list[Node]:
        return [node for node in self.nodes if node.alive is not None]

    def run(self, seconds: float) -> None:
        """
        Let time pass from one thing that happens to the next, and watch what tables remove.
        """
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            calls = self.clock.getDelayedCalls()
            upcoming = min((call.getTime() for call in calls), default=end)
            self.clock.advance(max(0.0, min(upcoming, end) - self.clock.seconds()))
            self._watch()

    def disturb(self) -> None:
        """
        Something goes, and what went before may come back.
        """
        for each in (*self.servers, *self.nodes):
            if self.random.random() < 0.7:
                each.come()
        self.random.choice((*self.servers, *self.nodes)).go()

    def _watch(self) -> None:
        settled = self.clock.seconds() - SETTLING
        living = {str(node.mac) for node in self.live() if node.alive is not None and node.alive < settled}
        for node in self.live():
            if node.alive is not None and node.alive < settled:
                self.faults += [f"{node.mac} lost {mac} at {time}" for time, mac in node.removed if mac in living]
            node.removed.clear()


class ConvergenceTests(SynchronousTestCase):
    @settings(max_examples=16, deadline=None, derandomize=True)
    @given(st.integers(0, 10_000), st.tuples(st.booleans(), st.booleans()))
    def test_tablesBecomeTheLiveSetAndNeverLoseALivePeer(self, seed: int, forgetful: tuple[bool, bool]) -> None:
        """
        Over hours with a third of the datagrams lost, nodes that die and come back elsewhere, and servers that go and
        forget, no table ever loses a node that lives; and in the end every table holds exactly the nodes that live,
        each where it is now.
        """
        world = World(seed, forgetful)
        for _ in range(12):
            world.run(world.random.uniform(60, 1800))
            world.disturb()
        for server in world.servers:
            server.come()
        world.run(EXPIRY + UNLISTED_LIFETIME + 2 * SETTLING)
        self.assertEqual(world.faults, [])
        live = world.live()
        for node in live:
            self.assertEqual(
                node.table(),
                {other.mac: Endpoint(other.host, NODE_PORT) for other in live if other is not node},
            )
