"""
Layouts: in which form something is kept, and which version of the program wrote it.  A program takes over what an
earlier one kept, and refuses what it does not understand.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from wand.version import __version__

#: The layout of what is kept by this version, and that of all versions which wrote none down.
LAYOUT: Final = 2
UNMARKED: Final = 1


class Mark(msgspec.Struct, frozen=True, rename="kebab"):
    """
    What is written beside what is kept.

    @ivar layout: in which form it is.
    @ivar version: the version of the program that wrote it.
    """

    layout: Annotated[int, Meta(ge=1, lt=1 << 31)]
    version: Annotated[str, Meta(max_length=64)]

    @property
    def octets(self) -> bytes:
        """
        As it is written: a line of JSON.
        """
        return msgspec.json.encode(self) + b"\n"


#: What this program writes.
OURS: Final = Mark(LAYOUT, __version__)


def readMark(octets: bytes | None) -> Mark | None:
    """
    Read a mark, which may be missing.

    @return: C{None} if it is damaged.
    """
    if octets is None:
        return Mark(UNMARKED, "")
    try:
        return msgspec.json.decode(octets, type=Mark)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def refusalOf(found: Mark | None, what: str, ours: Mark = OURS) -> str:
    """
    Why something that is kept cannot be used, with what to do; empty if it can.

    @param what: what it is, for people.
    """
    if found is None:
        return f"the mark of {what}, which says what version wrote it, is damaged, and nothing was changed"
    if found.layout <= ours.layout:
        return ""
    version = found.version if found.version.isprintable() else ascii(found.version)
    return (
        f"{what} was written by wandaemon {version} (layout {found.layout}), and this is {ours.version}, which "
        f"understands layouts up to {ours.layout}; nothing was changed: install {version} again, or restore a backup "
        "that was made before its upgrade (wand restore FILE)"
    )
