"""
Making a backup of a state directory, whether or not a program uses it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from wand.backup.archive import Archive, BackupInvalid, Manifest
from wand.backup.contents import checkContents, roleIn
from wand.backup.database import MAGIC, copied
from wand.plain_file import unreadable
from wand.programs.store_settings import SQLITE
from wand.version import __version__

#: Endings of files that are of no use elsewhere: they belong to an open database.
_LEFT_OUT: Final = ("-wal", "-shm", "-journal")


def backupOf(state: Path, now: float, database: Path | None = None) -> Archive:
    """
    Read a whole state directory.

    @param now: the time, in seconds since the epoch.
    @param database: the server's database, if it is elsewhere; in the backup it is called L{SQLITE}.
    @raise BackupInvalid: if something cannot be read, or is damaged, so that the backup would be of no use.
    """
    try:
        read = ((each.name, _read(each)) for each in sorted(state.iterdir()))
        files = {name: content for name, content in read if content is not None}
        if database is not None and database.parent != state and database.exists():
            files[SQLITE] = copied(database)
    except OSError as error:
        raise BackupInvalid(f"{error.filename or state} {unreadable(error)}") from error
    checkContents(files, str(state))
    role = roleIn(files) or "node"  # a server has a network as soon as it was started, a node only once it joined one
    return Archive(Manifest(role, now, __version__), files)


def _read(path: Path) -> bytes | None:
    """
    The content of a file; C{None} if it does not belong into a backup, or the program that runs just removed it.
    """
    name = path.name
    try:
        if name.startswith(".") or name.endswith(_LEFT_OUT) or ".damaged" in name or not _isPlain(path):
            return None
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                return copied(path)
            file.seek(0)
            return file.read()
    except FileNotFoundError:
        return None


def _isPlain(path: Path) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode)
