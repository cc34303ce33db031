"""
A program that ends in the middle of what it does, at a point that can be chosen.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

#: The modules whose functions, and whose objects' methods, ask the system for something.
_SYSTEM: Final = frozenset(("posix", "io", "_io", "fcntl", "mmap", "sqlite3", "_sqlite3", "_dbm", "_gdbm"))


def killAtCall(number: int) -> Callable[[], None]:
    """
    Kill this process just before one of the calls by which it asks the system for something: to open a file, to write,
    to rename it.

    @param number: at which, 0 for the first.
    @return: begins to count, in this thread and in those that are started from now on.
    """
    left = [number]
    isCounting: list[bool] = []

    def noticed(frame: FrameType, event: str, called: Any) -> None:
        if isCounting and event == "c_call" and _asksTheSystem(called):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

    threading.setprofile(noticed)
    sys.setprofile(noticed)
    return lambda: isCounting.append(True)


def _asksTheSystem(called: Any) -> bool:
    return getattr(called, "__module__", None) in _SYSTEM or (
        type(getattr(called, "__self__", None)).__module__ in _SYSTEM
    )
