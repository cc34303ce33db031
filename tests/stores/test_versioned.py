"""
Tests for L{wand.stores.versioned}: what an earlier version stored is taken over, what a later one stored is refused, in
each store.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis_case import RedisCase
from simulated.membership import SlowRecords
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.errors import StoreDamaged, StoreUnavailable
from wand.interfaces import IRecords
from wand.layouts import LAYOUT, OURS, UNMARKED, Mark
from wand.stores.memory import MemoryRecords
from wand.stores.sqlite import SQLiteRecords
from wand.stores.versioned import CHANGES, MARK_KEY, MARK_KIND, Change, VersionedRecords
from wand.worker import SameThread

LATER = Mark(LAYOUT + 1, "7.0")


def upper(kind: str, records: dict[bytes, bytes]) -> Mapping[bytes, bytes | None]:
    """
    A layout in which values are written large, and one key is gone.
    """
    return {key: None if key == b"gone" else value.upper() for key, value in records.items()}


CHANGED = {**CHANGES, LATER.layout: Change(("members",), upper)}


class Contract:
    """
    What is true of each store.
    """

    def makeRecords(self) -> IRecords:
        """
        An empty store, or again the one that was made before.
        """
        raise NotImplementedError

    def done(self, work: Deferred[Any]) -> Any:
        """
        The result of something.
        """
        return self.successResultOf(work)  # type: ignore[attr-defined]

    def refused(self, work: Deferred[Any], *kinds: type[Exception]) -> str:
        """
        The reason for which something fails.
        """
        return str(self.failureResultOf(work, *kinds).value)  # type: ignore[attr-defined]

    def test_readingChangesNothing(self) -> None:
        """
        An empty store stays empty until something is written into it; then it is marked.
        """
        inner = self.makeRecords()
        records = VersionedRecords(inner)
        assert verifyObject(IRecords, records)
        assert self.done(records.load("members")) == {}
        assert self.done(inner.load(MARK_KIND)) == {}
        self.done(records.write("members", {b"a": b"1"}))
        assert self.done(inner.load(MARK_KIND)) == {MARK_KEY: OURS.octets}
        assert self.done(records.load("members")) == {b"a": b"1"}

    def test_anUpgradeKeepsWhatWas(self) -> None:
        """
        Records are changed to the later layout when they are read first, and those of before stay in the store.
        """
        inner = self.makeRecords()
        self.done(VersionedRecords(inner).write("members", {b"a": b"x", b"gone": b"y"}))
        records = VersionedRecords(inner, CHANGED, LATER)
        assert self.done(records.load("members")) == {b"a": b"X"}
        assert self.done(inner.load(f"before-{LAYOUT} members")) == {b"a": b"x", b"gone": b"y"}
        assert self.done(records.exchange("members", b"a", b"X", b"Z"))
        assert self.done(inner.load(MARK_KIND)) == {MARK_KEY: LATER.octets}

    def test_anUpgradeIsDoneOnce(self) -> None:
        """
        However often the store is opened after it, also without a write, and if it was interrupted before the mark.
        """

        def longer(kind: str, records: dict[bytes, bytes]) -> Mapping[bytes, bytes | None]:
            return {key: None if key == b"gone" else value + b"+" for key, value in records.items()}

        changes = {**CHANGES, LATER.layout: Change(("members",), longer)}
        former = {b"a": b"x", b"gone": b"y"}
        inner = self.makeRecords()
        self.done(VersionedRecords(inner).write("members", former))
        for isInterrupted in (True, True, False, False):
            before = self.done(inner.load(MARK_KIND))
            assert self.done(VersionedRecords(inner, changes, LATER).load("members")) == {b"a": b"x+"}
            assert self.done(inner.load(f"before-{LAYOUT} members")) == former
            assert self.done(inner.load(MARK_KIND)) == {MARK_KEY: LATER.octets}
            if isInterrupted:
                self.done(inner.write(MARK_KIND, before))

    def test_aStoreWithoutAMark(self) -> None:
        """
        One of a version before marks is taken over, too.
        """
        inner = self.makeRecords()
        self.done(inner.write("members", {b"a": b"x"}))
        assert self.done(VersionedRecords(inner, CHANGED, LATER).load("members")) == {b"a": b"X"}
        assert self.done(inner.load(f"before-{UNMARKED} members")) == {b"a": b"x"}

    def test_aDowngradeIsRefused(self) -> None:
        """
        What a later version wrote is neither read nor changed, and the refusal names that version and what to do.
        """
        inner = self.makeRecords()
        self.done(VersionedRecords(inner, CHANGED, LATER).write("members", {b"a": b"X"}))
        records = VersionedRecords(inner)
        for work in (
            lambda: records.load("members"),
            lambda: records.write("members", {b"a": b"1"}),
            lambda: records.exchange("members", b"a", b"X", b"1"),
        ):
            reason = self.refused(work(), StoreUnavailable)
            assert "the store was written by wandaemon 7.0" in reason
            assert "install 7.0 again, or restore a backup" in reason
        assert self.done(inner.load("members")) == {b"a": b"X"}

    def test_aDamagedMark(self) -> None:
        """
        A mark that cannot be read is a damaged store.
        """
        inner = self.makeRecords()
        self.done(inner.write(MARK_KIND, {MARK_KEY: b"{"}))
        self.refused(VersionedRecords(inner).load("members"), StoreDamaged)

    def test_twoServersAtOnce(self) -> None:
        """
        Servers that share a store and start together mark it once.
        """
        inner = self.makeRecords()
        one, two = VersionedRecords(inner), VersionedRecords(inner)
        self.done(one.load("members"))
        self.done(two.load("members"))
        self.done(one.write("members", {b"a": b"1"}))
        self.done(two.write("members", {b"b": b"2"}))
        assert self.done(inner.load("members")) == {b"a": b"1", b"b": b"2"}


class MemoryTests(Contract, SynchronousTestCase):
    def makeRecords(self) -> IRecords:
        """
        In memory.
        """
        return MemoryRecords()


class SQLiteTests(Contract, SynchronousTestCase):
    def makeRecords(self) -> IRecords:
        """
        In a file.
        """
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        records = SQLiteRecords(Path(directory.name) / "store", SameThread("store"))
        self.addCleanup(records.close)
        return records


class RedisTests(Contract, RedisCase):
    def makeRecords(self) -> IRecords:
        """
        In a Redis.
        """
        return self.opened()


class OrderTests(SynchronousTestCase):
    def test_writesKeepTheirOrder(self) -> None:
        """
        Two writes that come before the store answered for the first time are done in their order.
        """
        inner = SlowRecords()
        records = VersionedRecords(inner)
        writes = [records.write("members", {b"a": value}) for value in (b"1", b"2")]
        inner.finish()
        self.assertTrue(all(each.called for each in writes))
        found = inner.load("members")
        inner.finish()
        self.assertEqual(self.successResultOf(found), {b"a": b"2"})
