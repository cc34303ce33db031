"""
Plain files: what a program keeps, or is told to read, must be nothing that keeps its reader waiting.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from wand.errors import StateUnavailable

#: How to open what may be anything: a pipe waits for nobody then.
PROMPTLY: Final = os.O_CLOEXEC | os.O_NONBLOCK

_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISLNK, "a link"),
)


def checkPlain(path: Path, found: os.stat_result) -> None:
    """
    @param found: what was opened there.
    @raise StateUnavailable: if that is no plain file, with what to do.
    """
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((name for isOne, name in _KINDS if isOne(found.st_mode)), "a device")
    raise StateUnavailable(
        f"{path} is {kind} and not a plain file, and nothing was changed: move it away (mv {path} {path}.moved), and "
        "put the file back that was there"
    )


def unreadable(error: OSError) -> str:
    """
    Why a file cannot be read, and what to do: the rest of a sentence that begins with its name.
    """
    advice = {
        errno.ENOENT: "; make it, or name another one",
        errno.EACCES: "; become root, or let this user read it",
        errno.EISDIR: "; name a file in it",
    }
    return f"cannot be read: {error.strerror}{advice.get(error.errno or 0, '')}"
