"""
Tests for L{wand.sealed.directory.stored_log}.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from simulated.members import LIFE, SimulatedNetwork
from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import StoreUnavailable
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.trust import Trust
from wand.sealed.directory.announcement_log import AnnouncementLog
from wand.sealed.directory.stored_log import HEARD_STORED_WITHIN, StoredLog
from wand.stores.memory import MemoryRecords
from wand.stores.write_behind import GATHERED_WITHIN, RETRY_FIRST, RETRY_MAXIMUM
from wand.testing.context import simulatedContext
from wand.testing.network import Network

HOME = ("203.0.113.1:22222",)


class TroubledRecords(MemoryRecords):
    """
    A store that refuses, or waits until the test lets it go on.
    """

    isFull = False
    waiting: list[Deferred[None]] | None = None

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        if self.isFull:
            return fail(StoreUnavailable("no room"))
        if self.waiting is None:
            return super().write(kind, records)
        self.waiting.append(Deferred())
        return self.waiting[-1].addCallback(lambda _: super(TroubledRecords, self).write(kind, records))


class StoredLogTests(SynchronousTestCase):
    """
    L{StoredLog}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.clock = self.network.clock
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "203.0.113.1")
        self.trust = Trust(self.network.key.network, self.clock.seconds)
        self.server = self.network.person(0, server=True)
        found = [self.network.person(number) for number in (1, 2)]
        said = [Announcement.verified(each.signedCertificate, each.claim(), self.trust.check) for each in found]
        self.alice, self.bob = (each for each in said if each is not None)
        self.records = TroubledRecords()
        self.random = Random(0)
        self.begin()

    def begin(self) -> None:
        """
        Start a server, as after a crash of the one before: nothing more was written.
        """
        self.tellings = 0
        self.log = AnnouncementLog()
        self.stored = StoredLog(
            self.server.key.identity, self.log, self.records, self.context, self.random.randbytes, self.tell
        )
        self.successResultOf(Deferred.fromCoroutine(self.stored.load(self.trust.check)))

    def tell(self) -> None:
        self.tellings += 1

    def change(self, said: Announcement, *endpoints: str) -> None:
        self.log.change(said, endpoints, self.clock.seconds())
        self.stored.write(said.identity)

    def test_aCrashForgetsNobody(self) -> None:
        """
        What nodes were told is there after a crash, in a log of the same name.
        """
        self.change(self.alice, *HOME)
        self.change(self.bob)
        instance, published = self.stored.instance, self.stored.published
        self.begin()
        self.assertEqual((self.stored.instance, self.stored.published), (instance, published))
        self.assertEqual([entry.endpoints for entry in self.log.changed(0, 2)], [HOME, ()])

    def test_nodesAreToldWhatIsStored(self) -> None:
        """
        A change may be told once the store has it; those that came meanwhile may be told together.
        """
        self.records.waiting = []
        for said in (self.alice, self.bob, self.alice):
            self.change(said, *HOME)
        self.assertEqual((self.stored.published, self.tellings), (0, 0))
        self.records.waiting[0].callback(None)
        self.assertEqual((self.stored.published, self.tellings), (1, 1))
        self.clock.advance(GATHERED_WITHIN)
        self.records.waiting[1].callback(None)
        self.assertEqual((self.stored.published, self.tellings), (3, 2))

    def test_aStoreThatRefusesKeepsNobodyWaiting(self) -> None:
        """
        While the store refuses for more than a moment, nodes are told all the same, of a log of another name: after a
        crash the server knows less than they do, and they must not take what is new then for what they know.
        """
        self.change(self.alice, *HOME)
        before = self.stored.instance
        self.records.isFull = True
        self.change(self.bob, *HOME)
        self.clock.advance(RETRY_FIRST)
        during = self.stored.instance
        self.change(self.alice)
        self.assertEqual((self.stored.published, self.stored.instance), (3, during))
        self.assertNotEqual(before, during)
        self.begin()
        self.assertEqual((self.stored.instance, self.log.version), (before, 1))
        self.flushLoggedErrors()

    def test_aMomentOfTroubleChangesNothing(self) -> None:
        """
        What is stored at the second try is told then, and the log keeps its name: no node reads it anew.  So it does
        however long the store refuses, while nothing changes.
        """
        self.change(self.alice, *HOME)
        before = self.stored.instance
        self.records.isFull = True
        self.change(self.bob, *HOME)
        self.assertEqual(self.stored.published, 1)
        self.records.isFull = False
        self.clock.advance(RETRY_FIRST)
        self.assertEqual((self.stored.published, self.stored.instance), (2, before))
        self.records.isFull = True
        self.stored.noteHeard(self.alice.identity)
        self.clock.pump([HEARD_STORED_WITHIN, RETRY_MAXIMUM, RETRY_MAXIMUM, RETRY_MAXIMUM])
        self.assertEqual(self.stored.instance, before)
        self.flushLoggedErrors()

    def test_aStoreThatWorksAgainHasEverything(self) -> None:
        """
        When the store works again it has all changes, and the log keeps the name that it got.
        """
        self.records.isFull = True
        self.change(self.alice, *HOME)
        self.change(self.bob, *HOME)
        self.clock.advance(RETRY_FIRST)
        during = self.stored.instance
        self.records.isFull = False
        self.clock.advance(RETRY_MAXIMUM)
        self.begin()
        self.assertEqual((self.stored.instance, self.log.version, len(self.log)), (during, 2, 2))
        self.flushLoggedErrors()

    def test_whatChangesDuringARetryWaitsForIt(self) -> None:
        """
        While a store that refused is tried again, a change waits for the answer: if it is stored, so is the next.
        """
        self.records.isFull = True
        self.change(self.alice, *HOME)
        self.clock.advance(RETRY_FIRST)
        self.records.isFull, self.records.waiting = False, []
        self.clock.advance(RETRY_MAXIMUM)
        self.change(self.bob, *HOME)
        self.assertEqual(self.stored.published, 1)
        self.records.waiting[0].callback(None)
        self.clock.advance(GATHERED_WITHIN)
        self.records.waiting[1].callback(None)
        self.assertEqual(self.stored.published, 2)
        self.flushLoggedErrors()

    def test_whenAMemberWasHeard(self) -> None:
        """
        That a member was heard again is written within minutes, and read as a time that passed.
        """
        self.change(self.alice, *HOME)
        self.clock.advance(1000)
        self.stored.noteHeard(self.alice.identity)
        self.clock.advance(HEARD_STORED_WITHIN)
        self.clock.advance(50)
        self.begin()
        self.assertEqual(self.clock.seconds() - self.stored.heard[self.alice.identity], HEARD_STORED_WITHIN + 50)

    def test_whoIsGoneIsGoneForGood(self) -> None:
        """
        A member that was forgotten is not in the store, and one whose certificate expired meanwhile is deleted.
        """
        self.change(self.alice, *HOME)
        self.change(self.bob, *HOME)
        self.log.forget(self.alice.identity)
        self.stored.write(self.alice.identity)
        self.begin()
        self.assertEqual([entry.identity for entry in self.log], [self.bob.identity])
        self.clock.advance(LIFE + 1)
        self.begin()
        self.assertEqual((len(self.log), self.log.version), (0, 2))
        [records] = self.records._kinds.values()
        self.assertEqual(list(records), [b"head"])

    def test_aNewNameMakesNodesReadEverything(self) -> None:
        """
        A log can be given another name, and keeps it.
        """
        before = self.stored.instance
        self.stored.beginAnew()
        after = self.stored.instance
        self.begin()
        self.assertNotEqual(before, after)
        self.assertEqual(self.stored.instance, after)

    def test_stopLeavesNothingBehind(self) -> None:
        """
        The end writes what could wait, and leaves no timer.
        """
        self.change(self.alice, *HOME)
        self.clock.advance(7)
        self.stored.noteHeard(self.alice.identity)
        self.successResultOf(self.stored.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.begin()
        self.assertEqual(self.stored.heard[self.alice.identity], self.clock.seconds())
