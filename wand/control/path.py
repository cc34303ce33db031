"""
Where the control socket can be.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: The most octets of a UNIX socket's path: C{sun_path} has 108 with the NUL (unix(7)).
PATH_MAXIMUM: Final = 107

#: What a client is told where no socket is, though the program may run.
REMOVED: Final = (
    "If one runs here all the same, somebody removed its socket: it makes it again within half a minute, so try again"
)


def tooLong(path: str | Path) -> str | None:
    """
    Say why the system takes no socket at C{path}, if it is too long.
    """
    size = len(os.fsencode(path))
    if size <= PATH_MAXIMUM:
        return None
    return f"the path of a socket may have {PATH_MAXIMUM} octets, and this one has {size}: choose a shorter one: {path}"
