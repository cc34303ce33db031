"""
Garbage, while a program runs: what survives Python's collector stays nearly always, so it is set aside and not looked
at again with the next.

The collector looks through all that there is whenever a quarter more has come, and nothing else happens meanwhile: a
server with 10,000 members stood still for half a second, again and again.
"""

from __future__ import annotations

import ctypes
import gc
import linecache
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

#: The generation of Python's collector that has what survived, and the look at which goes through all of it.
OLDEST: Final = 2

#: When this many times as much is set aside as was after the last look at everything, all of it is looked at once more:
#: so each object pays for a few looks, however many there are.
GROWTH: Final = 2.0


class SettingAside:
    """
    A callback of the collector (gc.callbacks).
    """

    def __init__(self) -> None:
        gc.freeze()
        self._aside = gc.get_freeze_count()
        self._limit = GROWTH * self._aside

    def __call__(self, phase: str, info: Mapping[str, Any]) -> None:
        """
        A collection begins, or is over.
        """
        if info["generation"] < OLDEST:
            return
        if phase == "start" and self._aside > self._limit:
            self._aside, self._limit = 0, 0.0
            gc.unfreeze()
        elif phase == "stop":
            self._aside += len(gc.get_objects(OLDEST))
            self._limit = self._limit or GROWTH * self._aside
            gc.freeze()


def giveBack() -> None:
    """
    Give back what the start left behind: what attrs keeps of each class for debuggers, and what is free in the midst of
    the heap (malloc_trim(3)): 0.7 MB of a node's sixty.
    """
    linecache.clearcache()
    with suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
