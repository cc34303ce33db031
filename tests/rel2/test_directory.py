"""
Tests of L{wand.rel2.directory}: the client of the directory servers, its timing and its faults of old.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.endpoint import NODE_PORT, SERVER_PORT, Endpoint
from wand.errors import ConfigurationInvalid, PortUnavailable
from wand.ethernet import MAC
from wand.interfaces import IDirectory, IDirectoryKind
from wand.rel2.directory import LISTED_LIFETIME, UNLISTED_LIFETIME, REL2Directory, REL2DirectoryKind
from wand.rel2.wire import buildListing, buildRequest
from wand.table import OPERATOR, Peer, Rank, Source, Table
from wand.testing.context import simulatedNode
from wand.testing.directories import DirectoryContract
from wand.testing.network import Network
from wand.underlay.names import Resolve

OWN = MAC.parse("02:00:00:00:00:01")
ALICE = MAC.parse("02:00:00:00:00:0a")
BOB = MAC.parse("02:00:00:00:00:0b")
HOME = "192.0.2.1"
SOURCE = Source(f"rel2:203.0.113.1:{SERVER_PORT}", Rank.DIRECTORY)
OTHER = Source(f"rel2:203.0.113.2:{SERVER_PORT}", Rank.DIRECTORY)


class FakeServer:
    """
    A server that records when it is asked, and answers with C{table} unless that is C{None}.
    """

    def __init__(self, network: Network, clock: Clock, host: str, port: int = SERVER_PORT) -> None:
        self.asked: list[float] = []
        self.table: dict[MAC, str] | None = None
        self.asker: tuple[str, int] | None = None
        self._clock = clock
        self.port = network.host(host).bind("0.0.0.0", port, self)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        assert bytes(datagram) == buildRequest(OWN)
        self.asked.append(self._clock.seconds())
        self.asker = sender
        if self.table is not None:
            self.push(self.table)

    def push(self, table: dict[MAC, str]) -> None:
        listing = buildListing({OWN: HOME, **table}.items())
        assert listing is not None and self.asker is not None
        self.port.send(listing, self.asker)

    def batchReceived(self) -> None:
        pass


class DirectoryCase(SynchronousTestCase):
    """
    A directory client and two servers on a simulated network.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(0))
        self.context = simulatedNode(self.clock, self.network, HOME, OWN)
        self.table: Table = self.context.table
        self.events: list[tuple[str, object]] = []
        self.context.events.subscribe(
            lambda event: self.events.append((event.kind, event.fields.get("directory") or event.fields.get("mac")))
        )
        self.server = FakeServer(self.network, self.clock, "203.0.113.1")
        self.other = FakeServer(self.network, self.clock, "203.0.113.2")

    def open(self, *servers: str, resolve: Resolve | None = None) -> IDirectory:
        self.directory = REL2DirectoryKind(resolve).open({"servers": list(servers)}, self.context)
        return self.directory

    def start(self, *servers: str, resolve: Resolve | None = None) -> None:
        self.open(*servers, resolve=resolve).start()
        self.settle()

    def settle(self) -> None:
        self.clock.pump([0.0] * 4)

    def run_(self, seconds: float) -> None:
        """
        Let time pass in small steps.
        """
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            self.clock.advance(min(1.0, end - self.clock.seconds()))

    def directoryEvents(self) -> list[str]:
        return [kind for kind, _ in self.events if kind.startswith("directory")]

    def count(self, name: str) -> int:
        return self.context.counters[name]


class REL2DirectoryTests(DirectoryCase):
    def test_interfaces(self) -> None:
        """
        The plugin and what it opens provide their interfaces.
        """
        kind = REL2DirectoryKind()
        verifyObject(IDirectoryKind, kind)
        verifyObject(IPlugin, kind)
        verifyObject(IDirectory, self.open("203.0.113.1"))
        self.assertIsNone(kind.unusable())

    def test_listedNodesAreInTheTable(self) -> None:
        """
        The nodes that a server lists are in the table, at their address and the port that all nodes share; the node
        itself is not.
        """
        self.server.table = {ALICE: "192.0.2.10", BOB: "192.0.2.11"}
        self.start("203.0.113.1")
        self.assertEqual(
            self.table.peerOf, {ALICE: Endpoint("192.0.2.10", NODE_PORT), BOB: Endpoint("192.0.2.11", NODE_PORT)}
        )
        (entry,) = self.table.sources(ALICE)
        self.assertEqual((entry.source, entry.lifetime), (SOURCE, LISTED_LIFETIME))
        self.assertEqual((self.count("directory-requests"), self.count("directory-listings")), (1, 1))

    def test_answeredServerIsAskedAgainWithinFiveMinutes(self) -> None:
        """
        After an answer the next requests follow in about 20, 60 and 180 s, and then every 200 to 300 s, not always
        after the same time.
        """
        self.server.table = {}
        self.start("203.0.113.1")
        self.run_(3000)
        waits = [after - before for before, after in pairwise(self.server.asked)]
        for wait, longest in zip(waits, [20, 60, 180], strict=False):
            self.assertTrue(longest * 2 / 3 - 1 <= wait <= longest + 2, waits)
        self.assertTrue(all(200 <= wait <= 302 for wait in waits[3:]), waits)
        self.assertGreater(len(set(waits[3:])), 3)

    def test_pushesDoNotPutOffTheNextRequest(self) -> None:
        """
        However often a server tells of changes, the node registers again in time.
        """
        self.server.table = {}
        self.start("203.0.113.1")
        for number in range(80):
            self.run_(10)
            self.server.push({ALICE: f"192.0.2.{100 + number}"})
        self.assertGreaterEqual(len(self.server.asked), 3)
        self.assertEqual(self.table.peerOf[ALICE], Endpoint("192.0.2.178", NODE_PORT))

    def test_movedNodeIsFollowedAtOnce(self) -> None:
        """
        A node that is listed with another address has that one at once.
        """
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("203.0.113.1")
        self.server.push({ALICE: "192.0.2.20"})
        self.settle()
        self.assertEqual(self.table.peerOf[ALICE], Endpoint("192.0.2.20", NODE_PORT))

    def test_tableIsTheUnionOfTheServers(self) -> None:
        """
        Each server is a source of its own; the table is the union, and the newest claim wins.
        """
        self.server.table = {ALICE: "192.0.2.10"}
        self.other.table = {BOB: "192.0.2.11"}
        self.start("203.0.113.1", "203.0.113.2:44444")
        self.assertEqual(set(self.table.peerOf), {ALICE, BOB})
        self.run_(10)
        self.other.push({BOB: "192.0.2.11", ALICE: "192.0.2.99"})
        self.settle()
        self.assertEqual(self.table.peerOf[ALICE], Endpoint("192.0.2.99", NODE_PORT))
        self.assertEqual({entry.source for entry in self.table.sources(ALICE)}, {SOURCE, OTHER})

    def test_statusOfEachServer(self) -> None:
        """
        The status says of each server whether it answers, when it last did, and how many others it lists.
        """
        self.server.table = {ALICE: "192.0.2.10", BOB: "192.0.2.11"}
        self.start("203.0.113.1", "203.0.113.2")
        answered, asking = self.directory.status()
        self.assertEqual((answered.name, answered.state, answered.entries), (SOURCE.name, "answered", 2))
        self.assertEqual(answered.answered, 0.0)
        self.assertEqual((asking.name, asking.state, asking.answered), (OTHER.name, "asking", None))
        self.run_(20)
        self.assertEqual([status.state for status in self.directory.status()], ["answered", "silent"])

    def test_eventsTellOfChangesOnce(self) -> None:
        """
        That a server answers, is silent, and answers again is each told once.
        """
        self.server.table = {}
        self.start("203.0.113.1")
        self.run_(700)
        self.assertEqual(self.directoryEvents(), ["directory-answered"])
        self.server.table = None
        self.run_(1000)
        self.assertEqual(self.directoryEvents(), ["directory-answered", "directory-silent"])
        self.server.table = {}
        self.run_(700)
        self.assertEqual(self.directoryEvents(), ["directory-answered", "directory-silent", "directory-recovered"])

    def test_fullTableRefusesAndIsCounted(self) -> None:
        """
        Entries for which the table has no room are counted and disturb nothing.
        """
        self.table = Table(self.clock, self.context.events, OWN, limit=1)
        self.context = attrs.evolve(self.context, table=self.table)
        self.server.table = {ALICE: "192.0.2.10", BOB: "192.0.2.11"}
        self.start("203.0.113.1")
        self.assertEqual((len(self.table), self.count("drop-directory-entry")), (1, 1))

    def test_badEntriesAreSkippedAndCounted(self) -> None:
        """
        A bad entry of a listing costs only itself, and a datagram that is not a listing is dropped.
        """
        self.server.table = {}
        self.start("203.0.113.1")
        assert self.server.asker is not None
        self.server.port.send(b"rubbish\x001.2.3\0" + f"{ALICE}\x00192.0.2.10\0".encode(), self.server.asker)
        self.server.port.send(b"rubbish", self.server.asker)
        self.settle()
        self.assertEqual(list(self.table.peerOf), [ALICE])
        self.assertEqual((self.count("drop-directory-entry"), self.count("drop-directory-malformed")), (1, 1))

    @given(st.binary(max_size=200))
    def test_randomOctetsDisturbNobody(self, datagram: bytes) -> None:
        """
        No octets make the client raise, whether a server sends them or a stranger.
        """
        directory = self.open("203.0.113.1")
        assert isinstance(directory, REL2Directory)
        directory.datagramReceived(memoryview(datagram), ("203.0.113.1", SERVER_PORT))
        directory.datagramReceived(memoryview(datagram), ("203.0.113.7", SERVER_PORT))

    def test_operatorsDeletionIsNotUndoneByAbsence(self) -> None:
        """
        An entry that the operator deleted does not come back when a listing does not name it any more.
        """
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("203.0.113.1")
        self.table.removeEverywhere(ALICE)
        self.server.push({})
        self.settle()
        self.assertEqual(len(self.table), 0)

    def test_stopLeavesEntriesAndNoTimer(self) -> None:
        """
        A stopped directory asks and takes nothing more; its entries stay.
        """
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("203.0.113.1", "203.0.113.2")
        self.directory.stop()
        self.directory.stop()
        self.server.push({BOB: "192.0.2.11"})
        self.settle()
        self.assertEqual(list(self.table.peerOf), [ALICE])
        self.table.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_reloadLetsGoOfServersThatAreNotAskedAnyMore(self) -> None:
        """
        After a reload with other servers, entries of those that are not asked any more go after the grace, and those
        of the others are compared with their next listing.
        """
        carol = MAC.parse("02:00:00:00:00:0c")
        self.server.table = {ALICE: "192.0.2.10", carol: "192.0.2.12"}
        self.other.table = {BOB: "192.0.2.11"}
        self.start("203.0.113.1", "203.0.113.2")
        self.directory.stop()
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("203.0.113.1")
        self.assertEqual(set(self.table.peerOf), {ALICE, BOB, carol})
        self.run_(UNLISTED_LIFETIME + 1)
        self.assertEqual(set(self.table.peerOf), {ALICE})

    def test_badSettingsAreRefusedWithTheirKey(self) -> None:
        """
        Whatever cannot be used is refused, naming the key.
        """
        kind = REL2DirectoryKind()
        for settings in (
            {},
            {"servers": []},
            {"servers": "192.0.2.1"},
            {"servers": [7]},
            {"servers": ["192.0.2.1:port"]},
            {"servers": ["[2001:db8::1]:44444"]},
            {"servers": [f"192.0.2.{number}" for number in range(9)]},
        ):
            error = self.assertRaises(ConfigurationInvalid, kind.open, settings, self.context)
            self.assertEqual((error.where, error.key), ("directories.rel2", "servers"))
        error = self.assertRaises(ConfigurationInvalid, kind.open, {"servers": ["a"], "colour": 1}, self.context)
        self.assertEqual(error.key, "colour")

    def test_sameServerTwiceIsAskedOnce(self) -> None:
        """
        A server that is configured twice is one.
        """
        self.start("203.0.113.1", "203.0.113.1:44444")
        self.assertEqual(len(self.server.asked), 1)


class OldFaultsTests(DirectoryCase):
    """
    What went wrong in the original.
    """

    def test_firstUnansweredRequestWaited5To15Minutes(self) -> None:
        """
        An unanswered request is repeated after half a second, then each time after a wait that is 1.6 times as long, up
        to 30 s, with jitter.
        """
        self.start("203.0.113.1")
        self.run_(200)
        asked = self.server.asked
        waits = [after - before for before, after in pairwise(asked)]
        for wait, nominal in zip(waits, [0.5, 0.8, 1.28, 2.05, 3.28, 5.24, 8.39, 13.4, 21.5, 30, 30], strict=False):
            self.assertTrue(0.74 * nominal - 0.5 <= wait <= nominal + 1, waits)
        self.assertGreaterEqual(len(waits), 9)

    def test_serverRestartToldTheFirstNodeThatItWasAlone(self) -> None:
        """
        A listing from a server that has forgotten everybody removes nobody, as long as the others register again
        before the grace is over.
        """
        self.server.table = {ALICE: "192.0.2.10", BOB: "192.0.2.11"}
        self.start("203.0.113.1")
        self.server.table = {}
        self.server.push({})
        self.run_(UNLISTED_LIFETIME - 50)
        self.assertEqual(set(self.table.peerOf), {ALICE, BOB})
        self.server.push({ALICE: "192.0.2.10", BOB: "192.0.2.11"})
        self.settle()
        for mac in (ALICE, BOB):
            self.assertEqual([entry.lifetime for entry in self.table.sources(mac)], [LISTED_LIFETIME])
            self.assertEqual([kind for kind, name in self.events if name == str(mac)], ["entry-added"])

    def test_absentNodeThatIsHeardStays(self) -> None:
        """
        A node that no listing names any more stays as long as it is heard, and goes when it falls silent.
        """
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("203.0.113.1")
        self.server.table = {}
        self.server.push({})
        for _ in range(30):
            self.run_(UNLISTED_LIFETIME / 10)
            self.table.touch(Endpoint("192.0.2.10", NODE_PORT))
        self.assertEqual(set(self.table.peerOf), {ALICE})
        self.run_(UNLISTED_LIFETIME + 1)
        self.assertEqual(len(self.table), 0)

    def test_absenceIsCountedFromTheFirstListing(self) -> None:
        """
        Further listings without a node do not give it more time.
        """
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("203.0.113.1")
        self.server.table = {}
        for _ in range(11):
            self.server.push({})
            self.run_(UNLISTED_LIFETIME / 10)
        self.assertEqual(len(self.table), 0)

    def test_silentServerRemovesNobody(self) -> None:
        """
        Servers that are away for hours remove no peer.
        """
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("203.0.113.1")
        self.server.table = None
        self.run_(6 * 3600)
        self.assertEqual(set(self.table.peerOf), {ALICE})

    def test_anyoneCouldSendATableToANode(self) -> None:
        """
        A listing is taken from the address and the port of a configured server only; others are counted and dropped.
        """
        self.server.table = {}
        self.start("203.0.113.1")
        assert self.server.asker is not None
        listing = buildListing([(ALICE, "192.0.2.66")])
        assert listing is not None
        self.other.port.send(listing, self.server.asker)
        self.network.host("203.0.113.1").bind("0.0.0.0", 0, self.server).send(listing, self.server.asker)
        self.settle()
        self.assertEqual((len(self.table), self.count("drop-directory-stranger")), (0, 2))

    def test_oneDataPortWasAssumedEverywhere(self) -> None:
        """
        A listing has no ports, but the operator can name the real one of a node, and no listing takes it away.
        """
        self.table.put(ALICE, Endpoint("198.51.100.1", 1), OPERATOR)
        self.server.table = {ALICE: "192.0.2.66"}
        self.start("203.0.113.1")
        self.assertEqual(self.table.peerOf[ALICE], Endpoint("198.51.100.1", 1))

    def test_serverSeesTheAddressOfTheData(self) -> None:
        """
        A host with several addresses registers the one that its data uses, since a listing names the source of the
        request.
        """
        self.context = attrs.evolve(self.context, host=HOME)
        self.start("203.0.113.1")
        assert self.server.asker is not None
        self.assertEqual(self.server.asker[0], HOME)
        self.directory.stop()
        self.context = attrs.evolve(self.context, host="192.0.2.77")
        self.assertRaises(PortUnavailable, self.open("203.0.113.1").start)


class NamesTests(DirectoryCase):
    def test_nameIsResolvedBeforeTheFirstRequest(self) -> None:
        """
        A server given by its name is asked as soon as the name is resolved, and the name is its source's.
        """
        answer: Deferred[list[str]] = Deferred()
        self.server.table = {ALICE: "192.0.2.10"}
        self.start("Wand.example.net", resolve=lambda name: answer)
        self.run_(10)
        self.assertEqual(self.server.asked, [])
        answer.callback(["203.0.113.1"])
        self.settle()
        self.assertEqual(len(self.server.asked), 1)
        self.assertEqual(self.directory.status()[0].name, "rel2:wand.example.net:44444")
        self.assertEqual(set(self.table.peerOf), {ALICE})

    def test_nameOfASilentServerIsResolvedAnew(self) -> None:
        """
        When a server stays silent its name is resolved again, so that a server that moved is found.
        """
        addresses = ["203.0.113.1", "203.0.113.2"]
        resolved: list[str] = []

        def resolve(name: str) -> Deferred[list[str]]:
            resolved.append(name)
            return succeed(addresses[:1])

        self.server.table = self.other.table = {}
        self.start("wand.example.net", resolve=resolve)
        self.run_(700)
        self.assertEqual(len(resolved), 1)
        self.server.table = None
        addresses.pop(0)
        self.run_(400)
        self.assertGreater(len(resolved), 1)
        self.assertGreater(len(self.other.asked), 0)
        self.assertEqual(self.directory.status()[0].state, "answered")

    def test_nameThatCanNotBeResolvedIsTriedAgain(self) -> None:
        """
        A name that cannot be resolved, or not to a host, makes the server silent, and is tried again.
        """
        answers = [fail(OSError("no such name")), succeed(["0.0.0.0"]), succeed(["0.0.0.0"]), succeed(["0.0.0.0"])]
        self.server.table = {}
        self.start("wand.example.net", resolve=lambda name: answers.pop(0) if answers else succeed(["203.0.113.1"]))
        self.run_(60)
        self.assertEqual(self.directoryEvents(), ["directory-silent", "directory-recovered"])

    def test_onlyOneResolutionAtATime(self) -> None:
        """
        While a name is being resolved it is not asked for again, and a stop ends it.
        """
        resolved: list[Deferred[list[str]]] = []

        def resolve(name: str) -> Deferred[list[str]]:
            resolved.append(Deferred())
            return resolved[-1]

        self.start("wand.example.net", resolve=resolve)
        self.run_(600)
        self.assertEqual(len(resolved), 1)
        self.directory.stop()
        resolved[0].callback(["203.0.113.1"])
        self.settle()
        self.assertEqual((self.server.asked, self.clock.getDelayedCalls()), ([], []))

    def test_nameWithoutIPv4AddressIsSaid(self) -> None:
        """
        The operator is told of a name that has no IPv4 address, and told no more once it has one.
        """
        addresses: list[str] = []
        self.server.table = {}
        self.start("wand.example.net", resolve=lambda name: succeed(addresses))
        self.assertIn("no IPv4 address", self.context.notes.texts[0])
        addresses.append("203.0.113.1")
        self.run_(60)
        self.assertEqual(self.context.notes.texts, [])


class REL2ContractTests(DirectoryContract, SynchronousTestCase):
    """
    The contract.
    """

    settings = {"servers": ["203.0.113.1"]}

    def makeDirectory(self) -> REL2DirectoryKind:
        self.server = FakeServer(self.network, self.clock, "203.0.113.1")
        self.server.table = {ALICE: "192.0.2.10"}
        return REL2DirectoryKind()

    def listed(self) -> dict[MAC, Peer]:
        return {ALICE: Endpoint("192.0.2.10", NODE_PORT)}
