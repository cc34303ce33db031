"""
Restoring a backup: everything is checked before anything is changed, and the former files are kept.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from wand.backup.archive import Archive, BackupInvalid
from wand.backup.contents import checkContents, roleIn
from wand.errors import StateUnavailable
from wand.state import Owner, StateDirectory, restoredName
from wand.state_lock import StateLock

#: The name of the directory, in the state directory, that keeps the former files; a number follows.
ASIDE: Final = ".before-restore"

#: How many such directories there may be.
_ASIDE_MAXIMUM: Final = 1000


def restore(archive: Archive, state: Path, owner: Owner, *, force: bool) -> Path | None:
    """
    Restore a backup into a state directory.

    @param owner: who will own the files.
    @param force: move aside existing files?
    @return: where they are now; C{None} if there were none.
    @raise BackupInvalid: if the backup is damaged, or the directory cannot take it; nothing was changed then.
    @raise StateUnavailable: if a program uses the directory, or it cannot be written.
    """
    checkContents(archive.files, "the backup")
    directory = StateDirectory(str(state), owner)
    lock = StateLock(state)
    lock.take()
    try:
        there = [each for each in state.iterdir() if not each.name.startswith(".")]
        if there and not force:
            raise BackupInvalid(
                f"{state} is not empty, and nothing was changed: with --force, its files are kept in {state / ASIDE}-1"
            )
        return _replace(directory, there, archive, owner)
    finally:
        lock.release()


def roleAt(state: Path) -> str:
    """
    Which program has its state in a directory: C{node} or C{server}; empty if none has, or we may not look.
    """
    try:
        return roleIn({each.name for each in state.iterdir()})
    except OSError:
        return ""


def _replace(directory: StateDirectory, there: list[Path], archive: Archive, owner: Owner) -> Path | None:
    try:
        for name, content in archive.files.items():
            directory.write(restoredName(name), content)
    except StateUnavailable:  # a full disk, which is not to stay full of them
        for name in archive.files:
            directory.remove(restoredName(name))
        raise
    aside = _setAside(directory, there, owner) if there else None
    for name in archive.files:
        directory.rename(restoredName(name), name)
    return aside


def _setAside(directory: StateDirectory, there: list[Path], owner: Owner) -> Path:
    tried = (directory.path / f"{ASIDE}-{number}" for number in range(1, _ASIDE_MAXIMUM))
    aside = next(each for each in tried if not each.exists())
    try:
        aside.mkdir(mode=0o700)
        os.chown(aside, -1 if owner.uid is None else owner.uid, -1 if owner.gid is None else owner.gid)
        for each in there:
            each.rename(aside / each.name)
    except OSError as error:
        raise StateUnavailable(f"the files in {directory.path} cannot be moved aside: {error.strerror}") from error
    return aside
