"""
Lines for a program that reads them: nobody waits for it, and of what it has not read the latest of each key is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds until it is tried again.
_PAUSE: Final = 0.5


class LatestLines:
    """
    Writes to a pipe, each line whole (pipe(7): what is no longer than C{PIPE_BUF}).
    """

    def __init__(self, descriptor: int, clock: IReactorTime, late: Callable[[int], object]) -> None:
        """
        @param descriptor: the pipe, which becomes non-blocking and stays the caller's.
        @param late: called with how many lines wait, when some do, and with 0 when all are read again.
        """
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._clock = clock
        self._late = late
        self._waiting: dict[str, bytes] = {}
        self._again: IDelayedCall | None = None

    def say(self, key: str, line: str) -> None:
        """
        Write a line.  It takes the place of one of the same key that waits.

        @raise OSError: if nobody reads any more.
        """
        self._waiting.pop(key, None)
        self._waiting[key] = f"{line}\n".encode()
        self._write()

    def close(self) -> None:
        """
        Write no more.
        """
        self._waiting.clear()
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _write(self) -> None:
        for key in [*self._waiting] if self._again is None else ():
            try:
                os.write(self._descriptor, self._waiting[key])
            except BlockingIOError:
                self._again = self._clock.callLater(_PAUSE, self._retry)
                self._late(len(self._waiting))
                return
            del self._waiting[key]

    def _retry(self) -> None:
        self._again = None
        try:
            self._write()
        except OSError:
            self._waiting.clear()  # whoever writes next is told
        if not self._waiting:
            self._late(0)
