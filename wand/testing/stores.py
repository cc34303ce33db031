"""
The contract that every store fulfils, as tests that a store's author runs against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from unittest import TestCase

from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from wand.interfaces import IRecords

Result = TypeVar("Result")

if TYPE_CHECKING:

    class _TestCase(TestCase):
        def successResultOf(self, deferred: Deferred[Result]) -> Result: ...

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
