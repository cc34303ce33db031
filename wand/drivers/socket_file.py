"""
Sockets that have a path: made for one group, taken away in the end.
"""

from __future__ import annotations

import os
import socket
from grp import getgrnam
from pathlib import Path
from stat import S_ISSOCK
from typing import Final

from twisted.logger import Logger

from wand.errors import TapUnavailable

#: Who may use a socket: its owner, and the group if there is one.
_OWNER: Final = 0o600
_GROUP: Final = 0o660


class SocketFile:
    """
    A UNIX socket of ours that is bound to a path.

    @ivar path: the path.
    @ivar socket: the socket.
    """

    _log = Logger()

    def __init__(self, path: str, kind: socket.SocketKind, group: str = "") -> None:
        """
        @param kind: C{SOCK_STREAM} or C{SOCK_DGRAM}.
        @param group: whose members may use it besides its owner; nobody else if empty.
        @raise TapUnavailable: if there is no such group, something else has the path, or it cannot be made there.
        """
        self.path = Path(path)
        number = _groupNumber(group) if group else -1
        self.socket = socket.socket(socket.AF_UNIX, kind | socket.SOCK_NONBLOCK)
        try:
            self._clear(kind)
            _bind(self.socket, path)
            self._identity = _identity(self.path)
            os.chown(self.path, -1, number)
            self.path.chmod(_GROUP if group else _OWNER)
        except (OSError, TapUnavailable) as error:
            self.close()
            reason = str(error) if isinstance(error, TapUnavailable) else error.strerror or str(error)
            raise TapUnavailable(f"the socket {path} cannot be made: {reason}") from error

    def close(self) -> None:
        """
        Close the socket, and take the path away.  After the privileges were dropped that may be impossible; the next
        start replaces it.
        """
        self.socket.close()
        try:
            if hasattr(self, "_identity") and _identity(self.path) == self._identity:  # not somebody else's by now
                self.path.unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            self._log.info("the socket {path} stays behind: {reason}", path=str(self.path), reason=error.strerror)

    def _clear(self, kind: socket.SocketKind) -> None:
        """
        Remove the socket of a program that is gone.
        """
        try:
            mode = self.path.lstat().st_mode
        except FileNotFoundError:
            return
        if not S_ISSOCK(mode):
            raise TapUnavailable("something is there that is no socket; remove it, or choose another path")
        if _answers(self.path, kind):
            raise TapUnavailable("another program has it; stop that program, or choose another path")
        self.path.unlink()


def _bind(bound: socket.socket, path: str) -> None:
    before = os.umask(0o777 & ~_OWNER)  # never open to others, not even for a moment
    try:
        bound.bind(path)
    finally:
        os.umask(before)


def _answers(path: Path, kind: socket.SocketKind) -> bool:
    """
    Has a program that socket?
    """
    with socket.socket(socket.AF_UNIX, kind | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except BlockingIOError:
            return True  # it is busy
    return True


def _groupNumber(group: str) -> int:
    try:
        return getgrnam(group).gr_gid
    except KeyError:
        raise TapUnavailable(f"this host has no group {group!r}: create it, or name another") from None


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
