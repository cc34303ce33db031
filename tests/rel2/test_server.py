"""
Tests of L{wand.rel2.server}: the directory server, its faults of old, its hooks and its store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.endpoint import SERVER_PORT, Endpoint
from wand.errors import AddressInvalid, EntryRefused, NoSuchEntry, NotSupported, PortUnavailable, StoreUnavailable
from wand.ethernet import MAC
from wand.events import Event
from wand.hooks.approval import CANDIDATES_MAXIMUM, HOOK_PATIENCE
from wand.interfaces import Candidate, Context, IHookListener, IRecords
from wand.rel2.listing_sender import LISTED_BURST
from wand.rel2.registry import EXPIRY
from wand.rel2.server import RESTART_GRACE, REL2Server
from wand.rel2.stored import REGISTRATION_KIND
from wand.rel2.wire import buildRequest, entrySize, parseListing
from wand.stores.memory import MemoryRecords
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.timing.rounds import ROUND_INTERVAL
from wand.underlay.ports import DATAGRAM_MAXIMUM

ALICE = MAC.parse("02:00:00:00:00:0a")
BOB = MAC.parse("02:00:00:00:00:0b")
CAROL = MAC.parse("02:00:00:00:00:0c")
SERVER = Endpoint("192.0.2.100", SERVER_PORT)


def numbered(number: int) -> MAC:
    return MAC(b"\x02\xee" + number.to_bytes(4, "big"))


class Asker:
    """
    A bare REL2 client: sends what it is told to and keeps what it gets.
    """

    def __init__(self, network: Network, host: str, mac: MAC, port: int = 0) -> None:
        self.mac = mac
        self.listings: list[dict[MAC, str]] = []
        self.port = network.host(host).bind("0.0.0.0", port, self)

    def ask(self) -> None:
        self.port.send(buildRequest(self.mac), SERVER)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        listing = parseListing(datagram)
        assert listing is not None and not listing.bad and sender == SERVER
        self.listings.append(listing.hosts)

    def batchReceived(self) -> None:
        pass


class FaultyRecords(MemoryRecords):
    """
    A store that fails, or answers later, when it is told to.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failing = False
        self.waiting: list[Deferred[None]] | None = None
        self.writes = 0

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        if self.failing:
            return fail(StoreUnavailable("the disk is on fire"))
        loaded = super().load(kind)
        return loaded if self.waiting is None else self._late().addCallback(lambda _: loaded)

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        self.writes += 1
        if self.failing:
            return fail(StoreUnavailable("the disk is on fire"))
        if self.waiting is not None:
            return self._late().addCallback(lambda _: super(FaultyRecords, self).write(kind, records))
        return super().write(kind, records)

    def _late(self) -> Deferred[None]:
        assert self.waiting is not None
        self.waiting.append(Deferred())
        return self.waiting[-1]


@implementer(IHookListener)
class Doorkeeper:
    """
    A hook that answers what its C{answer} makes of a candidate.
    """

    def __init__(self, answer: Callable[[Candidate], Deferred[bool] | bool]) -> None:
        self._answer = answer
        self.asked: list[Candidate] = []

    def told(self, event: Event) -> None:
        pass

    def admit(self, candidate: Candidate) -> Deferred[bool] | bool:
        self.asked.append(candidate)
        return self._answer(candidate)

    def close(self) -> None:
        pass


class ServerCase(SynchronousTestCase):
    """
    A server at work on a simulated network.
    """

    hooks: Sequence[IHookListener] = ()

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.network = Network(self.clock, Random(0))
        self.records = FaultyRecords()
        self.heard: list[tuple[str, int]] = []
        self.server, self.context = self.makeServer()
        self.server.start()

    def makeServer(self, hooks: Sequence[IHookListener] = ()) -> tuple[REL2Server, Context]:
        context = simulatedContext(self.clock, self.network, SERVER.host)
        self.events: list[tuple[str, str | None]] = []
        context.events.subscribe(lambda event: self.events.append((event.kind, event.fields.get("mac"))))  # type: ignore[arg-type]
        return REL2Server(context, self.records, hooks, "0.0.0.0", SERVER_PORT), context

    def restart(self, hooks: Sequence[IHookListener] = ()) -> None:
        self.successResultOf(self.server.stop())
        self.server, self.context = self.makeServer(hooks)
        self.server.start()

    def asker(self, number: int, mac: MAC) -> Asker:
        return Asker(self.network, f"192.0.2.{number}", mac)

    def joined(self, number: int, mac: MAC) -> Asker:
        asker = self.asker(number, mac)
        asker.ask()
        self.clock.advance(0)
        return asker

    def count(self, name: str) -> int:
        return self.context.counters[name]

    def settle(self) -> None:
        self.clock.pump([0.05] * 20)


class DirectoryServerTests(ServerCase):
    def test_askerGetsTheWholeTableWithItself(self) -> None:
        """
        Who asks gets the whole table, its own entry included.
        """
        self.joined(1, ALICE)
        bob = self.joined(2, BOB)
        self.assertEqual(bob.listings, [{ALICE: "192.0.2.1", BOB: "192.0.2.2"}])

    def test_changeGoesToEveryNodeAtOnce(self) -> None:
        """
        When a node is new, every other node gets the table at once, at the address and port that it last asked from;
        who asked gets it once.
        """
        alice = self.joined(1, ALICE)
        self.settle()
        bob = self.joined(2, BOB)
        self.assertEqual(alice.listings[1:], [{ALICE: "192.0.2.1", BOB: "192.0.2.2"}])
        self.settle()
        self.assertEqual((len(alice.listings), len(bob.listings)), (2, 1))
        self.assertEqual((self.count("rel2-server-replies"), self.count("rel2-server-pushes")), (2, 1))

    def test_answersFromTheAddressThatWasAsked(self) -> None:
        """
        Of a server with several addresses, who asked one hears that one: at once, and whenever something changes.
        """
        self.successResultOf(self.server.stop())
        second = "192.0.2.202"
        context = attrs.evolve(self.context, underlay=self.network.host(SERVER.host, second))
        self.server = REL2Server(context, self.records, (), "0.0.0.0", SERVER_PORT)
        self.server.start()
        self.network.guard("192.0.2.1")
        alice = self.network.host("192.0.2.1").bind("0.0.0.0", 0, self)
        alice.send(buildRequest(ALICE), (second, SERVER_PORT))
        self.clock.advance(0)
        self.joined(2, BOB)
        self.settle()
        self.assertEqual(self.heard, 2 * [(second, SERVER_PORT)])

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.heard.append(sender)

    def batchReceived(self) -> None:
        pass

    def test_changedPortIsAChange(self) -> None:
        """
        A node that asks from another port is told of changes there, and everybody gets the table.
        """
        alice = self.joined(1, ALICE)
        bob = self.joined(2, BOB)
        self.settle()
        bob.port.close()
        moved = self.joined(2, BOB)
        self.settle()
        self.assertEqual(len(alice.listings), 3)
        self.joined(3, CAROL)
        self.settle()
        self.assertEqual(len(moved.listings), 2)
        self.assertNotIn(("moved", str(BOB)), self.events)

    def test_changedAddressIsAChange(self) -> None:
        """
        A node that asks from another address is listed there, everybody gets the table, and an event tells of it.
        """
        alice = self.joined(1, ALICE)
        self.joined(2, BOB)
        self.settle()
        self.joined(3, BOB)
        self.settle()
        self.assertEqual(alice.listings[-1], {ALICE: "192.0.2.1", BOB: "192.0.2.3"})
        self.assertIn(("moved", str(BOB)), self.events)

    def test_nothingNewGoesToTheAskerOnly(self) -> None:
        """
        A node that asks again from the same endpoint gets the table, and nobody else does.
        """
        alice = self.joined(1, ALICE)
        bob = self.joined(2, BOB)
        self.settle()
        before = len(alice.listings)
        bob.ask()
        self.settle()
        self.assertEqual((len(alice.listings), len(bob.listings)), (before, 2))

    def test_stormOfRegistrationsIsNoStormOfPackets(self) -> None:
        """
        While a hundred nodes join within a second, each node is told at most four times a second, and in the end
        everybody knows everybody.
        """
        alice = self.joined(1, ALICE)
        askers = [Asker(self.network, f"192.0.2.{2 + number // 10}", numbered(number)) for number in range(100)]
        for asker in askers:
            asker.ask()
            self.clock.advance(0.01)
        self.assertLessEqual(len(alice.listings), 2 + 1 / ROUND_INTERVAL)
        self.settle()
        for asker in (alice, *askers):
            self.assertEqual(len(asker.listings[-1]), 101)

    def test_largeTableIsPushedInPortions(self) -> None:
        """
        A push of a large table to many nodes is spread over time, so that neither the reactor nor the socket chokes.
        """
        for number in range(300):
            self.server.add(numbered(number), "198.51.100.100")
        self.settle()
        askers = [Asker(self.network, f"192.0.2.{1 + number // 20}", numbered(number + 1000)) for number in range(40)]
        for asker in askers:
            asker.ask()
        self.clock.pump([1.0] * 3)
        before = len(self.network.sent)
        self.server.delete(numbered(0))
        self.assertLess(len(self.network.sent) - before, 12)
        self.settle()
        self.assertEqual(len(self.network.sent) - before, 40)

    def test_severalNodesBehindOneAddress(self) -> None:
        """
        Nodes behind one address are told apart by their ports, and all are told of changes.
        """
        askers = [self.joined(1, mac) for mac in (ALICE, BOB, CAROL)]
        self.settle()
        for asker in askers:
            self.assertEqual(asker.listings[-1], dict.fromkeys((ALICE, BOB, CAROL), "192.0.2.1"))

    def test_nodeExpiresAfterAnHour(self) -> None:
        """
        A node that is not heard of for 3,600 s is gone from the next listing, with an event.
        """
        self.joined(1, ALICE)
        self.clock.advance(EXPIRY - 10)
        self.joined(2, BOB)
        self.clock.advance(20)
        self.assertIn(("expired", str(ALICE)), self.events)
        self.assertEqual(self.joined(3, CAROL).listings, [{BOB: "192.0.2.2", CAROL: "192.0.2.3"}])

    def test_takenPortStopsTheStart(self) -> None:
        """
        A server whose port is taken does not start.
        """
        other, _ = self.makeServer()
        self.assertRaises(PortUnavailable, other.start)

    def test_stopLeavesNothingBehind(self) -> None:
        """
        A stopped server has no timers and answers nothing.
        """
        alice = self.joined(1, ALICE)
        self.joined(2, BOB)
        self.successResultOf(self.server.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        before = len(alice.listings)
        alice.ask()
        self.clock.advance(1)
        self.assertEqual(len(alice.listings), before)


class OldFaultsTests(ServerCase):
    """
    What went wrong in the original.
    """

    def test_replyWasBuiltIn1024BytesThenMemoryWasOverrun(self) -> None:
        """
        A table of a thousand nodes, thirty times what the original could hold, is told whole.
        """
        for number in range(1000):
            self.server.add(numbered(number), "198.51.100.100")
        self.assertEqual(len(self.joined(1, ALICE).listings[-1]), 1001)

    def test_tableThatCannotFitOneDatagramIsNeverCutShort(self) -> None:
        """
        A node for which one datagram has no room is refused, with one log line however often it asks, and the members
        get their listing whole as before.
        """
        alice = self.joined(1, ALICE)
        count = (DATAGRAM_MAXIMUM - entrySize("192.0.2.1")) // entrySize("100.100.100.100")
        for number in range(count):
            self.server.add(numbered(number), "100.100.100.100")
        with capturedLogs() as logged:
            late = self.joined(200, BOB)
            late.ask()
            self.clock.advance(1)
        self.assertEqual(late.listings, [])
        self.assertEqual(self.count("drop-rel2-server-full"), 2)
        self.assertEqual(len([event for event in logged if event["log_level"] is LogLevel.warn]), 1)
        self.assertIn(("refused", str(BOB)), self.events)
        alice.ask()
        self.clock.advance(0)
        self.assertEqual(len(alice.listings[-1]), count + 1)

    def test_malformedPacketsCrashedTheServer(self) -> None:
        """
        A malformed packet is counted, dropped and not answered, and the server serves on.
        """
        alice = self.asker(1, ALICE)
        for datagram in (b"", b"\0", b"x" * 18, buildRequest(ALICE)[:-1], buildRequest(ALICE) * 2, bytes(65_507)):
            alice.port.send(datagram, SERVER)
        self.clock.advance(0)
        self.assertEqual(self.count("drop-rel2-server-malformed"), 6)
        self.assertEqual(alice.listings, [])
        alice.ask()
        self.clock.advance(0)
        self.assertEqual(alice.listings, [{ALICE: "192.0.2.1"}])

    @given(st.binary(max_size=64))
    def test_randomOctetsDisturbNobody(self, datagram: bytes) -> None:
        """
        No octets make the server raise.
        """
        self.server.datagramReceived(memoryview(datagram), ("192.0.2.9", 9))

    def test_serverRestartToldTheFirstNodeThatItWasAlone(self) -> None:
        """
        A server that restarts forgets nobody: the first node that asks is told of all the others.
        """
        self.joined(1, ALICE)
        self.joined(2, BOB)
        self.restart()
        self.assertEqual(self.joined(1, ALICE).listings[0], {ALICE: "192.0.2.1", BOB: "192.0.2.2"})

    def test_anyoneCouldRegisterAnyMAC(self) -> None:
        """
        REL2 has no authentication, but what the operator fixed to a host nobody takes from there.
        """
        self.server.add(ALICE, "192.0.2.1")
        thief = self.joined(66, ALICE)
        self.assertEqual(thief.listings, [])
        self.assertEqual(self.count("drop-rel2-server-refused"), 1)
        self.assertEqual(self.joined(1, ALICE).listings, [{ALICE: "192.0.2.1"}])

    def test_repliesAmplifyOnlySoMuch(self) -> None:
        """
        An IP address is sent so many octets and no more, however much is asked in its name; another one is not
        affected, and after a while it is answered again.
        """
        for number in range(1000):
            self.server.add(numbered(number), "198.51.100.100")
        alice = self.joined(1, ALICE)
        for _ in range(500):
            alice.ask()
        self.clock.advance(0)
        size = len(self.server.registry.listing())
        self.assertEqual(len(alice.listings), LISTED_BURST // size)
        self.assertEqual(self.count("drop-rel2-server-throttled"), 501 - LISTED_BURST // size)
        self.assertEqual(len(self.joined(2, BOB).listings), 1)
        self.clock.advance(1)
        alice.ask()
        self.clock.advance(0)
        self.assertEqual(len(alice.listings), LISTED_BURST // size + 1)

    def test_pushesToOneAddressLeaveRoomForItsAnswers(self) -> None:
        """
        Hundreds of nodes that join from one address all at once are registered, and one that asks is answered with
        all of them.
        """
        askers = [Asker(self.network, "192.0.2.1", numbered(number)) for number in range(800)]
        for asker in askers:
            asker.ask()
        self.settle()
        self.assertGreater(self.count("drop-rel2-server-throttled"), 0)
        before = len(askers[0].listings)
        askers[0].ask()
        self.clock.advance(0)
        self.assertEqual([len(listing) for listing in askers[0].listings[before:]], [800])


class OperatorTests(ServerCase):
    def test_addedNodeIsListedAndNeverPushedTo(self) -> None:
        """
        What the operator adds is told to everybody at once, stays forever, and is told nothing until it asks itself:
        nobody knows yet on which port it would listen.
        """
        alice = self.joined(1, ALICE)
        self.settle()
        self.server.add(BOB, "192.0.2.2:22222")
        self.clock.advance(0)
        self.assertEqual(alice.listings[-1], {ALICE: "192.0.2.1", BOB: "192.0.2.2"})
        self.settle()
        self.assertNotIn("192.0.2.2", {datagram.destination.host for datagram in self.network.sent})
        bob = self.joined(2, BOB)
        self.settle()
        self.joined(3, CAROL)
        self.settle()
        self.assertEqual(len(bob.listings), 2)
        self.clock.advance(10 * EXPIRY)
        self.assertEqual([entry.mac for entry in self.server.entries(None, 9)], [str(BOB)])

    def test_addedNodeCanHaveALifetime(self) -> None:
        """
        What the operator adds for some time goes when the time is over.
        """
        self.server.add(BOB, "192.0.2.2", "operator", 60.0)
        self.clock.advance(61)
        self.assertEqual(self.server.entries(None, 9), [])

    def test_addedNodeKeepsThePortItAskedFrom(self) -> None:
        """
        A node that asked before the operator fixed it to its host is still told of changes.
        """
        bob = self.joined(2, BOB)
        self.server.add(BOB, "192.0.2.2")
        self.settle()
        self.joined(1, ALICE)
        self.settle()
        self.assertEqual(bob.listings[-1], {ALICE: "192.0.2.1", BOB: "192.0.2.2"})

    def test_deletedNodeIsGoneFromTheTableOfAll(self) -> None:
        """
        When the operator deletes a node, the others get the new table.
        """
        alice = self.joined(1, ALICE)
        self.joined(2, BOB)
        self.settle()
        self.server.delete(BOB)
        self.clock.advance(0)
        self.assertEqual(alice.listings[-1], {ALICE: "192.0.2.1"})
        self.assertIn(("deleted", str(BOB)), self.events)

    def test_whatCanNotBeDoneIsSaid(self) -> None:
        """
        What REL2 cannot list, unknown sources and unknown nodes are refused with the reason.
        """
        self.assertRaises(EntryRefused, self.server.add, ALICE, "[2001:db8::1]:22222")
        self.assertRaises(EntryRefused, self.server.add, MAC(b"\xff" * 6), "192.0.2.1")
        self.assertRaises(AddressInvalid, self.server.add, ALICE, "example.net")
        self.assertRaises(NotSupported, self.server.add, ALICE, "192.0.2.1", "gossip")
        self.assertRaises(NoSuchEntry, self.server.delete, ALICE)
        self.joined(1, ALICE)
        self.assertRaises(NoSuchEntry, self.server.delete, ALICE, "operator")
        self.server.delete(ALICE, "rel2")

    def test_entriesShowWhoIsHere(self) -> None:
        """
        The operator sees each node with where it is, who said so, since when and until when.
        """
        self.joined(1, ALICE)
        self.server.add(BOB, "192.0.2.2")
        alice, bob = self.server.entries(None, 10)
        self.assertEqual((alice.mac, alice.source, alice.since), (str(ALICE), "rel2", 1_000_000))
        self.assertEqual(alice.expires, 1_000_000 + EXPIRY)
        self.assertEqual((bob.peer, bob.source, bob.expires), ("192.0.2.2:22222", "operator", None))
        self.assertEqual(self.server.entries(ALICE, 10), [bob])
        self.assertEqual(self.server.listening, Endpoint("0.0.0.0", SERVER_PORT))


class AdmissionTests(ServerCase):
    def keep(self, *answers: Callable[[Candidate], Deferred[bool] | bool]) -> list[Doorkeeper]:
        doorkeepers = [Doorkeeper(answer) for answer in answers]
        for doorkeeper in doorkeepers:
            verifyObject(IHookListener, doorkeeper)
        self.restart(doorkeepers)
        return doorkeepers

    def test_allHooksMustAgree(self) -> None:
        """
        A node joins when every hook says so, now or later; they are told where it asks from.
        """
        answer: Deferred[bool] = Deferred()
        (first, _) = self.keep(lambda _: True, lambda _: answer)
        alice = self.joined(1, ALICE)
        self.assertEqual(first.asked, [Candidate(ALICE, str(alice.port.source))])
        self.assertEqual(alice.listings, [])
        answer.callback(True)
        self.clock.advance(0)
        self.assertEqual(alice.listings, [{ALICE: "192.0.2.1"}])

    def test_refusalsOfAnyKind(self) -> None:
        """
        C{False} and anything that is not C{True} are refusals: no reply, no entry, an event.
        """
        answers: list[Callable[[Candidate], Deferred[bool] | bool]] = [
            lambda _: False,
            lambda _: 1,  # type: ignore[return-value] # what a careless hook returns
        ]
        for answer in answers:
            self.keep(lambda _: True, answer, lambda _: succeed(True))
            alice = self.joined(1, ALICE)
            self.assertEqual((alice.listings, len(self.server.registry)), ([], 0))
            self.assertEqual(self.count("drop-rel2-server-refused"), 1)
            self.assertIn(("refused", str(ALICE)), self.events)

    def test_anOutageIsNoRefusal(self) -> None:
        """
        While a hook fails, or does not answer in five seconds, a node is not admitted, and nobody is told that it is
        refused; it asks again, and joins when the hook is back.  It is no answer, either, that a hook says C{True} when
        it is told to give up.
        """

        def broken(candidate: Candidate) -> bool:
            raise ValueError("broken hook")

        answers: list[Callable[[Candidate], Deferred[bool] | bool]] = [
            broken,
            lambda _: fail(ValueError("broken hook")),
            lambda _: Deferred(),
            lambda _: Deferred().addErrback(lambda _: True),
        ]
        for answer in answers:
            (doorkeeper, _) = self.keep(answer, lambda _: succeed(True))
            alice = self.joined(1, ALICE)
            self.clock.advance(HOOK_PATIENCE + 0.1)
            self.assertEqual((alice.listings, len(self.server.registry)), ([], 0))
            self.assertEqual(
                (self.count("drop-rel2-server-refused"), self.count("drop-rel2-server-unanswered")), (0, 1)
            )
            self.assertNotIn(("refused", str(ALICE)), self.events)
            doorkeeper._answer = lambda _: True
            alice.ask()
            self.clock.advance(0)
            self.assertEqual(len(alice.listings), 1)
            self.successResultOf(self.server.stop())
            self.records = MemoryRecords()

    def test_oneQuestionPerAddressAtATime(self) -> None:
        """
        While the hooks think about a node, its repeated requests ask nobody again.
        """
        (doorkeeper,) = self.keep(lambda _: Deferred())
        alice = self.joined(1, ALICE)
        alice.ask()
        self.clock.advance(1)
        self.assertEqual((len(doorkeeper.asked), self.count("drop-rel2-server-pending")), (1, 1))

    def test_waitingCandidatesAreBounded(self) -> None:
        """
        Only so many candidates wait for an answer.
        """
        (doorkeeper,) = self.keep(lambda _: Deferred())
        for number in range(CANDIDATES_MAXIMUM + 20):
            Asker(self.network, f"198.51.{number // 20}.1", numbered(number)).ask()
        self.clock.advance(0)
        self.assertEqual((len(doorkeeper.asked), self.count("drop-rel2-server-pending")), (CANDIDATES_MAXIMUM, 20))

    def test_membersAreNotAskedAboutAgain(self) -> None:
        """
        A member that asks again, from another port too, needs no new admission; from another address it does.
        """
        (doorkeeper,) = self.keep(lambda candidate: candidate.endpoint.startswith("192.0.2.1:"))
        self.joined(1, ALICE)
        self.joined(1, ALICE)
        self.assertEqual(len(doorkeeper.asked), 1)
        self.assertEqual(self.joined(2, ALICE).listings, [])
        self.assertEqual(len(doorkeeper.asked), 2)
        self.assertEqual(self.server.entries(None, 1)[0].peer.partition(":")[0], "192.0.2.1")

    def test_stopForgetsCandidates(self) -> None:
        """
        A candidate that waits when the server stops is not admitted afterwards.
        """
        answer: Deferred[bool] = Deferred()
        self.keep(lambda _: answer)
        self.joined(1, ALICE)
        self.successResultOf(self.server.stop())
        answer.callback(True)
        self.assertEqual((len(self.server.registry), self.clock.getDelayedCalls()), (0, []))


class StoreTests(ServerCase):
    def test_newNodeIsStoredAtOnce(self) -> None:
        """
        A node is in the store when it has its answer, so that the server may be killed then.
        """
        self.joined(1, ALICE)
        self.assertEqual(list(self.successResultOf(self.records.load(REGISTRATION_KIND))), [bytes(ALICE)])

    def test_restartKeepsWhenANodeWasLastSeen(self) -> None:
        """
        The hour of a node goes on over a restart; that a node was merely seen again is stored within 30 s.
        """
        alice = self.joined(1, ALICE)
        self.clock.advance(1000)
        writes = self.records.writes
        for _ in range(5):
            alice.ask()
            self.clock.advance(1)
        self.assertEqual(self.records.writes, writes)
        self.clock.advance(30)
        self.assertEqual(self.records.writes, writes + 1)
        self.restart()
        self.assertEqual(self.server.entries(None, 1)[0].expires, 1_001_005 + EXPIRY)

    def test_stopStoresWhatWasSeen(self) -> None:
        """
        A stop does not wait for the next occasion to write.
        """
        alice = self.joined(1, ALICE)
        self.clock.advance(1000)
        alice.ask()
        self.clock.advance(0)
        self.restart()
        self.assertEqual(self.server.entries(None, 1)[0].expires, 1_001_000 + EXPIRY)

    def test_longOutageForgetsNobody(self) -> None:
        """
        After the server was away for a day, the nodes have time to register again before they are forgotten.
        """
        self.joined(1, ALICE)
        self.successResultOf(self.server.stop())
        self.clock.advance(24 * 3600)
        self.restart()
        self.clock.advance(RESTART_GRACE - 1)
        self.assertEqual(len(self.server.registry), 1)
        self.clock.advance(2)
        self.assertEqual(len(self.server.registry), 0)
        self.assertEqual(self.successResultOf(self.records.load(REGISTRATION_KIND)), {})

    def test_operatorsEntriesSurviveARestart(self) -> None:
        """
        What the operator added is there after a restart, and what was deleted is not.
        """
        self.joined(1, ALICE)
        self.server.add(BOB, "192.0.2.2")
        before = self.server.entries(BOB, 0) + self.server.entries(ALICE, 1)
        self.server.delete(ALICE)
        self.restart()
        self.assertEqual(self.server.entries(None, 9), before)

    def test_storeThatFailsAtTheStartStopsIt(self) -> None:
        """
        A store that cannot be read stops the start, and the port is free again.
        """
        self.successResultOf(self.server.stop())
        self.records.failing = True
        self.assertRaises(StoreUnavailable, self.server.start)
        self.records.failing = False
        self.server.start()

    def test_storeThatFailsLaterDisturbsNobody(self) -> None:
        """
        A store that fails while the server runs is told of once; nodes are served on, and what it missed is written
        when it works again.
        """
        self.records.failing = True
        alice = self.joined(1, ALICE)
        self.joined(2, BOB)
        self.server.delete(BOB)
        self.assertEqual(len(alice.listings), 1)
        self.assertEqual([kind for kind, _ in self.events if kind.startswith("store")], ["store-failed"])
        self.records.failing = False
        self.clock.advance(31)
        self.assertEqual(list(self.successResultOf(self.records.load(REGISTRATION_KIND))), [bytes(ALICE)])
        self.assertEqual(self.events[-1], ("store-recovered", None))

    def test_slowStoreIsWaitedFor(self) -> None:
        """
        With a store that answers later, requests are answered once it is read.
        """
        self.successResultOf(self.server.stop())
        self.records.waiting = []
        self.server, self.context = self.makeServer()
        starting = self.server.start()
        alice = self.joined(1, ALICE)
        self.assertEqual((alice.listings, self.count("drop-rel2-server-loading")), ([], 1))
        self.assertNoResult(starting)
        self.records.waiting.pop().callback(None)
        self.successResultOf(starting)
        alice.ask()
        self.clock.advance(0)
        self.assertEqual(len(alice.listings), 1)

    def test_slowStoreTakesOneWriteAtATime(self) -> None:
        """
        What changes while a write is under way is written in one when it is done, and a stop waits for both.
        """
        self.records.waiting = []
        self.joined(1, ALICE)
        self.joined(2, BOB)
        self.joined(3, CAROL)
        self.assertEqual(self.records.writes, 1)
        stopping = self.server.stop()
        self.assertNoResult(stopping)
        self.records.waiting.pop().callback(None)
        self.assertNoResult(stopping)
        self.records.waiting.pop().callback(None)
        self.successResultOf(stopping)
        self.assertEqual(self.records.writes, 2)
        self.records.waiting = None
        self.assertEqual(len(self.successResultOf(self.records.load(REGISTRATION_KIND))), 3)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_brokenRecordIsLeftOut(self) -> None:
        """
        A record that cannot be understood is logged and left out; the others are loaded.
        """
        self.joined(1, ALICE)
        self.records.write(REGISTRATION_KIND, {bytes(BOB): b"{", b"short": b"{}", bytes(CAROL): b'{"host": 1}'})
        with capturedLogs() as logged:
            self.restart()
        self.assertEqual(len(logged), 3)
        self.assertEqual([entry.mac for entry in self.server.entries(None, 9)], [str(ALICE)])

    def test_interface(self) -> None:
        """
        The store of these tests provides what a store provides.
        """
        verifyObject(IRecords, self.records)
