"""
Tests for the directory of sealed networks, as a node sees it.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import msgspec
from simulated.members import BEGIN, Person, SimulatedMember, SimulatedNetwork, SimulatedServer, macOf
from simulated.sessions import SimulatedSessions
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.endpoint import Endpoint
from wand.errors import ConfigurationInvalid
from wand.interfaces import Context, IDirectory, IDirectoryKind
from wand.sealed.directory.client import RENEWAL
from wand.sealed.directory.messages import Announce, Ask, Page, PageRecord, pack, parse
from wand.sealed.directory.plugin import SealedDirectoryKind
from wand.sealed.directory.subscription import HEARTBEAT
from wand.sealed.node.member_entries import OFFLINE_LIFETIME, ONLINE_LIFETIME
from wand.stores.memory import MemoryRecords
from wand.testing.context import simulatedNode
from wand.testing.directories import DirectoryContract
from wand.testing.network import Network

INSTANCE = b"instance"


class Oracle:
    """
    A server that says what a test wants, and remembers what it was asked.
    """

    def __init__(self, person: Person) -> None:
        self.person = person
        self.sessions: SimulatedSessions = person.sessions()
        self.sessions.onControl(self._received)
        self.heard: list[Ask | Announce] = []
        self.answer: Callable[[bytes, Ask], object] = lambda peer, ask: None

    def _received(self, peer: bytes, member: object, octets: bytes) -> None:
        message = parse(octets)
        assert isinstance(message, (Ask, Announce))
        self.heard.append(message)
        if isinstance(message, Ask):
            self.answer(peer, message)

    def page(
        self, node: SimulatedMember, after: int, upto: int, newest: int, *records: PageRecord | bytes, number: int = 0
    ) -> None:
        raws = tuple(msgspec.Raw(each if isinstance(each, bytes) else pack(each)) for each in records)
        self.sessions.sendControl(node.identity, pack(Page(number, True, INSTANCE, after, upto, newest, raws)))

    @property
    def asks(self) -> list[Ask]:
        return [each for each in self.heard if isinstance(each, Ask)]

    @property
    def announcements(self) -> list[Announce]:
        return [each for each in self.heard if isinstance(each, Announce)]


def recordOf(person: Person, version: int, *endpoints: str, epoch: int = 1) -> PageRecord:
    return PageRecord(person.signedCertificate, person.claim(epoch), endpoints, 0, version)


class WansdDirectoryTests(SynchronousTestCase):
    """
    L{wand.sealed.directory.client.SealedDirectoryClient} with a server of the test's.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.oracle = Oracle(self.network.person(0, server=True))
        self.node = SimulatedMember(self.network.person(1), [self.oracle.person])
        self.others = [self.network.person(number) for number in range(2, 8)]
        self.node.come()

    def begin(self) -> None:
        """
        Let the oracle have an empty log of version 0.
        """
        self.oracle.answer = lambda peer, ask: self.oracle.page(self.node, 0, 0, 0, number=ask.number)
        self.network.run(3)
        self.oracle.answer = lambda peer, ask: None

    def count(self, name: str) -> int:
        return self.node.context.counters[name]

    def known(self) -> list[bytes]:
        return sorted(self.node.table)

    def test_interface(self) -> None:
        """
        The plugin and what it opens provide their interfaces.
        """
        kind = SealedDirectoryKind()
        self.assertTrue(verifyObject(IPlugin, kind))
        self.assertTrue(verifyObject(IDirectoryKind, kind))
        self.assertTrue(verifyObject(IDirectory, kind.open({}, self.node.context)))
        self.assertIsNone(kind.unusable())

    def test_aServerThatIsElsewhere(self) -> None:
        """
        That a server is known to be elsewhere, too, disturbs nothing: its log is not read anew.
        """
        self.begin()
        before = len(self.oracle.asks)
        moved = [attrs.evolve(each, endpoints=("203.0.113.99:44444",)) for each in self.node.servers()]
        self.node.servers = lambda: moved  # type: ignore[method-assign]
        self.node.directory.serversChanged()  # type: ignore[attr-defined]
        _, endpoints = self.node.sessions.introduced[self.oracle.person.key.identity]
        self.assertEqual([str(each) for each in endpoints], ["203.0.113.99:44444"])
        self.network.run(HEARTBEAT)
        self.assertEqual({each.instance for each in self.oracle.asks[before:]}, {INSTANCE})

    def test_aServerThatIsNoneAnyMore(self) -> None:
        """
        What a server said of where members are is forgotten when it is none of the network's servers any more.
        """
        self.begin()
        alice = self.others[0]
        self.oracle.page(self.node, 0, 1, 1, recordOf(alice, 1, "203.0.113.7:1"))
        self.network.run(1)
        self.assertEqual(len(self.node.sessions.introduced[alice.key.identity][1]), 1)
        self.node.servers = list  # type: ignore[method-assign]
        self.node.directory.serversChanged()  # type: ignore[attr-defined]
        self.assertEqual(self.node.sessions.introduced[alice.key.identity][1], ())
        self.assertEqual(self.known(), [macOf(2)])

    def test_itWantsSessionsAndHasNoSettings(self) -> None:
        """
        Without the sealed protocol, or with a setting, the operator is told what to do.
        """
        clock = self.network.clock
        bare = simulatedNode(clock, Network(clock, self.network.wire.random), "192.0.2.1", macOf(1))
        error = self.assertRaises(ConfigurationInvalid, SealedDirectoryKind().open, {}, bare)
        self.assertIn("protocol = sealed", str(error))
        self.assertRaises(ConfigurationInvalid, SealedDirectoryKind().open, {"servers": []}, self.node.context)

    def test_itAnnouncesAndAsksUntilItIsHeard(self) -> None:
        """
        Announcement and question are sent again after about 1, 2, 4 and at last every 30 seconds.
        """
        self.network.run(180)
        self.assertTrue(8 <= len(self.oracle.asks) <= 13, len(self.oracle.asks))
        self.assertEqual(len(self.oracle.announcements), len(self.oracle.asks))
        announce = self.oracle.announcements[0]
        self.assertEqual(announce.certificate, self.node.person.signedCertificate)
        self.assertEqual(announce.endpoints, ("192.168.1.2:22222",))
        [status] = self.node.directory.status()
        self.assertEqual((status.state, status.answered), ("silent", None))

    def test_aServerThatAnswersIsAskedSeldom(self) -> None:
        """
        Once everything is known, there is one question a minute, which shows the server that we live.
        """
        server = SimulatedServer(self.oracle.person, MemoryRecords())
        self.oracle.sessions.leave()
        server.come()
        self.network.run(60)
        before = self.count("directory-asks"), self.count("directory-announces")
        self.network.run(20 * HEARTBEAT)
        self.assertTrue(20 <= self.count("directory-asks") - before[0] <= 27)
        self.assertEqual(self.count("directory-announces"), before[1])
        self.assertEqual(self.node.directory.status()[0].state, "answered")

    def test_aRecordGivesAnEntryAndAnIntroduction(self) -> None:
        """
        The MAC addresses of a member go into the table, and its endpoints with their ports to the sessions.
        """
        self.begin()
        alice = self.others[0]
        self.oracle.page(self.node, 0, 1, 1, recordOf(alice, 1, "203.0.113.7:4711", "[2001:db8::7]:5"))
        self.network.run(1)
        self.assertEqual(self.node.table, {macOf(2): alice.key.identity})
        self.assertEqual(
            self.node.sessions.introduced[alice.key.identity],
            (alice.key.exchangePublic, (Endpoint("203.0.113.7", 4711), Endpoint("2001:db8::7", 5))),
        )
        [status] = self.node.directory.status()
        self.assertEqual((status.name, status.entries), ("203.0.113.1:44444", 1))

    def test_oneBadRecordDropsNoOther(self) -> None:
        """
        In one page: rubbish, a forged certificate, a forged claim, somebody else's claim, a version out of place.  The
        good ones around them are all taken (headscale#3346).
        """
        self.begin()
        a, b, c, d, e, f = self.others
        forged = self.network.person(99).signedCertificate[:-1] + b"\0"
        pages: list[list[PageRecord | bytes]] = [
            [recordOf(a, 1, "203.0.113.1:1"), b"\x01", msgspec.msgpack.encode([1, 2, 3])],
            [PageRecord(forged, a.claim(), (), 0, 2), recordOf(b, 2, "203.0.113.2:1")],
            [PageRecord(f.signedCertificate, f.claim()[:-1] + b"\0", ("203.0.113.9:1",), 0, 3)],
            [PageRecord(f.signedCertificate, a.claim(), ("203.0.113.9:1",), 0, 4), recordOf(c, 4, "203.0.113.3:1")],
            [recordOf(f, 77, "203.0.113.9:1"), recordOf(d, 5, "nonsense", "203.0.113.4:1")],
            [recordOf(e, 6)],
        ]
        for at, records in enumerate(pages):
            self.oracle.page(self.node, at, at + 1, 6, *records)
        self.network.run(1)
        self.assertEqual(self.known(), [macOf(number) for number in (2, 3, 4, 5, 6)])
        self.assertNotIn(f.key.identity, self.node.sessions.introduced)
        self.assertEqual(self.count("drop-directory-record"), 6)
        self.assertEqual(self.count("drop-directory-endpoint"), 1)

    def test_aServerCanNotGiveAMACToAnother(self) -> None:
        """
        A server that lies can say where somebody is, and nothing else: who claims what a certificate does not allow is
        not believed, and of two that may claim one MAC address the elder has it.
        """
        self.begin()
        mac = macOf(2)
        younger = self.network.person(50, macs=[mac], since=BEGIN)
        elder = self.network.person(51, macs=[mac], since=BEGIN - 10)
        self.oracle.page(self.node, 0, 2, 2, recordOf(younger, 1, "203.0.113.1:1"), recordOf(elder, 2, "203.0.113.2:1"))
        self.network.run(1)
        self.assertEqual(self.node.table, {mac: elder.key.identity})

    def test_ourOwnAndOverlayAddressesAreNoEndpoints(self) -> None:
        """
        The tunnel never runs inside itself, nor to ourselves, nor to whatever listens on this host.
        """
        self.begin()
        alice = self.others[0]
        told = ("10.77.0.9:22222", "192.168.1.2:22222", "127.0.0.1:53", "203.0.113.1:1")
        self.oracle.page(self.node, 0, 1, 1, recordOf(alice, 1, *told))
        self.network.run(1)
        self.assertEqual(
            self.node.sessions.introduced[alice.key.identity][1],
            (Endpoint("203.0.113.1", 1),),
        )
        self.assertEqual(self.count("drop-directory-endpoint"), 3)

    def test_onlyServersThatWeAskAreBelieved(self) -> None:
        """
        Another member, and a server that we do not ask, can tell us nothing.
        """
        self.begin()
        for number, isServer in ((60, False), (61, True)):
            stranger = Oracle(self.network.person(number, server=isServer))
            stranger.page(self.node, 0, 1, 1, recordOf(self.others[0], 1, "203.0.113.1:1"))
        self.network.run(1)
        self.assertEqual((self.known(), self.count("drop-directory-stranger")), ([], 2))

    def test_aMissedDeltaIsAskedFor(self) -> None:
        """
        A push that does not follow what we know is taken, and what lies between is asked for at once, and nothing else.
        """
        self.begin()
        before = len(self.oracle.asks)
        self.oracle.page(self.node, 3, 4, 4, recordOf(self.others[0], 4, "203.0.113.1:1"))
        self.network.run(0.8)
        self.assertEqual(self.known(), [macOf(2)])
        ask = self.oracle.asks[before]
        self.assertEqual((ask.instance, ask.after, ask.upto), (INSTANCE, 0, 3))

    def test_anOldRecordThatArrivesLateChangesNothing(self) -> None:
        """
        Pages overtake each other: the record with the higher version stands.
        """
        self.begin()
        alice = self.others[0]
        self.oracle.page(self.node, 1, 2, 2, recordOf(alice, 2, "203.0.113.2:1"))
        self.network.run(0.05)
        self.oracle.page(self.node, 0, 1, 2, recordOf(alice, 1, "203.0.113.1:1"))
        self.network.run(0.05)
        self.assertEqual(self.node.sessions.introduced[alice.key.identity][1], (Endpoint("203.0.113.2", 1),))

    def test_aMemberThatIsOfflineStaysWhileItIsHeard(self) -> None:
        """
        Once the servers say that a member is offline its entry has some minutes; as long as frames come it stays.
        """
        self.begin()
        alice, bob = self.others[:2]
        online = (recordOf(alice, 1, "203.0.113.1:1"), recordOf(bob, 2, "203.0.113.2:1"))
        self.oracle.page(self.node, 0, 2, 2, *online)
        self.oracle.page(self.node, 2, 4, 4, recordOf(alice, 3), recordOf(bob, 4))
        self.network.run(1)
        for _ in range(10):
            self.network.run(OFFLINE_LIFETIME / 2)
            self.node.context.table.touch(alice.key.identity)
        self.assertEqual(self.known(), [macOf(2)])
        self.network.run(OFFLINE_LIFETIME + 1)
        self.assertEqual(self.known(), [])
        self.oracle.page(self.node, 4, 5, 5, recordOf(bob, 5, "203.0.113.2:1"))
        self.network.run(1)
        self.assertEqual(self.known(), [macOf(3)])

    def test_aMemberThatIsOfflineIsIntroduced(self) -> None:
        """
        A member that was offline all along is one that we know: what is sent to it is not a drop, and it has a name.
        """
        self.begin()
        alice = self.others[0]
        self.oracle.page(self.node, 0, 1, 1, recordOf(alice, 1))
        self.network.run(1)
        self.assertEqual(self.node.sessions.introduced[alice.key.identity], (alice.key.exchangePublic, ()))

    def test_theSilenceOfAServerRemovesNobody(self) -> None:
        """
        Who was online stays in the table for as long as no directory is heard: nobody can say that it is gone.  From
        then on it stays for a day, unless somebody says that it is online.
        """
        self.begin()
        self.oracle.page(self.node, 0, 1, 1, recordOf(self.others[0], 1, "203.0.113.1:1"))
        self.network.run(2 * ONLINE_LIFETIME)
        self.assertEqual(self.known(), [macOf(2)])
        for _ in range(int(ONLINE_LIFETIME // 170) + 1):
            self.node.claims.entries.directoryHeard("another")
            self.network.run(170)
        self.assertEqual(self.known(), [])

    def test_whileAServerAnswersNobodyAges(self) -> None:
        """
        A member about which there is no news for days stays, as long as the server answers.
        """
        server = SimulatedServer(self.oracle.person, MemoryRecords())
        self.oracle.sessions.leave()
        server.come()
        other = SimulatedMember(self.others[0], [self.oracle.person])
        other.come()
        self.network.run(3 * ONLINE_LIFETIME)
        self.assertEqual(self.known(), [macOf(2)])
        self.assertGreater(3 * ONLINE_LIFETIME, RENEWAL)

    def test_aServerWithAnEmptyLogRemovesNobody(self) -> None:
        """
        A server that lost its store has a new log: it is read from the begin, and who stood in the old one stays.
        """
        self.begin()
        self.oracle.page(self.node, 0, 1, 1, recordOf(self.others[0], 1, "203.0.113.1:1"))
        self.network.run(1)
        again = Oracle(self.oracle.person)
        again.answer = lambda peer, ask: again.sessions.sendControl(
            peer, pack(Page(ask.number, True, b"another!", 0, 0, 0, ()))
        )
        self.network.run(300)
        self.assertEqual(again.asks[-1].instance, b"another!")
        self.assertEqual(self.known(), [macOf(2)])

    def test_newsOfOurOwnAreAnnouncedAtOnce(self) -> None:
        """
        A claim of a higher epoch, or another local endpoint, is announced without waiting.
        """
        server = SimulatedServer(self.oracle.person, MemoryRecords())
        self.oracle.sessions.leave()
        server.come()
        self.network.run(20)
        before = self.count("directory-announces")
        self.node.claimAnew()
        self.node.directory.announcementChanged()
        self.assertEqual(self.count("directory-announces"), before + 1)
        self.node.local.append("[fd00::1]:22222")
        self.node.directory.announcementChanged()
        self.assertEqual(self.count("directory-announces"), before + 2)
        self.network.run(5)
        self.assertEqual(self.count("directory-announces"), before + 2)

    def test_severalServersMakeAUnion(self) -> None:
        """
        Each server is a source of endpoints of its own, mixed so that none crowds out another's; offline is who is so
        for all.
        """
        second = Oracle(self.network.person(70, server=True))
        self.node.go()
        self.node = SimulatedMember(self.node.person, [self.oracle.person, second.person], 5)
        self.node.come()
        for oracle in (self.oracle, second):
            oracle.answer = lambda peer, ask, oracle=oracle: oracle.page(self.node, 0, 0, 0, number=ask.number)
        self.network.run(1)
        alice = self.others[0]
        self.oracle.page(self.node, 0, 1, 1, recordOf(alice, 1, *(f"203.0.113.{digit}:1" for digit in range(1, 5))))
        second.page(self.node, 0, 1, 1, recordOf(alice, 1, "198.51.100.1:1"))
        self.network.run(0.1)
        introduced = self.node.sessions.introduced[alice.key.identity][1]
        self.assertEqual([str(each) for each in introduced[:2]], ["203.0.113.1:1", "198.51.100.1:1"])
        self.assertEqual(len(introduced), 5)
        self.oracle.page(self.node, 1, 2, 2, recordOf(alice, 2))
        self.network.run(OFFLINE_LIFETIME + 60)
        self.assertEqual(self.known(), [macOf(2)])
        second.page(self.node, 1, 2, 2, recordOf(alice, 2))
        self.network.run(OFFLINE_LIFETIME + 60)
        self.assertEqual(self.known(), [])
        self.assertEqual(len(self.node.directory.status()), 2)

    def test_itLeavesNoTimerBehind(self) -> None:
        """
        After the end nothing is due, and what arrives late is taken by nobody.
        """
        self.begin()
        self.oracle.page(self.node, 0, 1, 1, recordOf(self.others[0], 1, "203.0.113.1:1"))
        self.node.go()
        self.assertEqual([each for each in self.network.clock.getDelayedCalls() if each.getTime() > BEGIN + 4], [])
        self.assertEqual(self.known(), [])


class WansdContractTests(DirectoryContract, SynchronousTestCase):
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

    def makeDirectory(self) -> SealedDirectoryKind:
        """
        See L{DirectoryContract}.
        """
        return SealedDirectoryKind()
