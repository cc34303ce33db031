"""
Whatever is lost and whoever restarts: in the end all tables are equal, and nobody sends more than is needed.
"""

from __future__ import annotations

from random import Random

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated.members import BEGIN, Person, SimulatedMember, SimulatedNetwork, SimulatedServer, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.events import Events
from wand.sealed.control_numbers import DIRECTORY_NUMBERS
from wand.sealed.credentials.claim import Announcement
from wand.sealed.directory.client import COUNTERS
from wand.sealed.directory.log_reader import LogReader
from wand.sealed.directory.messages import PageRecord
from wand.sealed.directory.own_announcement import OwnAnnouncement
from wand.sealed.directory.page_sender import PUSH_INTERVAL
from wand.sealed.directory.presence import SILENCE
from wand.sealed.directory.subscription import HEARTBEAT, Subscription
from wand.sealed.node.member_entries import OFFLINE_LIFETIME
from wand.sealed.sessions.control_messages import ControlMessages
from wand.stores.memory import MemoryRecords

#: Seconds within which everything settles: a silent member is gone, everybody heard so, and its entries are gone.
SETTLING = SILENCE + OFFLINE_LIFETIME + 5 * HEARTBEAT


class World:
    """
    Nodes and two servers that come and go while the wire is bad.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.network = SimulatedNetwork.begun(seed)
        wire = self.network.wire
        wire.loss, wire.duplication, wire.delay, wire.jitter = 0.3, 0.1, 0.02, 0.5
        people = [self.network.person(number, server=True) for number in (100, 101)]
        self.servers = [SimulatedServer(person, MemoryRecords()) for person in people]
        self.nodes = [SimulatedMember(self.network.person(number), people) for number in range(1, 7)]
        for each in (*self.servers, *self.nodes):
            each.come()

    def disturb(self) -> None:
        """
        Something goes, crashes, comes back or changes.
        """
        for each in (*self.servers, *self.nodes):
            if not each.isRunning and self.random.random() < 0.7:
                each.come()
        chosen = self.random.choice([each for each in (*self.servers, *self.nodes) if each.isRunning])
        if isinstance(chosen, SimulatedMember):
            if self.random.random() < 0.4:
                chosen.claimAnew()
            else:
                chosen.go()
                chosen.host = f"203.0.113.{self.random.randrange(1, 250)}"
        elif self.random.random() < 0.5:
            chosen.go()
        else:
            chosen.crash()


class ConvergenceTests(SynchronousTestCase):
    """
    The directory as a whole.
    """

    @given(st.integers(0, 2**32))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def test_allTablesAreEqualInTheEnd(self, seed: int) -> None:
        """
        Through loss, repetition, reordering, crashes and moves, every node ends up with the same table, and knows where
        the others are.
        """
        world = World(seed)
        for _ in range(8):
            world.network.run(world.random.uniform(0.1, 90))
            world.disturb()
        for server in world.servers:
            if not server.isRunning:
                server.come()
        world.network.run(SETTLING)
        running = [node for node in world.nodes if node.isRunning]
        everybody = {macOf(node.person.number): node.identity for node in running}
        for node in running:
            own = macOf(node.person.number)
            self.assertEqual(node.table, {mac: who for mac, who in everybody.items() if mac != own})
            for other in running:
                if other is not node:
                    self.assertIn(other.sessions.endpoint, node.sessions.introduced[other.identity][1])

    def test_theServersMayBeAway(self) -> None:
        """
        While every server is down or restarts, nobody leaves any table.
        """
        world = World(5)
        world.network.run(SETTLING)
        tables = [node.table for node in world.nodes]
        self.assertEqual({len(table) for table in tables}, {5})
        for server in world.servers:
            server.crash()
        for _ in range(20):
            world.network.run(60)
            self.assertEqual([node.table for node in world.nodes], tables)
        for server in world.servers:
            server.come()
        for _ in range(20):
            world.network.run(30)
            self.assertEqual([node.table for node in world.nodes], tables)


class Listener:
    """
    A node that follows a server, and verifies nothing, so that very many of them fit into a test.
    """

    def __init__(self, person: Person, server: Person) -> None:
        self.person = person
        self.server = server.key.identity
        self.epoch = 0
        self.versions: dict[bytes, int] = {}

    def come(self) -> None:
        network = self.person.network
        self.epoch += 1
        self.sessions = self.person.sessions()
        self.counters = Counters()
        self.counters.declare(COUNTERS)
        own = OwnAnnouncement(self)
        reader = LogReader(
            self.server,
            self.sessions,
            self.counters,
            told=self.told,
            restarted=lambda server: self.versions.clear(),
        )
        self.subscription = Subscription(
            self.server,
            "server",
            self.sessions,
            own,
            network.clock,
            Random(self.person.number),
            Events(network.clock.seconds),
            self.counters,
            reader,
            unanswered=lambda: None,
            counted=lambda server: None,
        )
        control = ControlMessages(self.sessions, network.clock, self.counters)
        control.read(DIRECTORY_NUMBERS, lambda peer, member, octets: self.subscription.received(octets))
        self.sessions.onSession(lambda peer, member, up: self.subscription.sessionUp() if up else None)
        self.subscription.exchange()

    def go(self) -> None:
        self.sessions.leave()
        self.subscription.stop()
        self.versions.clear()

    def told(self, server: bytes, record: PageRecord) -> None:
        self.versions[record.certificate] = max(record.version, self.versions.get(record.certificate, 0))

    def announcement(self) -> tuple[bytes, bytes]:
        return self.person.signedCertificate, self.person.claim(self.epoch)

    def endpoints(self) -> list[str]:
        return []


class StormTests(SynchronousTestCase):
    """
    Many nodes at once.
    """

    def test_aRestartOfTwoHundredNodesIsNoStorm(self) -> None:
        """
        When 200 nodes restart at once, each is told of each, packed into pages; the number of messages stays near that
        of the pages which this needs, and everything is over within seconds (tinc#424).
        """
        size = 200
        network = SimulatedNetwork.begun()
        server = SimulatedServer(network.person(0, server=True), MemoryRecords())
        server.come()
        nodes = [Listener(network.person(number), server.person) for number in range(1, size + 1)]
        for node in nodes:
            node.come()
        network.run(20)
        for node in nodes:
            node.go()
        network.wire.carried = (0, 0)
        for node in nodes:
            node.come()
        network.run(20)
        self.assertEqual({len(node.versions) for node in nodes}, {size})
        self.assertEqual({max(node.versions.values()) for node in nodes}, {2 * size})
        messages, octets = network.wire.carried
        self.assertLess(messages, size * size)
        self.assertLess(octets, size * size * 1000)
        network.wire.carried = (0, 0)
        network.run(60)
        self.assertLess(network.wire.carried[0], 4 * size)

    def test_changesOfOneMemberAreFewMessages(self) -> None:
        """
        One change makes one message for everybody, and a burst of changes no more than two a second.
        """
        network = SimulatedNetwork.begun()
        server = SimulatedServer(network.person(0, server=True), MemoryRecords())
        server.come()
        nodes = [Listener(network.person(number), server.person) for number in range(1, 21)]
        for node in nodes:
            node.come()
        network.run(10)
        before = server.context.counters["directory-pushes"]
        for _ in range(8):
            nodes[0].epoch += 1
            nodes[0].subscription.exchange()
            network.run(0.1)
        network.run(5)
        rounds = 0.8 / PUSH_INTERVAL + 2
        self.assertLessEqual(server.context.counters["directory-pushes"] - before, 20 * rounds)

    def test_tenThousandMembersAreListed(self) -> None:
        """
        A node that starts in a network of 10,000 learns of all in half as many datagrams.
        """
        size = 10_000
        network = SimulatedNetwork.begun()
        server = SimulatedServer(network.person(0, server=True), MemoryRecords())
        server.come()
        log = server.directory._announcements
        pattern = network.person(1)
        said = Announcement.verified(pattern.signedCertificate, pattern.claim(), server.trust.check)
        assert said is not None
        for number in range(size):
            certificate = msgspec.structs.replace(said.certificate, identity=number.to_bytes(32, "big"))
            numbered = Announcement(certificate, said.claim, said.signedCertificate, said.signedClaim)
            log.change(numbered, ("198.51.100.1:22222", "192.168.1.1:22222"), BEGIN)
        server.directory._stored.beginAnew()
        node = Listener(network.person(2), server.person)
        node.come()
        network.run(30)
        self.assertTrue(node.subscription.reader.seen.isComplete)
        self.assertEqual(node.subscription.reader.seen.version, size + 1)
        messages, octets = network.wire.carried
        self.assertLess(messages, size * 0.6)
        self.assertLess(octets, size * 600)
