"""
A server's database in a backup: a consistent copy, even while the server uses it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from wand.backup.archive import BackupInvalid

#: The first octets of a database file.
MAGIC: Final = b"SQLite format 3\x00"

#: Where its header says how it is written: 1 for a journal, 2 for a log (https://www.sqlite.org/fileformat.html).
_MEANS: Final = slice(18, 20)


def copied(path: Path) -> bytes:
    """
    A copy of a database, as the file of one that nobody uses.

    @raise BackupInvalid: if it cannot be read, or is damaged.
    """
    try:
        with closing(_opened(path)) as source, closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            content = bytearray(copy.serialize())
    except sqlite3.Error as error:
        raise BackupInvalid(f"{path} cannot be read: {error}; no backup was made") from error
    content[_MEANS] = b"\x01\x01"
    check(bytes(content), str(path))
    return bytes(content)


def check(content: bytes, name: str) -> None:
    """
    @raise BackupInvalid: if these octets are not a database, or a damaged one.
    """
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(content)
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise BackupInvalid(f"{name} is damaged ({' '.join(str(verdict).split())})")


def _opened(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:  # nobody uses it, and nothing may be written beside it
        connection.close()
        if path.with_name(f"{path.name}-wal").exists():
            raise
        return sqlite3.connect(f"{address}&immutable=1", uri=True)
    return connection
