"""
Tests for the directory C{gossip}, as a node has it.
"""

from __future__ import annotations

from simulated.members import BEGIN, SimulatedMember, SimulatedNetwork, macOf
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.endpoint import Endpoint
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.interfaces import Context, IDirectory, IDirectoryKind, IMembershipFollower, IRovingDirectory
from wand.interfaces.sessions import DIRECTORY, GOSSIP
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed
from wand.sealed.gossip.directory import RENEWAL, SEEKING_LONGEST, GossipDirectory
from wand.sealed.gossip.messages import Probe, pack
from wand.sealed.gossip.plugin import GossipDirectoryKind
from wand.sealed.node.member_entries import OFFLINE_LIFETIME
from wand.sealed.sessions.control_messages import ControlMessages
from wand.testing.context import simulatedNode
from wand.testing.directories import DirectoryContract
from wand.testing.network import Network

#: Seconds until a silent member is missed by all.
MISSED = 60.0


class Gossiper(SimulatedMember):
    """
    A node with no server.
    """

    def opened(self, control: ControlMessages) -> IMembershipFollower:
        assert self.context.sealed is not None
        return GossipDirectory(self.context, self.context.sealed)

    def claimAnother(self) -> None:
        """
        Claim its address if it did not before, and not if it did.
        """
        said = self.person.certificate
        self._epoch += 1
        macs = said.macs if self._epoch % 2 else ()
        claim = Claim(said.network, said.identity, self._epoch, macs, said.addresses, said.name)
        self._claim = signed(self.person.key.signing, claim)
        self.directory.announcementChanged()

    def remembers(self, other: SimulatedMember) -> None:
        """
        It has another on its disk.
        """
        self.claims.offer(*other.announcement())
        self.sessions.introduce(other.identity, other.person.key.exchangePublic, [other.sessions.endpoint])


class GossipDirectoryTests(SynchronousTestCase):
    """
    L{GossipDirectory}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.network.wire.loss = 0.05
        self.nodes = [Gossiper(self.network.person(number), []) for number in range(1, 7)]

    def gather(self) -> None:
        for node in self.nodes:
            node.come()
            if node is not self.nodes[0]:
                node.remembers(self.nodes[0])
        self.network.run(30)

    def tearDown(self) -> None:
        for node in self.nodes:
            if node.isRunning:
                node.go()

    def everybodyBut(self, node: Gossiper) -> dict[MAC, bytes]:
        return {macOf(each.person.number): each.identity for each in self.nodes if each is not node}

    def test_itIsADirectory(self) -> None:
        """
        It provides what a directory does.
        """
        kind = GossipDirectoryKind()
        verifyObject(IPlugin, kind)
        verifyObject(IDirectoryKind, kind)
        self.assertIsNone(kind.unusable())
        self.nodes[0].come()
        directory = kind.open({}, self.nodes[0].context)
        for interface in (IDirectory, IMembershipFollower, IRovingDirectory):
            verifyObject(interface, directory)

    def test_settings(self) -> None:
        """
        It has none, and works only where there are members.
        """
        kind, network = GossipDirectoryKind(), self.network
        self.nodes[0].come()
        with self.assertRaises(ConfigurationInvalid):
            kind.open({"peers": []}, self.nodes[0].context)
        context = simulatedNode(network.clock, Network(network.clock, network.wire.random), "192.0.2.1", macOf(1))
        with self.assertRaises(ConfigurationInvalid):
            kind.open({}, context)

    def test_onePeerIsEnough(self) -> None:
        """
        Members that know one other know everybody soon: who owns which address, and where it is.
        """
        self.gather()
        for node in self.nodes:
            self.assertEqual(node.table, self.everybodyBut(node))
            (status,) = node.directory.status()
            self.assertEqual((status.name, status.state, status.entries), ("gossip", "answered", 6))
            for other in self.nodes:
                if other is not node:
                    self.assertEqual(
                        node.sessions.introduced[other.identity],
                        (other.person.key.exchangePublic, (Endpoint.parse(other.local[0]),)),
                    )

    def test_alone(self) -> None:
        """
        A node that knows nobody waits.
        """
        self.nodes[0].come()
        self.network.run(60)
        (status,) = self.nodes[0].directory.status()
        self.assertEqual((status.state, status.entries, status.answered), ("asking", 1, None))

    def test_whoTakesNoPart(self) -> None:
        """
        Members that do not gossip are asked less and less often, and are not silent; one that begins to is found.
        """
        node, other = self.nodes[0], self.nodes[1]
        others = [self.network.person(number) for number in range(10, 16)]
        quiet = [each.sessions() for each in others]
        node.come()
        for each in others:
            node.claims.offer(each.signedCertificate, each.claim())
        self.network.run(600)
        before = node.context.counters["gossip-probes"]
        self.network.run(3000)
        self.assertLessEqual(node.context.counters["gossip-probes"] - before, 3 * 3000 / SEEKING_LONGEST + 3)
        assert isinstance(node.directory, GossipDirectory) and node.directory._gossip is not None
        self.assertEqual(len(node.directory._gossip._silence), 0)
        self.assertEqual(len(quiet), 6)
        other.come()
        node.claims.offer(*other.announcement())
        self.network.run(3 * SEEKING_LONGEST)
        self.assertEqual(node.directory._gossip.view.tree.count, 2)

    def test_aMemberMoves(self) -> None:
        """
        When a host has another address, the others know that at once.
        """
        self.gather()
        mover = self.nodes[3]
        mover.local = ["198.51.100.77:4000", "10.77.0.3:22222"]
        mover.directory.moved()  # type: ignore[attr-defined]
        self.network.run(3)
        for node in self.nodes:
            if node is not mover:
                self.assertEqual(node.sessions.introduced[mover.identity][1], (Endpoint.parse("198.51.100.77:4000"),))
                self.assertEqual(node.context.counters["drop-gossip-endpoint"], 1)

    def test_theLastOfManyChangesIsKnownSoon(self) -> None:
        """
        What a member says last counts everywhere soon, however much it said just before: of what comes faster than it
        is taken the newest waits.
        """
        self.gather()
        one, *others = self.nodes
        for _ in range(25):
            one.claimAnother()
            self.network.run(0.1)
        self.network.run(5)
        for node in others:
            announcement = node.claims.announcement(Identity(one.identity))
            assert announcement is not None
            self.assertEqual(announcement.signedClaim, one.announcement()[1])
        self.assertGreater(sum(node.context.counters["gossip-items-delayed"] for node in others), 0)

    def test_whoWasForgottenComesBack(self) -> None:
        """
        A member that was forgotten because nobody used it while it was away is known again as soon as it says that it
        is here, although it announces nothing new.
        """
        self.gather()
        one, other = self.nodes[0], self.nodes[3]
        one.claims.forget(Identity(other.identity))
        self.network.run(RENEWAL)
        self.assertNotIn(macOf(4), one.table)
        other.local = ["192.168.9.9:22222"]
        other.directory.announcementChanged()
        self.network.run(30)
        self.assertEqual(one.table, self.everybodyBut(one))
        self.assertIn(Endpoint.parse("192.168.9.9:22222"), one.sessions.introduced[other.identity][1])

    def test_whoWasForgottenExpires(self) -> None:
        """
        A member that was forgotten because nobody used it is not kept beyond its certificate.
        """
        self.network.wire.loss = 0
        self.nodes[3] = Gossiper(self.network.person(4, expires=BEGIN + int(RENEWAL / 2)), [])
        self.gather()
        one, gone = self.nodes[0], self.nodes.pop(3)
        gone.go()
        self.network.run(MISSED)
        one.claims.forget(Identity(gone.identity))
        self.assertEqual(one.directory.status()[0].entries, 6)
        self.network.run(RENEWAL)
        for node in self.nodes:
            self.assertEqual(node.directory.status()[0].entries, 5)

    def test_nothingOfOthersIsReplaced(self) -> None:
        """
        What a server said of a member stands beside what gossip says; an accusation, or an announcement without a word
        of the member, says nothing of where it is.
        """
        self.gather()
        node, other = self.nodes[0], self.nodes[3]
        there = [Endpoint.parse("203.0.113.3:1")]
        node.sessions.introduce(other.identity, other.person.key.exchangePublic, there)
        other.claimAnew()
        other.local = ["198.51.100.77:4000"]
        other.directory.moved()  # type: ignore[attr-defined]
        self.network.run(3)
        self.assertEqual(node.sessions.told[other.identity, DIRECTORY], tuple(there))
        self.assertEqual(node.sessions.told[other.identity, GOSSIP], (Endpoint.parse("198.51.100.77:4000"),))
        other.go()
        del node.sessions.told[other.identity, GOSSIP]
        self.network.run(MISSED)
        self.assertNotIn((other.identity, GOSSIP), node.sessions.told)

    def test_nobodyIsWhereWeAre(self) -> None:
        """
        That a member is on our host, or where we are, is not believed; on our host it may be if we say so of ourselves.
        """
        self.gather()
        mover, node = self.nodes[3], self.nodes[1]
        mover.local = ["127.0.0.1:4000", *node.local, "198.51.100.77:4000"]
        mover.directory.moved()  # type: ignore[attr-defined]
        self.network.run(3)
        self.assertEqual(node.sessions.told[mover.identity, GOSSIP], (Endpoint.parse("198.51.100.77:4000"),))
        self.assertEqual(node.context.counters["drop-gossip-endpoint"], 2)
        node.local = ["127.0.0.1:22222"]
        mover.local = ["127.0.0.1:4000"]
        mover.directory.moved()  # type: ignore[attr-defined]
        self.network.run(3)
        self.assertEqual(node.sessions.told[mover.identity, GOSSIP], (Endpoint.parse("127.0.0.1:4000"),))

    def test_whoIsGone(self) -> None:
        """
        A member that crashed leaves all tables; when it comes back it is in all of them.
        """
        self.gather()
        gone = self.nodes[2]
        gone.go()
        self.network.run(MISSED + OFFLINE_LIFETIME)
        self.nodes.remove(gone)
        for node in self.nodes:
            self.assertEqual(node.table, self.everybodyBut(node))
        self.nodes.append(gone)
        gone.come()
        gone.remembers(self.nodes[0])
        self.network.run(30)
        for node in self.nodes:
            self.assertEqual(node.table, self.everybodyBut(node))

    def test_goodbye(self) -> None:
        """
        A member that ends in good order says so: it leaves all tables soon, without having been missed.
        """
        self.gather()
        gone = self.nodes.pop(2)
        gone.directory.stop()
        self.network.run(3 + OFFLINE_LIFETIME)
        for node in self.nodes:
            self.assertEqual(node.table, self.everybodyBut(node))
            self.assertNotIn(macOf(gone.person.number), node.table)
            self.assertEqual(node.sessions.told[gone.identity, GOSSIP], ())
        gone.go()

    def test_openedAgain(self) -> None:
        """
        A directory that is opened again while the node runs says where the node is now, whatever it said before.
        """
        self.gather()
        node = self.nodes[3]
        for host in ("198.51.100.77", "198.51.100.78", "198.51.100.79"):
            node.local = [f"{host}:4000"]
            node.directory.moved()  # type: ignore[attr-defined]
            self.network.run(3)
        node.directory.stop()
        self.network.run(3)
        node.local = ["198.51.100.80:4000"]
        assert node.context.sealed is not None
        node.directory = GossipDirectory(node.context, node.context.sealed)
        node.directory.start()
        self.network.run(30)
        for other in self.nodes:
            if other is not node:
                self.assertEqual(other.sessions.told[node.identity, GOSSIP], (Endpoint.parse("198.51.100.80:4000"),))
                self.assertEqual(other.table, self.everybodyBut(other))

    def test_aConflictHasOneWinner(self) -> None:
        """
        Of two members that claim one address the one that has been a member for longer has it, in all tables.
        """
        mac = macOf(1)
        self.nodes[5] = Gossiper(self.network.person(9, macs=[mac], since=10), [])
        self.gather()
        for node in self.nodes[1:5]:
            self.assertEqual(node.table[mac], self.nodes[5].identity)

    def test_itLastsForDays(self) -> None:
        """
        Where nothing happens, everybody stays in the table.
        """
        self.nodes = self.nodes[:3]
        self.network.wire.loss = 0
        self.gather()
        self.network.run(RENEWAL * 3)
        for node in self.nodes:
            self.assertEqual(node.table, self.everybodyBut(node))

    def test_revoked(self) -> None:
        """
        Who was revoked is forgotten at once.
        """
        self.gather()
        gone = self.nodes.pop()
        gone.go()
        for node in self.nodes:
            node.claims.drop(gone.person.key.identity)
        for node in self.nodes:
            self.assertEqual(node.directory.status()[0].entries, 5)

    def test_whoKnowsLessIsNotBlamed(self) -> None:
        """
        Whoever tells of a member that expired here, or was revoked here, told nothing that was forged.
        """
        self.gather()
        gone, node = self.nodes.pop(), self.nodes[0]
        gone.go()
        blamed: list[bytes] = []
        node.sessions.blame = lambda peer, reason: blamed.append(peer)  # type: ignore[method-assign]
        revocation = Revocation(self.network.key.network, gone.identity, BEGIN)
        self.assertTrue(node.trust.revoke(signed(self.network.key.signing, revocation)))
        node.claims.drop(gone.person.key.identity)
        self.network.run(60)
        self.assertEqual(node.directory.status()[0].entries, 5)
        self.assertEqual(blamed, [])
        self.assertGreater(node.context.counters["drop-gossip-expired"], 0)

    def test_servers(self) -> None:
        """
        What a server says is no gossip.
        """
        self.gather()
        server = self.network.person(100, server=True).sessions()
        server.sendControl(self.nodes[0].identity, pack(Probe(1, b"\x00" * 8, True)))
        before = self.nodes[0].context.counters["gossip-received"]
        self.network.run(0.1)
        self.assertLess(self.nodes[0].context.counters["gossip-received"] - before, 3)

    def test_garbage(self) -> None:
        """
        What cannot be read is counted, and held against its sender.
        """
        self.gather()
        self.network.wire.loss = 0.0
        blamed: list[bytes] = []
        self.nodes[0].sessions.blame = lambda peer, reason: blamed.append(peer)  # type: ignore[method-assign]
        self.nodes[1].sessions.sendControl(self.nodes[0].identity, b"\x91\x34")
        self.network.run(1)
        self.assertEqual(blamed, [self.nodes[1].identity])
        self.assertEqual(self.nodes[0].context.counters["drop-gossip-malformed"], 1)


class GossipContractTests(DirectoryContract, SynchronousTestCase):
    """
    The contract, for a member of a network whose server is away.
    """

    patience = 5.0

    def makeContext(self) -> Context:
        """
        See L{DirectoryContract}.
        """
        members = SimulatedNetwork.begun()
        member = SimulatedMember(members.person(1), [members.person(0, server=True)])
        member.come()
        member.directory.stop()
        network = member.context.underlay.network  # type: ignore[attr-defined]  # that of the simulation
        self.clock, self.network = members.clock, network
        return member.context

    def makeDirectory(self) -> GossipDirectoryKind:
        """
        See L{DirectoryContract}.
        """
        return GossipDirectoryKind()
