"""
The layout of a state directory: taken over from an earlier version, whose files are kept; refused from a later one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from wand.errors import StateUnavailable
from wand.layouts import OURS, Mark, readMark, refusalOf
from wand.state import StateDirectory

#: The file with the mark.
MARK: Final = "layout.json"

#: The directory, in the state directory, that keeps the former files; the layout follows.
ASIDE: Final = ".before-layout"

#: The largest file that is kept, in octets; larger is a store, which keeps what it changes itself.
_KEPT_MAXIMUM: Final = 1_000_000

#: What makes each layout from the one before: changes of files, C{None} to remove one.
Upgrade = Callable[[StateDirectory], Mapping[str, bytes | None]]


def _marked(state: StateDirectory) -> dict[str, bytes | None]:
    return {}  # layout 2 is layout 1 with a mark


UPGRADES: Final[Mapping[int, Upgrade]] = {2: _marked}


def takeOver(state: StateDirectory, upgrades: Mapping[int, Upgrade] = UPGRADES, ours: Mark = OURS) -> int | None:
    """
    See that the files of a state directory are as this version writes them.  Its lock must be held.

    The former files are copied before one is changed, and the mark is written last: after a crash everything is done
    once more.  A mark alone that cannot be written, on a full disk, keeps nobody from starting.

    @return: the layout from which files were changed; C{None} if there was nothing to do.
    @raise StateUnavailable: if a later version wrote it, or it cannot be changed.
    """
    content = state.read(MARK)
    found = readMark(content)
    refusal = refusalOf(found, f"the state directory {state.path}", ours)
    if found is None or refusal:
        raise StateUnavailable(f"{refusal}{'' if found else f': remove {state.path / MARK} if this version wrote it'}")
    isChanged = False
    for layout in range(found.layout + 1, ours.layout + 1):
        changes = upgrades[layout](state)
        if changes and not isChanged:
            _keep(state, found)
            isChanged = True
        _change(state, changes)
    if content != ours.octets:
        try:
            state.write(MARK, ours.octets)
        except StateUnavailable:
            if isChanged:
                raise
    return found.layout if isChanged else None


def _change(state: StateDirectory, changes: Mapping[str, bytes | None]) -> None:
    for name, content in changes.items():
        if content is None:
            state.remove(name)
        else:
            state.write(name, content)


def _keep(state: StateDirectory, found: Mark) -> None:
    aside = state.path / f"{ASIDE}-{found.layout}"
    if aside.exists():
        return  # of an upgrade that was interrupted: these are the files as they were
    new = aside.with_name(f"{aside.name}.new")
    try:
        new.mkdir(mode=0o700, exist_ok=True)
        for each in state.path.iterdir():
            if not each.name.startswith(".") and _isKept(each):
                _copy(each, new / each.name)
        owner = state.path.stat()
        os.chown(new, owner.st_uid, owner.st_gid)
        new.rename(aside)
    except OSError as error:
        raise StateUnavailable(
            f"the files in {state.path} cannot be kept before they are taken over from an earlier version: "
            f"{error.strerror}; nothing was changed"
        ) from error


def _isKept(path: Path) -> bool:
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_size <= _KEPT_MAXIMUM


def _copy(source: Path, target: Path) -> None:
    owner = source.stat()
    target.unlink(missing_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(source.read_bytes())
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
