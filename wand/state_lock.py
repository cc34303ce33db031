"""
The lock of a state directory: only one program at a time uses it, and nobody restores it under a running program.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from wand.errors import StateUnavailable


class StateLock:
    """
    The lock of one directory.  The system releases it when the program ends, however it ends.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """
        Take the lock.

        @raise StateUnavailable: if another program has it, or there is no such directory.
        """
        try:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise StateUnavailable(
                f"another program uses the state directory {self._path}: stop it, or give each program a "
                "directory of its own with the key state"
            ) from None
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
                return  # a file system without locks
            self.release()
            raise StateUnavailable(f"the state directory {self._path} cannot be read: {error.strerror}") from error

    def release(self) -> None:
        """
        Release the lock.
        """
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
