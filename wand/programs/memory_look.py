"""
How much memory the program takes: a leak, such as a plugin's, is to be seen before the kernel kills the program.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from wand.interfaces import Context
from wand.programs.monitor import NOTE_LIFETIME

#: A megabyte, as people count memory.
MEGABYTE: Final = 1 << 20

#: The note gives a new figure only when there is this many times as much: it would change at every look.
_GROWTH: Final = 1.25


class MemoryLook:
    """
    Says when it is more than the operator expects.
    """

    def __init__(self, context: Context, limit: int, resident: Callable[[], int]) -> None:
        """
        @param limit: in megabytes; 0 for none.
        @param resident: gives how much it is, in octets.
        """
        self._context = context
        self._limit = limit * MEGABYTE
        self._resident = resident
        self._told = 0

    def look(self) -> None:
        """
        Look once.
        """
        now = self._resident()
        if self._limit <= 0 or now < self._limit:
            self._told = 0
            self._context.notes.clear("memory")
            return
        if now > _GROWTH * self._told:
            self._told = now
        others = ", ".join(self._context.inUse.others())
        whose = f"one of these plugins may leak it: {others}" if others else "no plugin of others is used"
        text = (
            f"this program takes {self._told // MEGABYTE:,} MB of memory: {whose}; if it keeps growing, restart it and "
            f"report that; if that is what it needs, raise memory-note ({self._limit // MEGABYTE})"
        )
        self._context.notes.say("memory", text, lifetime=NOTE_LIFETIME)


def residentMemory() -> int:
    """
    What of the memory of this host the program takes, in octets, see proc(5); 0 where that is not known.
    """
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
