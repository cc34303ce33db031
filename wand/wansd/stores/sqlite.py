"""
A store in an SQLite file: the embedded default.

The file is in WAL mode.  What is committed there has been handed to the operating system, so it survives the end of the
program, however it ends.  Registrations are written with C{synchronous=NORMAL}: after a power failure the last ones may
be missing, never is the file damaged, and the nodes register again within minutes; a flush of the disk for every
request would make the disk the server's limit.  An L{exchange<SQLiteRecords.exchange>} decides something that must not
be decided twice, so it is made with C{synchronous=FULL} (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from wand.errors import StoreDamaged, StoreUnavailable
from wand.interfaces import IRecords
from wand.worker import Worker

#: What we write into the file's header, to know it again: C{Wand} in ASCII.
APPLICATION: Final = 0x57616E64

#: What to do about a file that is damaged or lost.
RESTORE: Final = (
    "restore a backup (wand restore FILE); without one, start once with --recover=yes, which keeps this file under "
    "another name and begins again with what else there is"
)

#: The version of the layout below.
LAYOUT: Final = 1

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""

#: Seconds to wait for another process that writes; at first, while it is opened, and between two tries of that.
PATIENCE: Final = 5.0
OPENING: Final = 30.0
PAUSE: Final = 0.2

Result = TypeVar("Result")


@implementer(IRecords)
class SQLiteRecords:
    """
    Records in an SQLite file.  Everything is done by a worker, in whose thread the connection lives.
    """

    def __init__(self, path: Path, worker: Worker) -> None:
        """
        The file is opened, or created empty, of mode 0600, for the first that is asked of it.
        """
        self._path = path
        self._worker = worker
        self._connection: sqlite3.Connection | None = None
        self._isClosed = False

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        """
        See L{IRecords}.
        """

        def read(connection: sqlite3.Connection) -> dict[bytes, bytes]:
            return dict(connection.execute("SELECT key, value FROM records WHERE kind = ?", (kind,)))

        return self._transacted("NORMAL", read)

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        items = tuple(records.items())

        def write(connection: sqlite3.Connection) -> None:
            for key, value in items:
                _set(connection, kind, key, value)

        return self._transacted("NORMAL", write)

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        See L{IRecords}.
        """

        def exchange(connection: sqlite3.Connection) -> bool:
            query = "SELECT value FROM records WHERE kind = ? AND key = ?"
            row = connection.execute(query, (kind, key)).fetchone()
            if (row[0] if row else None) != expected:
                return False
            _set(connection, kind, key, value)
            return True

        return self._transacted("FULL", exchange)

    def close(self) -> Deferred[None]:
        """
        See L{IRecords}.
        """
        if self._isClosed:
            return succeed(None)
        self._isClosed = True
        closing = self._worker.do(self._close)
        self._worker.stop()
        return closing

    def _transacted(self, synchronous: str, work: Callable[[sqlite3.Connection], Result]) -> Deferred[Result]:
        if self._isClosed:
            return fail(StoreUnavailable(f"the store {self._path} is closed"))
        return self._worker.do(partial(self._transact, synchronous, work))

    # What the worker does.

    def _opened(self) -> sqlite3.Connection:
        until = time.monotonic() + OPENING
        while self._connection is None:
            try:
                self._connection = self._open()
            except (OSError, sqlite3.Error, StoreUnavailable) as error:
                if not _isBusy(error) or self._isClosed or time.monotonic() >= until:
                    raise self._unavailable(error) from error
                time.sleep(PAUSE)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        _prepare(self._path)
        connection = sqlite3.connect(self._path, timeout=PAUSE, isolation_level=None)
        try:
            self._begin(connection)
            connection.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, connection: sqlite3.Connection) -> None:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and (application, layout) != (APPLICATION, LAYOUT):
            raise StoreUnavailable("it belongs to another program, or to another version of this one")
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreDamaged(f"it is damaged ({' '.join(str(verdict).split())})")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("COMMIT")

    def _transact(self, synchronous: str, work: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = self._opened()
        try:
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._unavailable(error) from error
        return result

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        kind = StoreDamaged if isDamage(error) else StoreUnavailable
        return kind(f"the store {self._path} cannot be used: {reason}; {_advice(error)}")


def _prepare(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)  # SQLite gives its other files the mode of this one
    finally:
        os.close(descriptor)


def _set(connection: sqlite3.Connection, kind: str, key: bytes, value: bytes | None) -> None:
    if value is None:
        connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key))
    else:
        connection.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (kind, key, value))


def _isBusy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def isDamage(error: Exception) -> bool:
    """
    Does an error say that the file is damaged?
    """
    names = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
    return isinstance(error, StoreDamaged) or getattr(error, "sqlite_errorname", "").startswith(names)


def _advice(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, OSError) or name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "the user that the server runs as must be able to write this file and its directory"
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "see that the disk has room and works"
    if name.startswith("SQLITE_BUSY"):
        return "see that no other program holds it"
    if isDamage(error):
        return f"nothing was changed: {RESTORE}"
    return "see that the path is right"
