"""
Standard input, output and error of a command: whoever called it may have closed them, or have no room for what is said.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Final

#: What the system says of a disk that takes no more: write(2).
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def openStandardFiles() -> None:
    """
    Put C{/dev/null} in the place of those that are closed.  Else the next socket takes their number, and whatever is
    printed goes into it; and Python has C{None} where everybody expects a file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number, which is this one
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def noRoom(error: OSError) -> str | None:
    """
    Say that what a command had to say cannot be written, if that is what an error is about; nothing is written there
    from then on, not even what is left when Python ends.
    """
    if error.errno not in _NO_ROOM or error.filename is not None:
        return None
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.__stdout__.fileno() if sys.__stdout__ is not None else 1)
    os.close(nowhere)
    return f"the standard output cannot be written: {error.strerror}"
