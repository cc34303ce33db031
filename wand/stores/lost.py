"""
A file store that is lost or damaged: that is noticed before a new one is created, and the old one is never deleted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wand.errors import StoreDamaged, StoreUnavailable

#: What the names of the files that belong to an SQLite database end with.
_PARTS: Final = ("", "-wal", "-shm")

#: How many damaged files are kept.
_KEPT: Final = 1000


def checkThere(path: Path, advice: str) -> None:
    """
    See that a store that had records is still there.  SQLite would create an empty one instead, and discard what is in
    the log beside an empty file.

    @param advice: what to do if it is not.
    @raise StoreDamaged: if there is no file, or it is empty.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise StoreDamaged(f"the store {path} is lost; nothing was changed: {advice}") from None
    except OSError as error:
        raise StoreUnavailable(f"the store {path} cannot be read: {error.strerror}") from error
    if not size:
        raise StoreDamaged(f"the store {path} is empty, which it was not before; nothing was changed: {advice}")


def setAside(path: Path) -> Path | None:
    """
    Give the files of a damaged store other names, C{NAME.damaged-1} and so on, so that a new one can be made.

    @return: the new name, or C{None} if there is nothing.
    @raise StoreUnavailable: if that fails.
    """
    for number in range(1, _KEPT):
        aside = path.with_name(f"{path.name}.damaged-{number}")
        if not aside.exists():
            break
    try:
        for part in reversed(_PARTS):
            each = path.with_name(path.name + part)
            if each.exists():
                each.rename(aside.with_name(aside.name + part))
    except OSError as error:
        raise StoreUnavailable(f"the damaged store {path} cannot be renamed: {error.strerror}") from error
    return aside if aside.exists() else None
