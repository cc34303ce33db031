"""
A store: a file to which every change is appended as one line, with one write each, so that it is there or not.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from twisted.internet.defer import Deferred, execute, succeed
from zope.interface import implementer

from wand.errors import StoreUnavailable
from wand.interfaces import Context, IRecords, IStore, Settings
from wand.plugin_settings import readSettings


class JournalSettings(msgspec.Struct):
    """
    What an operator sets.
    """

    path: str


Changes = Mapping[bytes, bytes | None]


# store
@implementer(IRecords)
class Journal:
    """
    The file, and what is in it.
    """

    def __init__(self, path: Path) -> None:
        self.kinds: dict[str, dict[bytes, bytes]] = {}
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        octets = path.read_bytes()
        whole = octets.rfind(b"\n") + 1  # whoever is killed in a long write leaves a part of a line behind
        os.ftruncate(self.file, whole)
        for line in octets[:whole].splitlines():
            kind, changes = msgspec.json.decode(line, type=tuple[str, list[tuple[bytes, bytes | None]]])
            self._take(kind, dict(changes))

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return execute(lambda: dict(self._open().get(kind, {})))

    def write(self, kind: str, records: Changes) -> Deferred[None]:
        return execute(self._write, kind, records)

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        def exchange() -> bool:
            if self._open().get(kind, {}).get(key) != expected:
                return False
            self._write(kind, {key: value})
            return True

        return execute(exchange)

    def watch(
        self, kind: str, changed: Callable[[Changes], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        return lambda: None  # nobody else writes into the file

    def close(self) -> Deferred[None]:
        if self.file >= 0:
            os.close(self.file)
        self.file = -1
        return succeed(None)

    def _open(self) -> dict[str, dict[bytes, bytes]]:
        if self.file < 0:
            raise StoreUnavailable("the journal is closed")
        return self.kinds

    def _write(self, kind: str, changes: Changes) -> None:
        self._open()
        line = msgspec.json.encode((kind, list(changes.items()))) + b"\n"
        before = os.fstat(self.file).st_size
        try:
            written = os.write(self.file, line)
        except OSError:
            written = 0
        if written < len(line):  # the disk is full
            os.ftruncate(self.file, before)
            raise StoreUnavailable("the journal cannot be written: there is no room for it")
        self._take(kind, changes)

    def _take(self, kind: str, changes: Changes) -> None:
        records = self.kinds.setdefault(kind, {})
        records.update({key: value for key, value in changes.items() if value is not None})
        for key in [key for key, value in changes.items() if value is None]:
            records.pop(key, None)


# end of store


@implementer(IStore)
class JournalStore:
    """
    Opens it.
    """

    name = "journal"
    about = "a file to which every change is appended"

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: Context) -> IRecords:
        return Journal(Path(readSettings(settings, JournalSettings, "store-settings").path))
