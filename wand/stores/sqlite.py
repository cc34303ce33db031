"""
A store in an SQLite file: the embedded default.

The file is in WAL mode.  What is committed there has been handed to the operating system, so it survives the end of the
program, however it ends.  Registrations are written with C{synchronous=NORMAL}: after a power failure the last ones may
be missing, but the file is never damaged, and nodes register again within minutes; a flush of the disk for every
request would make the disk the server's limit.  An L{exchange<SQLiteRecords.exchange>} decides something that must not
be decided twice, so it is made with C{synchronous=FULL} (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from wand.errors import StateUnavailable, StoreDamaged, StoreHindered, StoreUnavailable
from wand.interfaces import Held, IConditionalRecords
from wand.plain_file import checkPlain
from wand.version import __version__
from wand.worker import Worker

#: What we write into the file's header, to know it again: C{Wand} in ASCII.
APPLICATION: Final = 0x57616E64

#: What to do about a file that is damaged or lost.
FILE_RESTORE_ADVICE: Final = (
    "restore a backup (wand restore FILE); without one, start once with --recover=yes, which keeps this file under "
    "another name and begins again with what else there is"
)

#: Names of SQLite's errors, and numbers of the system's, that say what may pass: something is in the way.
_HINDRANCES: Final = (
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
    "SQLITE_READONLY",
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
)
_NUMBERS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})

#: Those that say that another process writes.
_BUSY: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")

#: Names of errors that SQLite has where it finds no room for the file that it shares with other processes.
_CRAMPED: Final = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")

#: The version of the layout below.
LAYOUT: Final = 1

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""

_PUT: Final = "INSERT OR REPLACE INTO records VALUES (?, ?, ?)"
_DELETE: Final = "DELETE FROM records WHERE kind = ? AND key = ?"

#: Seconds to wait for another process that writes; at first, while it is opened, and between two tries of that.
LOCK_PATIENCE: Final = 5.0
OPENING_PATIENCE: Final = 30.0
OPENING_PAUSE: Final = 0.2

Result = TypeVar("Result")


@implementer(IConditionalRecords)
class SQLiteRecords:
    """
    Records in an SQLite file.  Everything is done by a worker, in whose thread the connection lives.
    """

    def __init__(self, path: Path, worker: Worker) -> None:
        """
        The file is opened, or created empty with mode 0600, at the first request.
        """
        self._path = path
        self._worker = worker
        self._connection: sqlite3.Connection | None = None
        self._isAlone = False  # see _opened
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
        gone = [(kind, key) for key, value in records.items() if value is None]
        kept = [(kind, key, value) for key, value in records.items() if value is not None]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(_DELETE, gone)
            connection.executemany(_PUT, kept)

        return self._transacted("NORMAL", write)

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        """
        See L{IRecords}.
        """
        return self.exchangeIf(kind, key, expected, value, ())

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        """
        See L{IConditionalRecords}.
        """
        held = ((kind, key, expected), *others)

        def exchange(connection: sqlite3.Connection) -> bool:
            query = "SELECT value FROM records WHERE kind = ? AND key = ?"
            for each, its, octets in held:
                row = connection.execute(query, (each, its)).fetchone()
                if (row[0] if row else None) != octets:
                    return False
            _set(connection, kind, key, value)
            return True

        return self._transacted("FULL", exchange)

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords}.  A file is one server's: what another process writes into it is seen when it is loaded.
        """
        return lambda: None

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
        """
        The connection.  On a full disk there may be no room for the file that SQLite shares with other processes; then
        there are no other processes until something could be written again.
        """
        until = time.monotonic() + OPENING_PATIENCE
        while self._connection is None:
            try:
                self._connection = self._open()
            except (OSError, sqlite3.Error, StoreUnavailable) as error:
                if not self._isAlone and _isOf(error, _CRAMPED):
                    self._isAlone = True
                    continue
                if not _isOf(error, _BUSY) or self._isClosed or time.monotonic() >= until:
                    self._isAlone = False
                    raise self._unavailable(error) from error
                time.sleep(OPENING_PAUSE)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        _prepare(self._path)
        connection = sqlite3.connect(self._path, timeout=OPENING_PAUSE, isolation_level=None)
        try:
            self._begin(connection)
            connection.execute(f"PRAGMA busy_timeout = {round(LOCK_PATIENCE * 1000)}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, connection: sqlite3.Connection) -> None:
        if self._isAlone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and (application, layout) != (APPLICATION, LAYOUT):
            raise StoreUnavailable(_foreign(application, layout))
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreDamaged(f"it is damaged ({' '.join(str(verdict).split())})")
        connection.execute("PRAGMA journal_mode = WAL")
        if not tables:
            self._create(connection)

    def _create(self, connection: sqlite3.Connection) -> None:
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
        if self._isAlone and connection.total_changes:  # there is room
            self._isAlone = False
            self._close()
        return result

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        isPassing = _isOf(error, _HINDRANCES) or (isinstance(error, OSError) and error.errno in _NUMBERS)
        kind = StoreDamaged if isDamage(error) else StoreHindered if isPassing else StoreUnavailable
        return kind(f"the store {self._path} cannot be used: {reason}; {_advice(error)}")


def _foreign(application: int, layout: int) -> str:
    if application != APPLICATION:
        return "it belongs to another program, and nothing was changed"
    return (
        f"a later version of wandaemon wrote it (layout {layout} of the file), and this is {__version__}, which "
        f"understands layout {LAYOUT}; nothing was changed: install that version again, or restore a backup that was "
        "made before its upgrade"
    )


def _prepare(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        checkPlain(path, path.stat())
    except FileNotFoundError:
        pass
    except StateUnavailable as error:
        raise StoreUnavailable(str(error)) from None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)  # SQLite gives its other files the mode of this one
    finally:
        os.close(descriptor)


def _set(connection: sqlite3.Connection, kind: str, key: bytes, value: bytes | None) -> None:
    if value is None:
        connection.execute(_DELETE, (kind, key))
    else:
        connection.execute(_PUT, (kind, key, value))


def _isOf(error: Exception, names: tuple[str, ...]) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(names)


def isDamage(error: Exception) -> bool:
    """
    Does an error say that the file is damaged?
    """
    return isinstance(error, StoreDamaged) or _isOf(error, ("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _advice(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, OSError) and error.errno in _NUMBERS:
        return "see that the disk has room, works, and is mounted for writing"
    if isinstance(error, OSError) or name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "the user that the server runs as must be able to write this file and its directory"
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "see that the disk has room and works"
    if name.startswith("SQLITE_BUSY"):
        return "see that no other program holds it"
    if isDamage(error):
        return f"nothing was changed: {FILE_RESTORE_ADVICE}"
    return "see that the path is right"
