"""
The directory in real sessions: server and nodes with the sealed protocol over a simulated network.
"""

from __future__ import annotations

from random import Random

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from simulated.members import OVERLAY, Person, SimulatedNetwork, macOf
from twisted.internet.defer import succeed
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.endpoint import SERVER_PORT, Endpoint
from wand.interfaces import IFrameReceiver
from wand.interfaces.membership import Member
from wand.interfaces.participant import DirectoryServer, MemberContext
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.trust import Trust
from wand.sealed.directory.client import SealedDirectoryClient
from wand.sealed.directory.server import SealedDirectoryServer
from wand.sealed.node.claims import Claims
from wand.sealed.sessions.control_messages import ControlMessages
from wand.sealed.sessions.transport import SealedTransport
from wand.stores.memory import MemoryRecords
from wand.superframes.stretch import Stretch
from wand.testing.context import simulatedContext, simulatedNode
from wand.testing.network import Network


@attrs.define
class Papers:
    """
    Who a member of the test is: L{wand.interfaces.membership.Membership}.
    """

    person: Person
    trust: Trust
    cipher: str = "aes-256-gcm"
    secrets: NetworkSecrets = attrs.field(init=False, factory=lambda: NetworkSecrets(lambda: 0.0))

    def __attrs_post_init__(self) -> None:
        self.secrets.begin(self.network, b"\x05" * 32)

    @property
    def network(self) -> bytes:
        return self.person.certificate.network

    @property
    def exchangeKey(self) -> X25519PrivateKey:
        return self.person.key.exchange

    @property
    def identity(self) -> bytes:
        return self.person.key.identity

    @property
    def certificate(self) -> bytes:
        return self.person.signedCertificate

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        return self.trust.admit(certificate, exchangeKey)

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        return None


@implementer(IFrameReceiver)
class Frames:
    """
    Takes the frames that arrive.
    """

    wantsStretches = True

    def __init__(self) -> None:
        self.received: list[tuple[object, bytes]] = []

    def frameReceived(self, peer: object, frame: bytes | memoryview) -> None:
        self.received.append((peer, bytes(frame)))

    def stretchReceived(self, peer: object, stretch: Stretch) -> None:
        raise AssertionError("nobody sends superframes here")

    def batchReceived(self) -> None:
        pass

    def peerHeard(self, peer: object) -> None:
        pass


class Server:
    """
    A directory server in sessions.
    """

    HOST = "203.0.113.1"

    def __init__(self, person: Person, underlay: Network, records: MemoryRecords) -> None:
        clock = person.network.clock
        context = simulatedContext(clock, underlay, self.HOST)
        trust = Trust(person.network.key.network, clock.seconds)
        self.transport = SealedTransport(
            self.HOST, SERVER_PORT, context, Papers(person, trust), Random(clock.seconds()).randbytes, 1500
        )
        control = ControlMessages(self.transport.sessions, clock, context.counters)
        self.directory = SealedDirectoryServer(
            person.key.identity,
            context,
            self.transport.sessions,
            control,
            records,
            trust.check,
            lambda host: not host.startswith(OVERLAY),
        )
        self.directory.start()

    def go(self) -> None:
        self.directory.stop()
        self.transport.stop()


class Node:
    """
    A node in sessions: L{wand.interfaces.participant.Participant}.
    """

    def __init__(self, person: Person, server: Person, underlay: Network, epoch: int = 1) -> None:
        clock = person.network.clock
        host = f"198.51.100.{person.number}"
        self.person, self.server = person, server
        self.identity = person.key.identity
        context = simulatedNode(clock, underlay, host, macOf(person.number))
        self.table, self.counters = context.table, context.counters
        self.trust = Trust(person.network.key.network, clock.seconds)
        entropy = Random(f"{clock.seconds()} {person.number}").randbytes
        self.transport = SealedTransport(host, 22222, context, Papers(person, self.trust), entropy, 1500)
        self.claims = Claims(
            self.identity,
            self.trust.check,
            self.table,
            clock,
            context.events,
            context.counters,
            wallClock=clock.seconds,
        )
        self.transport.admitSources(self.claims.sources.mayUse)
        self.frames = Frames()
        self.transport.start(self.frames)
        control = ControlMessages(self.transport.sessions, clock, context.counters)
        context = attrs.evolve(context, sealed=MemberContext(self, self.transport.sessions, control))
        self.claim = person.claim(epoch)
        self.directory = SealedDirectoryClient(
            context, self, self.transport.sessions, control, lambda name: succeed([])
        )
        self.directory.start()

    def servers(self) -> list[DirectoryServer]:
        key = self.server.key
        return [DirectoryServer(key.identity, key.exchangePublic, (f"{Server.HOST}:{SERVER_PORT}",))]

    def announcement(self) -> tuple[bytes, bytes]:
        return self.person.signedCertificate, self.claim

    def endpoints(self) -> list[str]:
        return []

    def sign(self, octets: bytes) -> bytes:
        return self.person.key.signing.sign(octets)

    def isValid(self, certificate: bytes, claim: bytes) -> bool:
        return Announcement.verified(certificate, claim, self.trust.check) is not None

    def overtaken(self, epoch: int) -> None:
        """
        See L{wand.interfaces.participant.Participant}: nobody has a copy here.
        """

    def mayReach(self, host: str) -> bool:
        return not self.isOverlay(host)

    def isOverlay(self, address: str) -> bool:
        return address.startswith(OVERLAY)

    def kill(self) -> None:
        for port in self.transport.ways.ports.values():
            port.close()
        self.directory.stop()
        self.transport.stop()


class SessionsTests(SynchronousTestCase):
    """
    The directory over L{SealedTransport}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.underlay = Network(self.network.clock, Random(3), delay=0.02)
        self.people = [self.network.person(0, server=True), *(self.network.person(number) for number in range(1, 5))]
        self.records = MemoryRecords()
        self.server = Server(self.people[0], self.underlay, self.records)
        self.nodes = [Node(person, self.people[0], self.underlay) for person in self.people[1:]]

    def sizes(self) -> list[int]:
        return [len(node.table) for node in self.nodes]

    def test_nodesFindEachOtherAndFramesPass(self) -> None:
        """
        Within two seconds every table is full, and a frame reaches its node straight from the other.
        """
        self.network.run(2)
        self.assertEqual(self.sizes(), [3, 3, 3, 3])
        alice, bob = self.nodes[:2]
        frame = macOf(2) + macOf(1) + b"\x08\x00" + b"payload"
        alice.transport.send(alice.table.peerOf[macOf(2)], frame)
        self.network.run(1)
        self.assertEqual(bob.frames.received, [(alice.identity, frame)])
        self.assertEqual(alice.transport.sessions.endpointOf(bob.identity), Endpoint("198.51.100.2", 22222))

    def test_everythingTravelsSealed(self) -> None:
        """
        No name, no MAC address and no endpoint of a member is to be seen on the way.
        """
        self.network.run(5)
        seen = b"".join(datagram.payload for datagram in self.underlay.sent)
        for secret in (b"node-1", bytes(macOf(2)), b"198.51.100.2", self.people[1].certificate.identity):
            self.assertNotIn(secret, seen)
        self.assertLessEqual(max(len(datagram.payload) for datagram in self.underlay.sent), 1200)

    def test_lossIsMadeUpFor(self) -> None:
        """
        With a third of all datagrams lost, and others repeated and reordered, the tables are full after a while.
        """
        for node in self.nodes:
            node.kill()
        self.underlay.loss, self.underlay.duplication, self.underlay.jitter = 0.3, 0.1, 0.3
        self.nodes = [Node(person, self.people[0], self.underlay, 2) for person in self.people[1:]]
        self.network.run(120)
        self.assertEqual(self.sizes(), [3, 3, 3, 3])

    def test_aRestartedServerKnowsEverybody(self) -> None:
        """
        A server that restarts takes nobody away, hears everybody again, and tells a newcomer of all.
        """
        self.network.run(2)
        self.server.go()
        self.network.run(30)
        self.server = Server(self.people[0], self.underlay, self.records)
        self.network.run(0.5)
        newcomer = Node(self.network.person(5), self.people[0], self.underlay)
        self.network.run(2)
        self.assertEqual(len(newcomer.table), 4)
        for _ in range(20):
            self.network.run(30)
            self.assertGreaterEqual(min(self.sizes()), 3)
            self.assertEqual(len(newcomer.table), 4)
        self.assertEqual(self.sizes(), [4, 4, 4, 4])

    def test_aKilledNodeIsBackAtOnce(self) -> None:
        """
        A node killed with SIGKILL and restarted has a full table and is reached again within seconds.
        """
        self.network.run(20)
        self.nodes[0].kill()
        self.nodes[0] = Node(self.people[1], self.people[0], self.underlay, 2)
        self.network.run(2)
        self.assertEqual(self.sizes(), [3, 3, 3, 3])
        bob = self.nodes[1]
        frame = macOf(1) + macOf(2) + b"\x08\x00" + b"payload"
        bob.transport.send(bob.table.peerOf[macOf(1)], frame)
        self.network.run(2)
        self.assertEqual(self.nodes[0].frames.received, [(bob.identity, frame)])
