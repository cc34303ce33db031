"""
Tests for L{wand.stores.write_behind}: with the real store in a file, and with one that fails or takes its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import StoreUnavailable
from wand.interfaces import IRecords
from wand.stores.memory import MemoryRecords
from wand.stores.sqlite import SQLiteRecords
from wand.stores.write_behind import GATHERED_WITHIN, GROUP_MAXIMUM, RETRY_FIRST, RETRY_MAXIMUM, WriteBehind
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.worker import SameThread

DELAY = 60.0
CONSEQUENCE = "Everybody is served all the same"


class TroubledRecords(MemoryRecords):
    """
    A store that fails, or takes its time, when it is told to.

    @ivar attempts: when something was to be written, in the clock's seconds.
    @ivar waiting: the answers that are due; C{None} for a store that answers at once.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.isFull = False
        self.attempts: list[float] = []
        self.waiting: list[Deferred[None]] | None = None

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        self.attempts.append(self._clock.seconds())
        if self.isFull:
            return fail(StoreUnavailable("the disk is full: make room"))
        if self.waiting is None:
            return super().write(kind, records)
        self.waiting.append(Deferred())
        return self.waiting[-1].addCallback(lambda _: super(TroubledRecords, self).write(kind, records))


class WriteBehindCase(SynchronousTestCase):
    """
    Numbers that are kept in a store.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.told: list[tuple[dict[bytes, int | None], bool]] = []
        self.events: list[str] = []
        self.context.events.subscribe(lambda event: self.events.append(event.kind))

    def over(self, records: IRecords, waitingMaximum: int = 100) -> WriteBehind[int]:
        return WriteBehind(
            "numbers",
            records,
            lambda number: b"%d" % number,
            self.context,
            CONSEQUENCE,
            delay=DELAY,
            told=lambda group, isStored: self.told.append((dict(group), isStored)),
            waitingMaximum=waitingMaximum,
        )

    def stored(self, records: IRecords) -> dict[bytes, bytes]:
        return self.successResultOf(records.load("numbers"))


class SQLiteTests(WriteBehindCase):
    """
    L{WriteBehind} over a store in a file.
    """

    def setUp(self) -> None:
        super().setUp()
        folder = mkdtemp()
        self.addCleanup(rmtree, folder)
        self.records = SQLiteRecords(Path(folder) / "store.sqlite", SameThread("store"))
        self.addCleanup(self.records.close)
        self.numbers = self.over(self.records)

    def test_whatIsWrittenIsThere(self) -> None:
        """
        A record is set, set again and deleted; each time its owner is told once the store has it.
        """
        self.numbers.write({b"a": 1})
        self.numbers.write({b"b": 2})
        self.assertEqual(self.stored(self.records), {b"a": b"1", b"b": b"2"})
        self.numbers.write({b"a": 3})
        self.numbers.write({b"b": None})
        self.assertEqual(self.stored(self.records), {b"a": b"3"})
        self.assertEqual(self.told[2:], [({b"a": 3}, True), ({b"b": None}, True)])

    def test_whatIsNotUrgentIsWrittenInTime(self) -> None:
        """
        What can wait is written after a while, however often something is written that cannot; the newest value counts.
        """
        self.numbers.writeLater(b"a", 1)
        self.numbers.writeLater(b"a", 2)
        self.assertEqual(self.stored(self.records), {})
        self.clock.advance(DELAY)
        self.assertEqual(self.stored(self.records), {b"a": b"2"})
        self.numbers.writeLater(b"a", 3)
        self.numbers.write({b"b": 1})
        self.clock.advance(DELAY / 2)
        self.numbers.write({b"b": 2})
        self.clock.advance(DELAY / 2)
        self.assertEqual(self.told[1:], [({b"b": 1}, True), ({b"b": 2}, True), ({b"a": 3}, True)])
        self.clock.advance(2 * DELAY)
        self.assertEqual((len(self.told), self.clock.getDelayedCalls()), (4, []))

    def test_whatCanWaitIsWrittenInParts(self) -> None:
        """
        When much could wait, its time is not one long moment in which nothing else happens.
        """
        count = 2 * GROUP_MAXIMUM + 1
        self.numbers = self.over(self.records, waitingMaximum=count)
        for number in range(count):
            self.numbers.writeLater(b"%d" % number, number)
        self.clock.advance(DELAY)
        self.clock.pump([GATHERED_WITHIN] * 2)
        self.assertEqual([len(group) for group, _ in self.told], [GROUP_MAXIMUM, GROUP_MAXIMUM, 1])
        self.assertEqual((len(self.stored(self.records)), self.clock.getDelayedCalls()), (count, []))

    def test_whatCanWaitAndThenCannot(self) -> None:
        """
        What could wait and changes once more is written once, with its newest value.
        """
        self.numbers.writeLater(b"a", 1)
        self.numbers.write({b"a": 2})
        self.clock.advance(2 * DELAY)
        self.assertEqual(self.told, [({b"a": 2}, True)])

    def test_aFullDiskIsMadeUpFor(self) -> None:
        """
        What found no room is written once there is room.
        """
        self.numbers.write({b"a": 1})
        assert self.records._connection is not None
        self.records._connection.execute("PRAGMA max_page_count = 2")
        self.numbers.write({b"big" * 3000: 2})
        self.assertEqual((self.stored(self.records), self.numbers.isPaused), ({b"a": b"1"}, True))
        self.records._connection.execute("PRAGMA max_page_count = 1000000")
        self.clock.advance(RETRY_FIRST)
        self.assertEqual(len(self.stored(self.records)), 2)
        self.flushLoggedErrors()

    def test_stopWritesWhatWaits(self) -> None:
        """
        What could wait is written in the end, and no timer is left.
        """
        self.numbers.writeLater(b"a", 1)
        self.successResultOf(self.numbers.stop())
        self.assertEqual(self.stored(self.records), {b"a": b"1"})
        self.assertEqual(self.clock.getDelayedCalls(), [])


class TroubleTests(WriteBehindCase):
    """
    L{WriteBehind} over a store that fails, or takes its time.
    """

    def setUp(self) -> None:
        super().setUp()
        self.records = TroubledRecords(self.clock)
        self.numbers = self.over(self.records)

    def test_whatChangesDuringAWriteIsWrittenTogether(self) -> None:
        """
        There is one write at a time, and not many a second; what changes meanwhile makes one more.
        """
        self.records.waiting = []
        for number in range(5):
            self.numbers.write({b"%d" % number: number})
        self.assertEqual((len(self.records.attempts), self.told), (1, []))
        self.records.waiting[0].callback(None)
        self.numbers.write({b"5": 5})
        self.assertEqual(len(self.records.attempts), 1)
        self.clock.advance(GATHERED_WITHIN)
        self.records.waiting[1].callback(None)
        self.assertEqual([len(group) for group, _ in self.told], [1, 5])
        self.assertEqual(len(self.stored(self.records)), 6)

    def test_whatCanWaitIsNotWrittenWithTheEndOfAWrite(self) -> None:
        """
        That a write ends is no reason to begin another one for what can wait.
        """
        self.records.waiting = []
        self.numbers.write({b"a": 1})
        self.numbers.writeLater(b"b", 2)
        self.records.waiting.pop().callback(None)
        self.assertEqual(len(self.records.attempts), 1)
        self.clock.advance(DELAY)
        self.assertEqual(len(self.records.attempts), 2)

    def test_whatBecomesDueDuringAWriteFollowsIt(self) -> None:
        """
        What could wait, and whose time came while a write was under way, is written right after that.
        """
        self.numbers.writeLater(b"a", 1)
        self.records.waiting = []
        self.numbers.write({b"b": 2})
        self.numbers.writeLater(b"c", 3)
        self.clock.advance(DELAY)
        self.records.waiting.pop().callback(None)
        self.records.waiting.pop().callback(None)
        self.assertEqual(self.told, [({b"b": 2}, True), ({b"a": 1, b"c": 3}, True)])

    def test_aStoreThatRefusesIsTriedAgainLessAndLessOften(self) -> None:
        """
        A store that refuses is left alone for 2, 4, 8 and at last 30 seconds, whatever changes meanwhile.
        """
        self.records.isFull = True
        self.numbers.write({b"a": 0})
        for number in range(1300):
            self.clock.advance(0.1)
            self.numbers.write({b"a": number})
        pauses = [later - earlier for earlier, later in pairwise(self.records.attempts)]
        self.assertEqual([round(pause) for pause in pauses], [2, 4, 8, 16, 30, 30, 30])
        self.assertEqual(RETRY_MAXIMUM, 30.0)
        self.records.isFull = False
        self.clock.advance(RETRY_MAXIMUM)
        self.assertEqual(self.stored(self.records), {b"a": b"1299"})
        self.flushLoggedErrors()

    def test_theOperatorIsTold(self) -> None:
        """
        While the store refuses a note says why, what that means and so what to do; events tell of the beginning and
        the end, and the log of the beginning.
        """
        self.records.isFull = True
        self.numbers.write({b"a": 1})
        self.clock.advance(100)
        [text] = self.context.notes.texts
        self.assertEqual(text, f"the store cannot be written: the disk is full: make room. {CONSEQUENCE}")
        self.records.isFull = False
        self.clock.advance(RETRY_MAXIMUM)
        self.assertEqual(self.context.notes.texts, [])
        kinds = [kind for kind in self.events if kind.startswith("store")]
        self.assertEqual(kinds, ["store-failed", "store-recovered"])

    def test_theOwnerIsTold(self) -> None:
        """
        Who keeps something is told of each write, whether the store has it or not, and can see that the store is left
        alone for now.
        """
        self.records.isFull = True
        self.numbers.write({b"a": 1})
        self.assertEqual((self.told, self.numbers.isPaused), ([({b"a": 1}, False)], True))
        self.numbers.write({b"b": 2})
        self.records.isFull = False
        self.clock.advance(RETRY_FIRST)
        self.assertEqual((self.told[1:], self.numbers.isPaused), ([({b"a": 1, b"b": 2}, True)], False))

    def test_theNewestValueCounts(self) -> None:
        """
        What was refused does not replace what changed while it was under way.
        """
        self.records.waiting = []
        self.numbers.write({b"a": 1})
        self.numbers.write({b"a": 2})
        self.records.waiting.pop().errback(StoreUnavailable("no answer"))
        self.records.waiting = None
        self.clock.advance(RETRY_FIRST)
        self.assertEqual(self.stored(self.records), {b"a": b"2"})

    def test_theNewestValueCountsThoughItCanWait(self) -> None:
        """
        It is the same with what could wait.
        """
        self.records.waiting = []
        self.numbers.write({b"a": 1})
        self.numbers.writeLater(b"a", 2)
        self.clock.advance(DELAY)
        self.records.waiting.pop().errback(StoreUnavailable("no answer"))
        self.records.waiting = None
        self.clock.advance(RETRY_FIRST)
        self.assertEqual(self.stored(self.records), {b"a": b"2"})
        self.flushLoggedErrors()

    def test_theOldestIsGivenUp(self) -> None:
        """
        A store that refuses for long does not fill the memory: only so many records wait, the newest of them.
        """
        self.numbers = self.over(self.records, waitingMaximum=3)
        self.records.isFull = True
        for number in range(10):
            self.numbers.write({b"%d" % number: number})
        self.records.isFull = False
        self.clock.advance(RETRY_FIRST)
        self.assertEqual(sorted(self.stored(self.records)), [b"7", b"8", b"9"])

    def test_whatChangedDuringARefusedWriteIsTheNewest(self) -> None:
        """
        What changed once more while the store refused it is not the first to be given up, though its last value was
        the first to be refused.
        """
        self.numbers = self.over(self.records, waitingMaximum=3)
        self.records.waiting = []
        self.numbers.write({b"a": 1, b"b": 1, b"c": 1})
        self.numbers.write({b"a": None})
        self.numbers.write({b"a": 2})
        self.records.waiting.pop().errback(StoreUnavailable("no answer"))
        self.records.waiting = None
        self.numbers.write({b"d": 1})
        self.clock.advance(RETRY_FIRST)
        self.assertEqual(self.stored(self.records), {b"a": b"2", b"c": b"1", b"d": b"1"})
        self.flushLoggedErrors()

    def test_anOwnerThatFailsHoldsNothingUp(self) -> None:
        """
        Whatever the owner does when it is told, what waits is written.
        """
        self.records.waiting = []
        self.told = None  # type: ignore[assignment]  # so that it cannot be told
        self.numbers.write({b"a": 1})
        self.numbers.write({b"b": 2})
        self.records.waiting.pop().callback(None)
        self.clock.advance(GATHERED_WITHIN)
        self.assertEqual(len(self.records.attempts), 2)
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)
        self.assertEqual(self.context.counters["drop-raised-owner-of-records"], 1)

    def test_anOwnerThatFailsLosesNothingAtTheStop(self) -> None:
        """
        What could wait is written at a stop, even if the owner fails when it is told of the write that was under way,
        which the store took or refused.
        """
        for isRefused in (False, True):
            self.records = TroubledRecords(self.clock)
            self.numbers = self.over(self.records)
            self.told = None  # type: ignore[assignment]  # so that it cannot be told
            self.records.waiting = []
            self.numbers.write({b"a": 1})
            self.numbers.writeLater(b"b", 2)
            stopping = self.numbers.stop()
            [first], self.records.waiting = self.records.waiting, None
            if isRefused:
                first.errback(StoreUnavailable("no answer"))
            else:
                first.callback(None)
            self.successResultOf(stopping)
            self.assertEqual(self.stored(self.records), {b"a": b"1", b"b": b"2"})
        self.flushLoggedErrors()

    def test_stopTriesOnceMore(self) -> None:
        """
        A stop waits for the write that is under way, tries what waits once, whether the store takes it or not, and
        leaves no timer behind.
        """
        self.records.waiting = []
        self.numbers.write({b"a": 1})
        self.numbers.writeLater(b"b", 2)
        stopping = self.numbers.stop()
        self.assertNoResult(stopping)
        self.records.isFull = True
        self.records.waiting.pop().callback(None)
        self.successResultOf(stopping)
        self.assertEqual((len(self.records.attempts), self.clock.getDelayedCalls()), (2, []))
