# mypy: allow-untyped-calls
# (The methods of AMP have no types.)
"""
A connection to a control socket without Twisted's reactor, which takes longer to import than a command to do its work:
asyncio, which Twisted imports in any case, waits and moves the octets.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure

from wand.control.path import tooLong
from wand.errors import NotRunning

if TYPE_CHECKING:
    from wand.control.client import ControlClient
    from wand.control.connection import Connection


class LoopClock:
    """
    The part of L{twisted.internet.interfaces.IReactorTime} that commands need, of an event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def callLater(self, seconds: float, call: Callable[..., object], *arguments: object) -> LaterCall:
        """
        Call something after a while.
        """
        return LaterCall(self._loop, seconds, lambda: call(*arguments))

    def sleep(self, seconds: float) -> Deferred[None]:
        """
        Wait.
        """
        later: list[LaterCall] = []
        slept: Deferred[None] = Deferred(lambda deferred: later[0].cancel())
        later.append(self.callLater(seconds, slept.callback, None))
        return slept


class LaterCall:
    """
    The part of L{twisted.internet.interfaces.IDelayedCall} that commands need.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, call: Callable[[], object]) -> None:
        self._isActive = True
        self._call = call
        self._handle = loop.call_later(seconds, self._run)

    def active(self) -> bool:
        """
        Is it still to come?
        """
        return self._isActive

    def cancel(self) -> None:
        """
        Do not call.
        """
        self._isActive = False
        self._handle.cancel()

    def _run(self) -> None:
        self._isActive = False
        self._call()


class _Transport:
    """
    What AMP needs of a transport.
    """

    def __init__(self, transport: asyncio.Transport, path: str) -> None:
        self.write = transport.write
        self.loseConnection = transport.close
        self._path = path

    def getPeer(self) -> str:
        """
        The other end, for the log.
        """
        return self._path

    def getHost(self) -> str:
        """
        This end, for the log.
        """
        return ""


class _Bridge(asyncio.Protocol):
    """
    Hands what comes to a protocol of Twisted.
    """

    def __init__(self, protocol: Connection, path: str) -> None:
        self._protocol = protocol
        self._path = path

    def connection_made(self, transport: Any) -> None:
        """
        The connection stands.
        """
        self._protocol.makeConnection(_Transport(transport, self._path))

    def data_received(self, data: bytes) -> None:
        """
        Something came.
        """
        self._protocol.dataReceived(data)

    def connection_lost(self, error: Exception | None) -> None:
        """
        The connection is gone.
        """
        self._protocol.connectionLost(Failure(ConnectionDone() if error is None else ConnectionLost(str(error))))


async def connect(loop: asyncio.AbstractEventLoop, clock: LoopClock, path: str) -> ControlClient:
    """
    Connect to the control socket at C{path}; to be awaited in a coroutine of Twisted's.

    @raise NotRunning: if nobody listens there.
    @raise wand.errors.NotPermitted: if this user may not connect.
    """
    with _withoutTLS():
        from wand.control.client import ControlClient, explained
        from wand.control.connection import Connection
    problem = tooLong(path)
    if problem is not None:
        raise NotRunning(problem)
    connection = Connection()
    line = socket.socket(socket.AF_UNIX)
    line.setblocking(False)
    try:
        line.connect(path)
    except OSError as error:
        line.close()
        raise explained(error, path) from None
    connecting = loop.create_unix_connection(lambda: _Bridge(connection, path), sock=line)
    await Deferred.fromFuture(asyncio.ensure_future(connecting, loop=loop))
    return ControlClient(clock, path, connection)  # type: ignore[arg-type]  # as much of a clock as it needs


@contextmanager
def _withoutTLS() -> Iterator[None]:
    """
    Hide TLS, which AMP imports if it can: a UNIX socket needs none, and it takes 0.3 s.
    """
    name = "twisted.internet.ssl"
    isHidden = name not in sys.modules
    if isHidden:
        sys.modules[name] = None  # type: ignore[assignment]  # so an import of it fails
    try:
        yield
    finally:
        if isHidden:
            del sys.modules[name]
