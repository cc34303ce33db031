"""
The contract that every store fulfils, as tests that a store's author runs against it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import TestCase

from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from wand.interfaces import IRecords

Result = TypeVar("Result")

if TYPE_CHECKING:

    class _TestCase(TestCase):
        def successResultOf(  # as SynchronousTestCase has it
            self,
            result: Coroutine[Deferred[Any], Any, Result] | Generator[Deferred[Any], Any, Result] | Deferred[Result],
        ) -> Result: ...

else:
    _TestCase = object  # else every module that imports the contract would run it, without a store


class StoreContract(_TestCase):
    """
    What every store must do.  Mix it into a test case and say how to open one that is empty::

        class MyStoreTests(StoreContract, SynchronousTestCase):
            def makeRecords(self):
                return MyStore().open({"path": "/run/mine"}, context)

    A store that answers later overrides C{successResultOf} to wait for it.

    @ivar records: the open store.
    """

    def makeRecords(self) -> IRecords:
        """
        Open an empty store.
        """
        raise NotImplementedError

    def setUp(self) -> None:
        """
        Open the store.
        """
        self.records = self.makeRecords()

    def tearDown(self) -> None:
        """
        Close it.
        """
        self.successResultOf(self.records.close())

    def loaded(self, kind: str = "a") -> dict[bytes, bytes]:
        """
        Everything of a kind.
        """
        return self.successResultOf(self.records.load(kind))

    def write(self, records: dict[bytes, bytes | None], kind: str = "a") -> None:
        """
        Write, and see that it worked.
        """
        self.assertIsNone(self.successResultOf(self.records.write(kind, records)))

    def test_interface(self) -> None:
        """
        An open store provides its interface.
        """
        verifyObject(IRecords, self.records)

    def test_newStoreIsEmpty(self) -> None:
        """
        A new store holds nothing.
        """
        self.assertEqual(self.loaded(), {})

    def test_whatIsWrittenIsLoaded(self) -> None:
        """
        Records of any octets come back, each under its kind.
        """
        self.write({b"\0key": b"\xffvalue", b"": b""})
        self.write({b"\0key": b"other"}, "b")
        self.assertEqual(self.loaded(), {b"\0key": b"\xffvalue", b"": b""})
        self.assertEqual(self.loaded("b"), {b"\0key": b"other"})

    def test_noneDeletes(self) -> None:
        """
        C{None} deletes a record, and deletes what is not there without complaint.
        """
        self.write({b"k": b"1", b"l": b"2"})
        self.write({b"k": None, b"m": None, b"l": b"3"})
        self.assertEqual(self.loaded(), {b"l": b"3"})

    def test_exchangeSetsWhatIsExpected(self) -> None:
        """
        An exchange sets a record only if it holds what is expected; no record is expected with C{None}.
        """
        exchange = self.records.exchange
        self.assertTrue(self.successResultOf(exchange("a", b"k", None, b"1")))
        self.assertFalse(self.successResultOf(exchange("a", b"k", None, b"2")))
        self.assertFalse(self.successResultOf(exchange("a", b"k", b"2", b"3")))
        self.assertTrue(self.successResultOf(exchange("a", b"k", b"1", b"2")))
        self.assertEqual(self.loaded(), {b"k": b"2"})
        self.assertTrue(self.successResultOf(exchange("a", b"k", b"2", None)))
        self.assertFalse(self.successResultOf(exchange("a", b"k", b"2", None)))
        self.assertEqual(self.loaded(), {})

    def test_loadedRecordsAreACopy(self) -> None:
        """
        Who changes what was loaded does not change the store.
        """
        self.write({b"k": b"1"})
        self.loaded().clear()
        self.assertEqual(self.loaded(), {b"k": b"1"})

    def test_closeTwice(self) -> None:
        """
        A store can be closed again.
        """
        self.successResultOf(self.records.close())

    def test_ownChangesAreNotHeard(self) -> None:
        """
        Who watches does not hear what it changed itself, and stops as often as it likes.
        """
        heard: list[object] = []
        end = self.records.watch("a", heard.append, lambda: heard.append("missed"))
        self.write({b"k": b"1"})
        self.assertTrue(self.successResultOf(self.records.exchange("a", b"k", b"1", b"2")))
        self.assertEqual(heard, [])
        end()
        end()


class Heard:
    """
    A watcher of one kind that keeps a copy of it, as L{IRecords.watch} says that one can.

    @ivar copy: the records, as it knows them.
    @ivar missed: how often something was missed.
    """

    def __init__(self, records: IRecords, kind: str) -> None:
        self.copy: dict[bytes, bytes] = {}
        self.missed = 0
        self.end = records.watch(kind, self._changed, self._missed)
        self._records = records
        self._kind = kind
        self._load()

    def wrote(self, key: bytes, value: bytes, _: None) -> None:
        """
        We wrote a record ourselves.
        """
        self.copy[key] = value

    def _changed(self, changes: Mapping[bytes, bytes | None]) -> None:
        for key, value in changes.items():
            if value is None:
                self.copy.pop(key, None)
            else:
                self.copy[key] = value

    def _missed(self) -> None:
        self.missed += 1
        self._load()

    def _load(self) -> None:
        self._records.load(self._kind).addCallbacks(self._loaded, lambda failure: None)

    def _loaded(self, records: dict[bytes, bytes]) -> None:
        self.copy = records


class SharedStoreContract(StoreContract):
    """
    What a store must do besides that several servers open at once.

    @ivar other: the same store, opened once more.
    """

    def makeOther(self) -> IRecords:
        """
        Open the store of L{makeRecords} once more, as another server does.
        """
        raise NotImplementedError

    def until(self, wanted: Callable[[], bool]) -> None:
        """
        Wait until something is so.  A store that tells of changes later overrides this.
        """
        self.assertTrue(wanted())

    def setUp(self) -> None:
        """
        Open it twice.
        """
        super().setUp()
        self.other = self.makeOther()

    def tearDown(self) -> None:
        """
        Close both.
        """
        self.successResultOf(self.other.close())
        super().tearDown()

    def test_bothSeeTheSame(self) -> None:
        """
        What one writes the other loads; of two exchanges of one record one succeeds.
        """
        self.write({b"k": b"1", b"l": b"2"})
        self.assertEqual(self.successResultOf(self.other.load("a")), {b"k": b"1", b"l": b"2"})
        both = [each.exchange("a", b"k", b"1", b"mine") for each in (self.records, self.other)]
        self.assertEqual(sorted(map(self.successResultOf, both)), [False, True])

    def test_changesOfOthersAreHeard(self) -> None:
        """
        A watcher hears what another writes, exchanges and deletes, with what the records hold then.
        """
        heard = Heard(self.records, "a")
        self.successResultOf(self.other.write("a", {b"k": b"1", b"\0\xff": b"\xff\0"}))
        self.until(lambda: heard.copy == {b"k": b"1", b"\0\xff": b"\xff\0"})
        self.assertTrue(self.successResultOf(self.other.exchange("a", b"k", b"1", b"2")))
        self.until(lambda: heard.copy.get(b"k") == b"2")
        self.assertTrue(self.successResultOf(self.other.exchange("a", b"k", b"2", None)))
        self.successResultOf(self.other.write("a", {b"\0\xff": None}))
        self.until(lambda: heard.copy == {})
        self.assertEqual(heard.missed, 0)

    def test_onlyOfItsKind(self) -> None:
        """
        A watcher hears of no other kind, of no exchange that was refused, and of nothing when it has ended.
        """
        first, second = Heard(self.records, "a"), Heard(self.records, "b")
        self.assertFalse(self.successResultOf(self.other.exchange("a", b"k", b"0", b"1")))
        self.successResultOf(self.other.write("b", {b"k": b"1"}))
        self.until(lambda: second.copy == {b"k": b"1"})
        self.assertEqual(first.copy, {})
        second.end()
        second.end()
        self.successResultOf(self.other.write("b", {b"k": b"2"}))
        self.successResultOf(self.other.write("a", {b"k": b"3"}))
        self.until(lambda: first.copy == {b"k": b"3"})
        self.assertEqual(second.copy, {b"k": b"1"})

    def test_inTheirOrder(self) -> None:
        """
        Of many changes of one record, in groups of many records, the last is what a watcher has at the end.
        """
        heard = Heard(self.records, "a")
        writing = [self.other.write("a", {b"%d" % each: b"%d" % number for each in range(100)}) for number in range(50)]
        self.until(lambda: set(heard.copy.values()) == {b"49"})
        for written in writing:  # a watcher may hear of a write before its writer does
            self.successResultOf(written)
        self.assertEqual(len(heard.copy), 100)
        self.assertEqual(heard.missed, 0)

    def test_whatIsToldIsNotOlderThanWhatWasDone(self) -> None:
        """
        Two that change the same record in turn both have in the end what the store has.
        """
        mine, theirs = Heard(self.records, "a"), Heard(self.other, "a")
        writing = []
        for number in range(100):
            key, value = b"%d" % (number % 3), b"%d" % number
            for records, heard in ((self.records, mine), (self.other, theirs)):
                writing.append(records.write("a", {key: value}).addCallback(partial(heard.wrote, key, value)))
        for written in writing:
            self.successResultOf(written)
        stored = self.loaded()
        self.successResultOf(self.other.load("a"))
        self.until(lambda: mine.copy == theirs.copy == stored)
