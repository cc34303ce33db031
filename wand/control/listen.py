# mypy: allow-untyped-calls
# (Twisted's ports have no types.)
"""
The control socket itself: a UNIX stream socket at a path, for its owner and one group.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from grp import getgrnam
from pathlib import Path
from stat import S_ISSOCK
from typing import Any, Final

from twisted.internet import tcp, unix
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.control.path import tooLong
from wand.control.program import Program
from wand.control.server import ControlFactory
from wand.errors import PortUnavailable

SOCKET_MODE: Final = 0o660
DIRECTORY_MODE: Final = 0o750

#: Seconds in which a program that listens takes a connection; only a full queue makes it wait at all.
PROBE_TIMEOUT: Final = 1.0


class ControlSocket:
    """
    Listens at a path for clients of a program.
    """

    _log = Logger()

    def __init__(
        self, reactor: Any, path: str, program: Program, group: str = "", uid: int | None = None, gid: int | None = None
    ) -> None:
        """
        @param reactor: the reactor that watches the socket.
        @param group: the name of the group that may use the socket; empty for the group C{gid}.
        @param uid: the user that the program becomes after its start; C{None} if it stays what it is.
        @param gid: the group likewise.
        """
        self.path = Path(path)
        self._reactor: ReactorBase = reactor
        self._group = group
        self._uid = -1 if uid is None else uid
        self._gid = -1 if gid is None else gid
        self._factory = ControlFactory(program, reactor)
        self._port: _Port | None = None
        self._identity: tuple[int, int] | None = None

    def start(self) -> None:
        """
        Listen.  Called with the privileges of the start.

        @raise PortUnavailable: if another program answers at the path, or the socket cannot be made there.
        """
        problem = tooLong(self.path)
        if problem is not None:
            raise PortUnavailable(problem)
        gid = self._groupID()
        try:
            self._makeDirectory(gid)
            self._clearPath()
            self._port = self._listen()
            os.chown(self.path, self._uid, gid)
            self._identity = _identity(self.path)
        except OSError as error:
            self._undo()
            raise PortUnavailable(
                f"cannot make the control socket {self.path}: {error.strerror or error}; start as root, or choose a "
                "path in a directory that you may write"
            ) from error

    def renew(self) -> None:
        """
        Make the socket again if somebody has removed its file; connections that stand stay.

        @raise PortUnavailable: as L{start}, and the next call tries again.
        """
        port = self._port
        if port is None or os.path.lexists(self.path):
            return
        self._port = None
        try:
            self.start()
        except PortUnavailable:
            self._port = port
            raise
        self._log.warn("the control socket {path} was removed, and is made again", path=str(self.path))
        port.stopListening()

    def stop(self) -> Deferred[None]:
        """
        Stop listening, end the connections and remove the socket.

        @return: fires when the port is closed.
        """
        if self._port is None:
            return succeed(None)
        port, self._port = self._port, None
        self._unlink()
        self._factory.disconnect()
        closed: Deferred[None] = port.stopListening()
        return closed

    def _groupID(self) -> int:
        if not self._group:
            return self._gid
        try:
            return getgrnam(self._group).gr_gid
        except KeyError:
            raise PortUnavailable(
                f"this host has no group {self._group!r} for the control socket: create it or name another"
            ) from None

    def _makeDirectory(self, gid: int) -> None:
        directory = self.path.parent
        if directory.exists():
            return
        directory.mkdir(parents=True)
        directory.chmod(DIRECTORY_MODE)  # mkdir's own mode would be cut by the umask
        os.chown(directory, self._uid, gid)  # so that the socket can be taken away without the privileges of the start

    def _clearPath(self) -> None:
        try:
            mode = self.path.lstat().st_mode
        except FileNotFoundError:
            return
        if not S_ISSOCK(mode):
            raise PortUnavailable(f"{self.path} is there and is not a socket: move it away, or choose another path")
        if _answers(self.path):
            raise PortUnavailable(f"another node answers at {self.path}: stop it, or choose another path")
        self.path.unlink()
        self._log.info("the control socket {path} of a program that is gone is replaced", path=str(self.path))

    def _listen(self) -> _Port:
        port = _Port(os.fsencode(self.path), self._factory, mode=SOCKET_MODE, reactor=self._reactor)
        with _umask(0o777 & ~SOCKET_MODE):  # Twisted's own chmod comes after the bind
            try:
                port.startListening()
            except Exception as error:
                raise getattr(error, "socketError", error) from error
        return port

    def _undo(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            self.path.unlink(missing_ok=True)
            port.stopListening()

    def _unlink(self) -> None:
        try:
            if _identity(self.path) == self._identity:  # not another program's, made in the meantime
                self.path.unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            self._log.info("the control socket {path} stays behind: {error}", path=str(self.path), error=error)


class _Port(unix.Port):
    """
    A listening socket that leaves its path alone when it is closed: Twisted's own fails there if it cannot be removed.
    """

    def connectionLost(self, reason: Failure) -> None:
        tcp.Port.connectionLost(self, reason)


def _answers(path: Path) -> bool:
    """
    Does a program listen at C{path}?
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_TIMEOUT)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except TimeoutError:
            return True  # it is there, and busy
    return True


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
