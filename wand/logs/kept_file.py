"""
A log that is a file.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import RLock
from typing import Any, Final

from twisted.python.logfile import LogFile

#: How many files there are of what was written before, of a megabyte each.
KEPT: Final = 10

#: Seconds that a thread waits for another that writes: the one that ends the program is not to wait for a disk.
PATIENCE: Final = 0.5


class KeptFile(LogFile):
    """
    Begins anew when it is long, and keeps a few of those before, so that it fills no disk.  If somebody moves it away
    or removes it, as logrotate does, it is made again with the next message.  Messages come from all threads.
    """

    def __init__(self, path: str) -> None:
        """
        @raise OSError: if it cannot be written.
        """
        self._lock = RLock()
        whole = Path(path).absolute()
        super().__init__(whole.name, str(whole.parent), maxRotatedFiles=KEPT)  # type: ignore[no-untyped-call]

    def write(self, data: Any) -> None:
        """
        Write a message.

        @raise OSError: if that fails, or another thread waits for the disk.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            raise BlockingIOError(errno.EAGAIN, "the disk does not answer")
        try:
            if self._file.closed or self._isGone():
                self._openAgain()
            super().write(data)  # type: ignore[no-untyped-call]
        finally:
            self._lock.release()

    def _isGone(self) -> bool:
        own = os.fstat(self._file.fileno())
        try:
            there = Path(self.path).stat()
        except OSError:
            return True
        return (own.st_dev, own.st_ino) != (there.st_dev, there.st_ino)

    def _openAgain(self) -> None:
        """
        Make the file, or go on with the one before if that is not allowed any more.
        """
        before = self._file
        try:
            self._openFile()  # type: ignore[no-untyped-call]
        except OSError:
            if before.closed:
                raise
        else:
            before.close()
