"""
A store that keeps every rule, in a few lines that can each be broken: a file to which every change is appended.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated, Any

import msgspec
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from zope.interface import implementer

from wand.errors import StoreUnavailable
from wand.interfaces import Context, Held, IConditionalRecords, IRecords, IStore, Settings
from wand.plugin_settings import readSettings
from wand.testing.stores import StoreContract


class RightSettings(msgspec.Struct):
    path: Annotated[str, msgspec.Meta(min_length=1)]


@implementer(IConditionalRecords)
class RightRecords:
    """
    Each change is one C{write(2)}, so it is there or not.
    """

    isClosed = False

    def __init__(self, path: Path, context: Context) -> None:
        self.context = context
        self.kinds: dict[str, dict[bytes, bytes]] = {}
        self.watchers: dict[object, tuple[str, Callable[[Mapping[bytes, bytes | None]], object]]] = {}
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        whole = 0
        with path.open("rb") as file:
            while True:
                try:
                    kind, changes = pickle.load(file)
                except (EOFError, pickle.UnpicklingError):
                    break
                self.take(kind, changes)
                whole = file.tell()
        os.truncate(self.file, whole)  # what a killed program wrote half would hide what follows

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        if self.isClosed:
            return fail(StoreUnavailable("closed"))
        return succeed(dict(self.kinds.get(kind, {})))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        if self.isClosed:
            return fail(StoreUnavailable("closed"))
        return self.done(kind, dict(records)).addCallback(lambda done: None)

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        if self.isClosed:
            return fail(StoreUnavailable("closed"))
        if self.kinds.get(kind, {}).get(key) != expected:
            return succeed(False)
        return self.done(kind, {key: value})

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        if any(self.kinds.get(each, {}).get(its) != held for each, its, held in others):
            return succeed(False)
        return RightRecords.exchange(self, kind, key, expected, value)

    def watch(self, kind: str, changed: Callable[..., object], missed: Callable[[], object]) -> Callable[[], None]:
        watcher = object()
        self.watchers[watcher] = kind, changed
        return lambda: self.watchers.pop(watcher, None) and None

    def close(self) -> Deferred[None]:
        if not self.isClosed:
            self.isClosed = True
            os.close(self.file)
        return succeed(None)

    def done(self, kind: str, changes: Mapping[bytes, bytes | None]) -> Deferred[bool]:
        whole = os.fstat(self.file).st_size
        try:
            self.append(kind, changes)
        except OSError as error:
            os.ftruncate(self.file, whole)
            return fail(StoreUnavailable(f"the store cannot be written: {error}"))
        self.take(kind, changes)
        return succeed(True)

    def append(self, kind: str, changes: Mapping[bytes, bytes | None]) -> None:
        octets = pickle.dumps((kind, dict(changes)))
        if os.write(self.file, octets) < len(octets):
            raise OSError("there is no room")

    def take(self, kind: str, changes: Mapping[bytes, bytes | None]) -> None:
        for key, value in changes.items():
            if value is None:
                self.kinds.get(kind, {}).pop(key, None)
            else:
                self.kinds.setdefault(kind, {})[key] = value


@implementer(IStore)
class RightStore:
    """
    @ivar records: the class of what it opens.
    """

    name = "right"
    about = "a file to which every change is appended"
    records: type[RightRecords] = RightRecords

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: Context) -> IRecords:
        try:
            return self.records(Path(readSettings(settings, RightSettings, "store-settings").path), context)
        except OSError as error:
            raise StoreUnavailable(f"the store cannot be opened: {error}; set another path") from error


class RightStoreCase(StoreContract):
    """
    The contract; each test has a folder of its own.
    """

    def makeStore(self) -> IStore:
        self.makeFolder()
        return RightStore()

    def makeFolder(self) -> None:
        folder = mkdtemp()
        self.addCleanup(rmtree, folder, ignore_errors=True)
        self.settings = {"path": f"{folder}/records"}

    def successResultOf(self, deferred: Deferred[Any]) -> Any:
        clock = self.context.clock
        assert isinstance(clock, Clock)
        clock.pump([0.1] * 20)
        return super().successResultOf(deferred)  # type: ignore[misc]  # that of Twisted's test case

    def impossibleSettings(self) -> Mapping[str, Any]:
        return {"path": f"{self.settings['path']}/there/is/none"}
