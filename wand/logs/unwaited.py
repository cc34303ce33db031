"""
A log whose reader may stop reading: a pipe, a terminal, a socket.
"""

from __future__ import annotations

import os
import stat
from select import PIPE_BUF, POLLOUT, poll
from threading import RLock
from typing import Final, TextIO

from twisted.logger import Logger

#: The octets that a pipe takes without waiting if it can be written at all: pipe(7).
PIECE: Final = PIPE_BUF

#: Seconds that a thread waits for another that writes; others may write into the same pipe, and take the room.
PATIENCE: Final = 0.5


def unwaited(file: TextIO) -> TextIO:
    """
    The same file, or if it may have a reader one that never waits for it.
    """
    try:
        descriptor = file.fileno()
        isRead = not stat.S_ISREG(os.fstat(descriptor).st_mode)
    except (AttributeError, OSError, ValueError):  # no file of the system's; Twisted's that rotate are none, either
        return file
    written: TextIO = Unwaited(descriptor, file.encoding)  # type: ignore[assignment]  # what a log needs of one
    return written if isRead else file


class Unwaited:
    """
    What its reader has no room for is lost, and how many messages these are is said as soon as there is room: no
    program waits for its log.
    """

    _log = Logger()

    def __init__(self, descriptor: int, encoding: str) -> None:
        """
        @param descriptor: where it goes.
        """
        self._descriptor = descriptor
        self._encoding = encoding
        self._lost = 0
        self._isCut = False
        self._room = poll()
        self._room.register(descriptor, POLLOUT)
        self._lock = RLock()  # messages come from all threads, and only one finds the room that there is

    def write(self, text: str) -> int:
        """
        Write a message, or nothing, or its beginning.

        @raise OSError: if nobody can read it any more.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            self._lost += 1
            return len(text)
        try:
            lost = self._write(text)
        finally:
            self._lock.release()
        if lost:
            self._log.warn("messages of this log are lost, because its reader had no room for them: {lost}", lost=lost)
        return len(text)

    def _write(self, text: str) -> int:
        """
        Write a message, as far as there is room.

        @return: how many were lost, if there is room again.
        """
        octets = ("\n" if self._isCut else "") + text
        self._isCut = False
        rest = octets.encode(self._encoding, "backslashreplace")
        size = len(rest)
        while rest and self._room.poll(0):
            rest = rest[os.write(self._descriptor, rest[:PIECE]) :]
        if rest:
            self._lost += 1
            self._isCut = len(rest) < size
            return 0
        lost, self._lost = self._lost, 0
        return lost

    def flush(self) -> None:
        """
        Nothing is kept.
        """
