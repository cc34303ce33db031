"""
Mutation tests of the contract of stores: each store is wrong in one thing, and the test named with it says so.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from right_stores import RightRecords, RightStore, RightStoreCase
from twisted.internet.defer import Deferred, fail, succeed
from wrong_plugins import Wrong, Wrongs, assertCaught, assertRight, nameOf

from wand.errors import ConfigurationInvalid, StoreUnavailable
from wand.interfaces import Context, Held, IRecords, Settings
from wand.testing.shared_records import SharedRecordsContract
from wand.testing.shared_store import SharedRecords, SharedStore

WRONG = Wrongs()
caught = WRONG.caught

WRONG_SHARED = Wrongs()
caughtShared = WRONG_SHARED.caught

Records = Mapping[bytes, bytes | None]


def test_theRightStorePasses() -> None:
    assertRight(RightStoreCase)


@pytest.mark.parametrize("wrong", WRONG, ids=nameOf)
def test_wrongStoreIsCaught(wrong: Wrong) -> None:
    class Store(RightStore):
        records = wrong.made if issubclass(wrong.made, RightRecords) else RightRecords

    made = Store if issubclass(wrong.made, RightRecords) else wrong.made

    def makeStore(self: RightStoreCase) -> RightStore:
        self.makeFolder()
        store: RightStore = made()
        return store

    assertCaught(RightStoreCase, wrong, makeStore=makeStore)


# Keys and values.


@caught("test_keysOfAnyLength", "are missing")
class CutsLongKeys(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, {key[:255]: value for key, value in changes.items()})


@caught("test_valuesOfAnyLength", "of 65536 octets came 65535")
class CutsLargeValues(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, {key: value and value[:65_535] for key, value in changes.items()})


@caught("test_kindsAreApart", "kinds are apart")
class MergesKinds(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take("all", changes)

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return super().load("all")


@caught("test_kindsAreApart", "kinds are apart")
class JoinsKindAndKey(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take("all", {kind.encode() + key: value for key, value in changes.items()})

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        start = kind.encode()
        records = self.kinds.get("all", {})
        return succeed({key[len(start) :]: value for key, value in records.items() if key.startswith(start)})


@caught("test_emptyValues", "1 are missing")
class TakesAnEmptyValueForNone(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, {key: value or None for key, value in changes.items()})


@caught("test_emptyValues", "an exchange took it for no record")
class ExchangesAnEmptyValueForNone(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        found = self.kinds.get(kind, {}).get(key)
        return super().exchange(kind, key, found if (found or None) == (expected or None) else b"other", value)


@caught("test_similarKeysAreApart", "are missing")
class FoldsTheCaseOfKeys(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, {key.lower(): value for key, value in changes.items()})


@caught("test_similarKeysAreApart", "are missing")
class StripsKeys(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, {key.rstrip(b"\0 \n"): value for key, value in changes.items()})


@caught("test_whatIsWrittenIsLoaded", "UnicodeDecodeError")
class KnowsOnlyText(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        return super().write(kind, {key.decode().encode(): value for key, value in records.items()})


@caught("test_whatIsWrittenIsLoaded", "octet for octet")
class TranslatesNewlines(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, {key: value and value.replace(b"\r\n", b"\n") for key, value in changes.items()})


@caught("test_typesAreExact", "bytearray")
class ReturnsBytearrays(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return succeed({key: bytearray(value) for key, value in self.kinds.get(kind, {}).items()})  # type: ignore[misc]


@caught("test_typesAreExact", "exchange() answered 1")
class AnswersAnIntForABool(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return super().exchange(kind, key, expected, value).addCallback(int)


@caught("test_noneDeletes", "write() answered 3")
class WriteAnswersACount(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        return super().write(kind, records).addCallback(lambda _: len(records))  # type: ignore[return-value]


@caught("test_whatIsWrittenIsLoaded", "returned None")
class AnswersNoDeferred(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        super().write(kind, records)
        return None  # type: ignore[return-value]


@caught("test_theCallersMappingIsNotKept", "mappings are not shared")
class KeepsTheCallersMapping(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        done: Deferred[None] = Deferred()
        self.context.clock.callLater(
            0, lambda: super(KeepsTheCallersMapping, self).write(kind, records).chainDeferred(done)
        )
        return done


@caught("test_loadedRecordsAreACopy", "mappings are not shared")
class LoadsItsOwnMapping(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return succeed(self.kinds.setdefault(kind, {}))


@caught("test_noneDeletes", "are missing")
class ReplacesTheKind(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        self.kinds[kind] = {}
        super().take(kind, changes)


@caught("test_noneDeletes", "too many")
class DeletesNothing(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, {key: value for key, value in changes.items() if value is not None})


@caught("test_noneDeletes", "KeyError")
class CannotDeleteWhatIsNotThere(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        for key, value in records.items():
            if value is None:
                self.kinds[kind][key]
        return super().write(kind, records)


@caught("test_manyRecords", "2000 are missing")
class LoadsAThousand(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return super().load(kind).addCallback(lambda records: dict(list(records.items())[:1000]))


@caught("test_newStoreIsEmpty", "1 are too many")
class IsNeverEmpty(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return super().load(kind).addCallback(lambda records: {b"version": b"1", **records})


# Exchanges and order.


@caught("test_oneOfManyExchangesSucceeds", "of 10 that expect no record 10 succeeded")
class ExchangeIsNotAtomic(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        if self.kinds.get(kind, {}).get(key) != expected:
            return succeed(False)
        done: Deferred[bool] = Deferred()
        self.context.clock.callLater(0, lambda: done.callback(self.write(kind, {key: value}) is not None))
        return done


@caught("test_exchangeSetsWhatIsExpected", "it answered True")
class ExchangeSetsAlways(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return self.write(kind, {key: value}).addCallback(lambda _: True)


@caught("test_exchangeSetsWhatIsExpected", "from b'1' to b'1' it answered False")
class ExchangeRefusesTheSame(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return succeed(False) if expected == value else super().exchange(kind, key, expected, value)


@caught("test_exchangeSetsWhatIsExpected", "only if that holds what is expected")
class ExchangeComparesTheBeginning(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        found = self.kinds.get(kind, {}).get(key)
        isLike = bool(found and expected and expected.startswith(found))
        return super().exchange(kind, key, found if isLike else expected, value)


@caught("test_exchangeIfOthersHold", "while another held something else it said True")
class LooksAtTheLastOfOthers(RightRecords):
    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        return super().exchangeIf(kind, key, expected, value, others[-1:])


@caught("test_exchangeIfOthersHold", "from what is not there it said True")
class LooksAtOthersOnly(RightRecords):
    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        return super().exchangeIf(kind, key, self.kinds.get(kind, {}).get(key), value, others)


@caught("test_callsAreDoneInTheirOrder", "in the order in which they were made")
class WritesLater(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        kept, done = dict(records), Deferred[None]()
        self.context.clock.callLater(0, lambda: super(WritesLater, self).write(kind, kept).chainDeferred(done))
        return done


@caught("test_nobodySeesHalfAWrite", "records had values of both")
class WritesInTwoHalves(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        items, done = list(records.items()), Deferred[None]()
        super().write(kind, dict(items[: len(items) // 2]))
        rest = dict(items[len(items) // 2 :])
        self.context.clock.callLater(0, lambda: super(WritesInTwoHalves, self).write(kind, rest).chainDeferred(done))
        return done


@caught("test_ownChangesAreNotHeard", "heard:")
class TellsOfItsOwnChanges(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(kind, changes)
        for _, changed in self.watchers.values():
            changed(changes)


@caught("test_ownChangesAreNotHeard", "watch() returned None")
class WatchReturnsNothing(RightRecords):
    def watch(self, kind: str, changed: Callable[..., object], missed: Callable[[], object]) -> Callable[[], None]:
        return None  # type: ignore[return-value]


@caught("test_watchingEnds", "called twice, raised KeyError")
class WatchingEndsOnce(RightRecords):
    def watch(self, kind: str, changed: Callable[..., object], missed: Callable[[], object]) -> Callable[[], None]:
        watcher = object()
        self.watchers[watcher] = kind, changed
        return lambda: self.watchers.pop(watcher) and None


# Endings.


@caught("test_survivesARestart", "are missing")
class ForgetsEverything(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        pass


@caught("test_survivesARestart", "too many")
class ForgetsWhatWasDeleted(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        super().append(kind, {key: value for key, value in changes.items() if value is not None})


@caught("test_survivesARestart", "are missing")
class ForgetsExchanges(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        if self.kinds.get(kind, {}).get(key) != expected:
            return succeed(False)
        self.take(kind, {key: value})
        return succeed(True)


@caught("test_survivesBeingKilled", "writes were acknowledged")
class WritesAtClose(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        self.waiting = [*getattr(self, "waiting", []), (kind, dict(changes))]

    def close(self) -> Deferred[None]:
        while getattr(self, "waiting", []):
            super().append(*self.waiting.pop(0))
        return super().close()


@caught("test_survivesBeingKilledAtAnyStep", "killed at call")
class LeavesHalfAWrite(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        for key, value in changes.items():
            super().append(kind, {key: value})


@caught("test_survivesBeingKilled", "has not returned", timeLimit=1.0)
class HangsInAnotherProcess(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        if len(records) == 100:
            time.sleep(100)
        return super().write(kind, records)


@caught("test_closeFires", "close()")
class CloseNeverFires(RightRecords):
    def close(self) -> Deferred[None]:
        super().close()
        return Deferred()


@caught("test_closeFires", "close() returned None")
class CloseReturnsNothing(RightRecords):
    def close(self) -> Deferred[None]:
        super().close()
        return None  # type: ignore[return-value]


@caught("test_closeFires", "called again raised OSError")
class ClosesOnce(RightRecords):
    def close(self) -> Deferred[None]:
        os.close(self.file)
        self.isClosed = True
        return succeed(None)


@caught("test_closeFinishesWhatIsUnderWay", "write(), before close()")
class CloseForgetsWhatIsUnderWay(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        kept, done = dict(records), Deferred[None]()

        def later() -> None:
            if not self.isClosed:
                super(CloseForgetsWhatIsUnderWay, self).write(kind, kept).chainDeferred(done)

        self.context.clock.callLater(0, later)
        return done


@caught("test_closedStoreRaisesNothing", "ValueError")
class RaisesWhenItIsClosed(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        if self.isClosed:
            raise ValueError("closed")
        return super().load(kind)


@caught("test_closedStoreRaisesNothing", "a call after close()")
class FailsOtherwiseWhenItIsClosed(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        def other(failure: Any) -> None:
            raise OSError("bad descriptor")

        return super().load(kind).addErrback(other)  # type: ignore[return-value]


@caught("test_closedStoreRaisesNothing", "a call after close()")
class NeverAnswersWhenItIsClosed(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return Deferred() if self.isClosed else super().exchange(kind, key, expected, value)


@caught("test_whatIsWrittenIsLoaded", "WaitsInWrite.write has not returned", timeLimit=0.2)
class WaitsInWrite(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        time.sleep(100)
        return super().write(kind, records)


# The plugin.


@caught("test_unknownSettingsAreRefused", "it was opened with the setting no-such-setting")
class TakesAnySetting(RightStore):
    def open(self, settings: Settings, context: Context) -> IRecords:
        return super().open({"path": settings["path"]}, context)


@caught("test_unknownSettingsAreRefused", "StoreUnavailable")
class RaisesAnotherError(RightStore):
    def open(self, settings: Settings, context: Context) -> IRecords:
        try:
            return super().open(settings, context)
        except ConfigurationInvalid as error:
            raise StoreUnavailable(str(error)) from None


@caught("test_opensAgain", "the second open() raised")
class OpensOnce(RightStore):
    opened = 0

    def open(self, settings: Settings, context: Context) -> IRecords:
        self.opened += 1
        if self.opened > 1:
            raise StoreUnavailable("it is open already")
        return super().open(settings, context)


@caught("test_opensWhatItsInterfacePromises", "Deferred")
class OpensLater(RightStore):
    def open(self, settings: Settings, context: Context) -> IRecords:
        return succeed(super().open(settings, context))  # type: ignore[return-value]


@caught("test_descriptorsAreNotInherited", "1 inheritable")
class InheritableFile(RightRecords):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        os.set_inheritable(self.file, True)


@caught("test_importsNoReactor", "imported by")
class ImportsTheReactor(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        with suppress(ImportError):
            from twisted.internet import reactor  # noqa: F401
        return super().write(kind, records)


@caught("test_records", "exchange")
class LacksAMethod(RightRecords):
    exchange = None  # type: ignore[assignment]


# Those that several servers share.


class SharedCase(SharedRecordsContract):
    records_: type[SharedRecords] = SharedRecords
    canFork = False

    def makeRecords(self) -> IRecords:
        self.store = SharedStore()
        return self.reopened()

    def reopened(self) -> IRecords:
        records = self.records_(self.store)
        self.store.opened.append(records)
        return records

    def makeOther(self) -> IRecords:
        return self.reopened()


def test_theRightSharedStorePasses() -> None:
    assertRight(SharedCase)


@pytest.mark.parametrize("wrong", WRONG_SHARED, ids=nameOf)
def test_wrongSharedStoreIsCaught(wrong: Wrong) -> None:
    assertCaught(SharedCase, wrong, records_=wrong.made)


@caughtShared("test_changesOfOthersAreHeard", "the watcher's copy is {}")
class TellsNobody(SharedRecords):
    def hear(self, kind: str, changes: Records) -> None:
        pass


@caughtShared("test_changesOfOthersAreHeard", "missed was called 4 times")
class SaysThatAllWasMissed(SharedRecords):
    def hear(self, kind: str, changes: Records) -> None:
        for _, _, missed in tuple(self._watchers.values()):
            missed()


@caughtShared("test_changesOfOthersAreHeard", "the watcher's copy is")
class TellsNoDeletions(SharedRecords):
    def hear(self, kind: str, changes: Records) -> None:
        super().hear(kind, {key: value for key, value in changes.items() if value is not None})


@caughtShared("test_onlyOfItsKind", "in the kind a was heard")
class TellsOfAllKinds(SharedRecords):
    def hear(self, kind: str, changes: Records) -> None:
        for _, changed, _ in tuple(self._watchers.values()):
            changed(changes)


@caughtShared("test_onlyOfItsKind", "after the end was heard")
class WatchingNeverEnds(SharedRecords):
    def watch(self, *arguments: Any) -> Callable[[], None]:
        super().watch(*arguments)
        return lambda: None


@caughtShared("test_inTheirOrder", "the watcher's copy is")
class TellsTheOldestLast(SharedRecords):
    def hear(self, kind: str, changes: Records) -> None:
        self.first = getattr(self, "first", changes)
        super().hear(kind, changes)
        super().hear(kind, self.first)


@caughtShared("test_whatIsToldIsNotOlderThanWhatWasDone", "never older than")
class TellsWhatIsOlder(SharedRecords):
    def hear(self, kind: str, changes: Records) -> None:
        late, self.late = getattr(self, "late", {}), changes
        super().hear(kind, late)


@caughtShared("test_bothSeeTheSame", "the other one loaded")
class KeepsACopyOfItsOwn(SharedRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        self.copies = getattr(self, "copies", None) or {}
        return succeed(dict(self.copies.get(kind, {})))


@caughtShared("test_oneOfTwoServersSucceeds", "of two servers 2 succeeded")
class ExchangesByItsOwnCopy(SharedRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        self.copies: dict[tuple[str, bytes], bytes | None] = getattr(self, "copies", {})
        if self.copies.get((kind, key)) != expected:
            return succeed(False)
        self.copies[kind, key] = value
        return self.write(kind, {key: value}).addCallback(lambda _: True)


# What else is easily overlooked.


@caught("test_anyMapping", "TypeError")
class NeedsADict(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        if not isinstance(records, dict):
            raise TypeError("a dict is needed")
        return super().write(kind, records)


@caught("test_kindsAreApart", "in the kind a")
class MakesNamesOfKinds(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take("".join(each for each in kind if each.isascii() and each.isalnum()), changes)

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return super().load("".join(each for each in kind if each.isascii() and each.isalnum()))


@caught("test_survivesARestart", "1 are missing")
class WritesOnlyAtFirst(RightRecords):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.isSecond = bool(self.kinds)

    def append(self, kind: str, changes: Records) -> None:
        if not self.isSecond:
            super().append(kind, changes)


@caught("test_survivesBeingKilled", "exchanges were acknowledged")
class KeepsExchangesUntilTheEnd(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        if len(changes) > 1:
            super().append(kind, changes)
        else:
            self.late = [*getattr(self, "late", []), (kind, dict(changes))]

    def close(self) -> Deferred[None]:
        for each in getattr(self, "late", []):
            super().append(*each)
        self.late = []
        return super().close()


@caught("test_exchangeSetsWhatIsExpected", "from no record to none it was refused")
class RefusesToDeleteNothing(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        if expected is None and value is None:
            return succeed(False)
        return super().exchange(kind, key, expected, value)


# What lasts, and what is apart.


@caught("test_storesAreApart", "the other one holds")
class OneCacheForAll(RightStore):
    cache: dict[str, dict[bytes, bytes]] = {}

    def open(self, settings: Settings, context: Context) -> IRecords:
        records: Any = super().open(settings, context)
        if not Path(settings["path"]).stat().st_size and not records.kinds and context is not OneCacheForAll.last:
            OneCacheForAll.cache, OneCacheForAll.last = {}, context
        records.kinds = OneCacheForAll.cache
        return records  # type: ignore[no-any-return]

    last: Context | None = None


@caught("test_exchangeSetsWhatIsExpected", "it took b'1' for b'1234'")
class ComparesTheBeginning(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        found = self.kinds.get(kind, {}).get(key)
        if expected and found and found.startswith(expected):
            expected = found
        return super().exchange(kind, key, expected, value)


@caught("test_eachCallHasItsOwnAnswer", "the same Deferred")
class RemembersWhatItAnswered(RightRecords):
    answer: Deferred[dict[bytes, bytes]] | None = None

    def take(self, kind: str, changes: Records) -> None:
        self.answer = None
        super().take(kind, changes)

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        self.answer = self.answer or super().load(kind)
        return self.answer


@caught("test_eachCallHasItsOwnAnswer", "busy")
class RefusesCallsFromCallbacks(RightRecords):
    isBusy = False

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        answer: Deferred[dict[bytes, bytes]] = Deferred()
        self.context.clock.callLater(0, self.answer, kind, answer)
        return answer

    def answer(self, kind: str, answer: Deferred[dict[bytes, bytes]]) -> None:
        self.isBusy = True
        super().load(kind).chainDeferred(answer)
        self.isBusy = False

    def write(self, kind: str, records: Records) -> Deferred[None]:
        return fail(StoreUnavailable("busy")) if self.isBusy else super().write(kind, records)


@caught("test_emptiedKind", "1 are missing")
class ForgetsAKindThatWasEmpty(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        self.ended: set[str] = getattr(self, "ended", set())
        if kind not in self.ended:
            super().take(kind, changes)
        if not self.kinds.get(kind, {1: 1}):
            self.ended.add(kind)


@caught("test_oldValuesAreNotKept", "octets more are in use")
class KeepsEveryVersion(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        self.versions: list[Records] = getattr(self, "versions", [])
        self.versions.append(dict(changes))
        super().take(kind, changes)


@caught("test_kindsAreApart", "kinds are apart")
class KindsAreFiles(RightRecords):
    def take(self, kind: str, changes: Records) -> None:
        super().take(os.path.normpath("/" + kind), changes)

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return super().load(os.path.normpath("/" + kind))


@caught("test_whatCannotBeOpened", "FileNotFoundError")
class RaisesWhatTheSystemSays(RightStore):
    def open(self, settings: Settings, context: Context) -> IRecords:
        return self.records(Path(settings["path"]), context)


@caught("test_leavesNothingThatItUsed", "it held")
class LeaksADescriptorForEachLoad(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        return super().load(kind)


@caught("test_settingsOfAWrongTypeAreRefused", "TypeError")
class TakesAnyTypeOfASetting(RightStore):
    def open(self, settings: Settings, context: Context) -> IRecords:
        for key in settings:
            if key != "path":
                raise ConfigurationInvalid("store-settings", key, "there is no such setting")
        return self.records(Path(settings["path"]), context)


# Threads.


@caught("test_waitsForNothing", "fsync")
class SynchronizesInTheReactor(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        super().append(kind, changes)
        os.fsync(self.file)


@caught("test_waitsForNothing", "fdatasync")
class SynchronizesExchangesInTheReactor(RightRecords):
    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        os.fdatasync(self.file)
        return super().exchange(kind, key, expected, value)


@caught("test_waitsForNothing", "Cursor.execute")
class AsksADatabaseInTheReactor(RightRecords):
    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        with closing(sqlite3.connect(":memory:")) as database:
            database.cursor().execute("select 1")
        return super().load(kind)


@caught("test_callsNothingFromOtherThreads", "Deferred.callback in the thread writing")
class AnswersInItsThread(RightRecords):
    def write(self, kind: str, records: Records) -> Deferred[None]:
        answer: Deferred[None] = Deferred()
        written = super().write(kind, dict(records))
        thread = Thread(target=lambda: written.chainDeferred(answer), name="writing")
        thread.start()
        thread.join()
        return answer


# Accidents.


class RewrittenRecords(RightRecords):
    """
    All in one file, which is written anew each time.
    """

    def __init__(self, path: Path, context: Context) -> None:
        super().__init__(path, context)
        self.path = path

    def append(self, kind: str, changes: Records) -> None:
        kinds = [*self.kinds.items(), (kind, {**self.kinds.get(kind, {}), **changes})]
        self.save(b"".join(pickle.dumps((kind, records)) for kind, records in kinds))

    def save(self, content: bytes) -> None:
        raise NotImplementedError


@caught("test_survivesBeingKilledAtAnyStep", "it left {}")
class RewritesItsFileInPlace(RewrittenRecords):
    def save(self, content: bytes) -> None:
        self.path.write_bytes(content)


@caught("test_survivesBeingKilledAtAnyStep", "it left {}")
class RemovesTheOldFileFirst(RewrittenRecords):
    def save(self, content: bytes) -> None:
        new = self.path.with_suffix(".new")
        new.write_bytes(content)
        self.path.unlink()
        new.rename(self.path)


@caught("test_survivesBeingKilledAtAnyStep", "open(), after a program was killed")
class LocksByAFile(RightRecords):
    def __init__(self, path: Path, context: Context) -> None:
        self.lock = path.with_suffix(".lock")
        self.lock.touch(exist_ok=False)
        super().__init__(path, context)

    def close(self) -> Deferred[None]:
        self.lock.unlink(missing_ok=True)
        return super().close()


@caught("test_whatFindsNoRoomIsNotAcknowledged", "it was acknowledged, and is not there")
class TakesNoNoticeOfErrors(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        with suppress(OSError):
            super().append(kind, changes)


@caught("test_whatFindsNoRoomIsNotAcknowledged", "it was acknowledged, and is not there")
class WritesAsMuchAsThereIsRoomFor(RightRecords):
    def append(self, kind: str, changes: Records) -> None:
        os.write(self.file, pickle.dumps((kind, dict(changes))))


@caught("test_whatFindsNoRoomIsNotAcknowledged", "write() raised OSError")
class RaisesWhenTheDiskIsFull(RightRecords):
    def done(self, kind: str, changes: Records) -> Deferred[bool]:
        self.append(kind, changes)
        self.take(kind, changes)
        return succeed(True)
