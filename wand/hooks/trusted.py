"""
Which executables may be run: those that nobody can change but root and the user of this program.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_ANYBODY: Final = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class Untrusted(Exception):
    """
    A file or a folder is not to be used; the argument says why, and what to do.
    """


@attrs.frozen
class Found:
    """
    What a folder has.

    @ivar executables: what is to be run, in the order of their names, without symbolic links.
    @ivar asleep: files that are not executable.
    """

    executables: Sequence[Path]
    asleep: Sequence[Path]


def checkTrusted(path: Path) -> Path:
    """
    Check that nobody can change a file or a folder, or put another in its place, but root and the user of this program.
    A folder such as C{/tmp}, where everybody may make something but change nothing of others, is no harm.

    @return: the same without symbolic links.
    @raise Untrusted: if somebody can.
    @raise OSError: if it is not there, or out of reach.
    """
    real = path.resolve(strict=True)
    for each in (real, *real.parents):
        _check(each, isAbove=each != real)
    return real


def executablesIn(folder: Path) -> Found:
    """
    The executables of a folder; hidden files and copies of editors, which end with C{~}, are none.

    @raise Untrusted: if others can change one of them, or the folder.
    @raise OSError: if it cannot be read.  A folder that does not exist has no executables.
    """
    try:
        entries = sorted(checkTrusted(folder).iterdir())
    except FileNotFoundError:
        checkTrusted(folder.parent)
        return Found((), ())
    executables: list[Path] = []
    asleep: list[Path] = []
    for entry in _files(entries):
        isAwake = entry.stat().st_mode & _ANYBODY
        (executables if isAwake else asleep).append(checkTrusted(entry) if isAwake else entry)
    return Found(executables, asleep)


def _files(entries: Sequence[Path]) -> Iterator[Path]:
    return (each for each in entries if not each.name.startswith(".") and not each.name.endswith("~") and _isFile(each))


def _isFile(entry: Path) -> bool:
    return stat.S_ISREG(entry.stat().st_mode)


def _check(path: Path, *, isAbove: bool) -> None:
    status = path.stat()
    if status.st_uid not in (0, os.geteuid()):
        raise Untrusted(f"{path} belongs to somebody else; chown root {path}")
    isShared = isAbove and status.st_mode & stat.S_ISVTX
    if status.st_mode & _OTHERS and not isShared:
        raise Untrusted(f"others can write to {path}; chmod go-w {path}")
