"""
Tests for L{wand.sealed.authority.stored_values}: values in a store, and a copy in memory to read from.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import StoreUnavailable
from wand.sealed.authority.stored_values import StoredValues
from wand.sealed.credentials.signed import packed
from wand.stores.memory import MemoryRecords


class Fruit(msgspec.Struct, frozen=True):
    """
    Something to store.
    """

    colour: str
    ripe: bool = False


class StoredValuesTests(SynchronousTestCase):
    """
    Two servers, C{ours} and C{theirs}, on one store.
    """

    def setUp(self) -> None:
        self.records = MemoryRecords()
        self.ours = StoredValues(self.records, "fruit", Fruit)
        self.theirs = StoredValues(self.records, "fruit", Fruit)

    def now(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.successResultOf(Deferred.fromCoroutine(coroutine))

    def test_whatIsExchangedIsThere(self) -> None:
        """
        A value is added, replaced and removed, each time by saying what is there before.
        """
        green, red = Fruit("green"), Fruit("red", ripe=True)
        for before, after in ((None, green), (green, red), (red, None)):
            self.assertTrue(self.now(self.ours.exchange(b"apple", before, after)))
            self.assertEqual(self.ours.get(b"apple"), after)
            self.assertEqual(list(self.ours), [after] if after else [])
        self.assertEqual((len(self.ours), self.ours.items()), (0, []))

    def test_othersAreNotOverwritten(self) -> None:
        """
        Of two that change one value, one succeeds; the other sees then what the first did.
        """
        self.assertTrue(self.now(self.theirs.exchange(b"apple", None, Fruit("red"))))
        self.assertFalse(self.now(self.ours.exchange(b"apple", None, Fruit("green"))))
        self.assertEqual(self.ours.get(b"apple"), Fruit("red"))
        self.assertTrue(self.now(self.ours.exchange(b"apple", Fruit("red"), Fruit("brown"))))

    def test_othersAreSeenAfterLoading(self) -> None:
        """
        The copy in memory is as old as the last time that everything was read.
        """
        self.now(self.theirs.exchange(b"apple", None, Fruit("red")))
        self.assertIsNone(self.ours.get(b"apple"))
        self.now(self.ours.load())
        self.assertEqual(self.ours.items(), [(b"apple", Fruit("red"))])

    def test_aDamagedValueIsLeftAlone(self) -> None:
        """
        What cannot be read disturbs no other, and is never overwritten.
        """
        self.successResultOf(self.records.write("fruit", {b"apple": b"worm", b"pear": packed(Fruit("green"))}))
        self.now(self.ours.load())
        self.assertTrue(self.ours.hasUnreadable)
        self.assertEqual(self.ours.items(), [(b"pear", Fruit("green"))])
        self.assertFalse(self.now(self.ours.exchange(b"apple", None, Fruit("red"))))
        self.assertEqual(self.successResultOf(self.records.load("fruit"))[b"apple"], b"worm")

    def test_aFailingStoreChangesNothing(self) -> None:
        """
        What the store does not take is not in memory either.
        """
        self.patch(self.records, "exchange", lambda *_: fail(StoreUnavailable("the disk is full")))
        exchanging = Deferred.fromCoroutine(self.ours.exchange(b"apple", None, Fruit("red")))
        self.failureResultOf(exchanging, StoreUnavailable)
        self.assertIsNone(self.ours.get(b"apple"))

    def test_whatIsRememberedIsNotStored(self) -> None:
        """
        A value may be used without the store, until that is read.
        """
        self.now(self.ours.exchange(b"apple", None, Fruit("green")))
        self.ours.remember(b"apple", Fruit("red"))
        self.assertEqual(self.ours.get(b"apple"), Fruit("red"))
        self.now(self.ours.load())
        self.assertEqual(self.ours.get(b"apple"), Fruit("green"))

    def test_anIndexOfAFew(self) -> None:
        """
        What nobody looks for takes no room in an index.
        """
        index = self.ours.index(lambda fruit: fruit.colour == "red" or None)
        self.now(self.ours.exchange(b"apple", None, Fruit("green")))
        self.now(self.ours.exchange(b"pear", None, Fruit("red")))
        self.assertEqual((list(index), index.keys(True)), ([True], (b"pear",)))
        self.now(self.ours.exchange(b"pear", Fruit("red"), Fruit("green")))
        self.now(self.ours.exchange(b"apple", Fruit("green"), None))
        self.assertEqual(list(index), [])

    def test_anIndexFollows(self) -> None:
        """
        An index has whatever there is, by whoever it was changed.
        """
        self.now(self.ours.exchange(b"apple", None, Fruit("green")))
        index = self.ours.index(lambda fruit: fruit.colour)
        self.now(self.ours.exchange(b"pear", None, Fruit("green")))
        self.assertEqual(index.keys("green"), (b"apple", b"pear"))
        self.now(self.ours.exchange(b"apple", Fruit("green"), Fruit("red")))
        self.assertEqual((index.keys("green"), index.keys("red")), ((b"pear",), (b"apple",)))
        self.ours.remember(b"pear", Fruit("red"))
        self.assertEqual((index.keys("green"), index.keys("red")), ((), (b"apple", b"pear")))
        self.now(self.ours.exchange(b"pear", Fruit("red"), None))
        self.assertEqual(index.keys("red"), (b"apple",))
        self.now(self.theirs.load())
        self.now(self.theirs.exchange(b"apple", Fruit("red"), Fruit("brown")))
        self.now(self.ours.load())
        self.assertEqual((index.keys("red"), index.keys("brown")), ((), (b"apple",)))
