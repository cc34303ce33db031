# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
The side of the control socket that asks.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from errno import EACCES, ECONNREFUSED, ENOENT, EPERM
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.protocol import ClientCreator

from wand.control import commands
from wand.control.connection import Connection
from wand.control.frame_client import FrameClient
from wand.control.path import REMOVED, tooLong
from wand.errors import NotPermitted, NotRunning, WandError
from wand.events import Event
from wand.recent_events import NumberedEvent
from wand.status import CounterStatus, EntryStatus, LevelStatus, PeerStatus, ProgramStatus


class ControlClient(FrameClient):
    """
    A connection to a running program.  Each method asks one thing; what can go wrong is a L{WandError} whose text is
    for the operator: L{NotRunning} if the program went away or does not answer, or what the program itself says.
    """

    @property
    def connected(self) -> bool:
        """
        Does the connection stand?
        """
        return not self._connection.closed

    def whenClosed(self, told: Callable[[], object]) -> None:
        """
        Call C{told} when the connection is gone, at once if it is.
        """
        if self._connection.closed:
            told()
        else:
            self._connection.watchers.append(told)

    def close(self) -> None:
        """
        End the connection.
        """
        if self._connection.transport is not None:
            self._connection.transport.loseConnection()

    async def status(self) -> ProgramStatus:
        """
        The status of the program.
        """
        status: ProgramStatus = (await self._send(commands.Status))["status"]
        return status

    def entries(self, after: str | None = None) -> AsyncGenerator[EntryStatus, None]:
        """
        Every entry, in the order of the MAC addresses, asked for page by page.
        """
        return self._pages(commands.Entries, lambda entry: entry.mac, after)

    def peers(self, after: str | None = None) -> AsyncGenerator[PeerStatus, None]:
        """
        Every peer, in the order of their texts, asked for page by page.
        """
        return self._pages(commands.Peers, lambda peer: peer.peer, after)

    def counters(self, after: str | None = None) -> AsyncGenerator[CounterStatus, None]:
        """
        Every counter, in the order of their names.
        """
        return self._pages(commands.CounterList, lambda counter: counter.name, after)

    async def add(self, mac: str, peer: str, source: str | None = None, lifetime: float | None = None) -> None:
        """
        Put an entry into the table.

        @param source: who says so; C{None} for the operator.
        @param lifetime: in seconds, or C{None} for no end.
        """
        seconds = None if lifetime is None else float(lifetime)  # AMP sends nothing else as a Float
        await self._send(commands.Add, mac=mac, peer=peer, **_given(source=source, lifetime=seconds))

    async def delete(self, mac: str, source: str | None = None) -> None:
        """
        Take an entry out of the table.

        @param source: whose entry; C{None} for those of every source.
        """
        await self._send(commands.Delete, mac=mac, **_given(source=source))

    async def reload(self) -> list[str]:
        """
        Let the program read its configuration again.

        @return: what changed, a sentence each.
        """
        changes: list[str] = (await self._send(commands.Reload))["changes"]
        return changes

    async def stop(self) -> None:
        """
        Stop the program, and wait until it let go of the connection.
        """
        await self._send(commands.Stop)
        closed: Deferred[None] = Deferred()
        self.whenClosed(lambda: closed.callback(None))
        await self._inTime(closed, "has not stopped yet")

    async def subscribe(
        self, told: Callable[[Event], object], lost: Callable[[int], object] = lambda count: None
    ) -> None:
        """
        Be told of every event from now on.

        @param told: called with each event.
        @param lost: called with the number of events that were not told because we were too slow.
        """
        self._connection.told, self._connection.lost = told, lost
        await self._send(commands.Subscribe)

    async def recentEvents(self) -> list[Event]:
        """
        The events that happened last, the oldest first.
        """
        pages: AsyncIterator[NumberedEvent] = self._pages(commands.Recent, lambda each: str(each.number))
        return [each.event async for each in pages]

    async def logLevels(self) -> list[LevelStatus]:
        """
        The levels of the parts in the log.
        """
        levels: list[LevelStatus] = (await self._send(commands.LogLevels))["levels"]
        return levels

    async def setLogLevel(self, part: str, level: str) -> list[LevelStatus]:
        """
        Set the level of a part.

        @return: all levels.
        """
        levels: list[LevelStatus] = (await self._send(commands.SetLogLevel, part=part, level=level))["levels"]
        return levels

    async def unsubscribe(self) -> None:
        """
        Stop being told of events.
        """
        await self._send(commands.Unsubscribe)


def connect(reactor: Any, path: str) -> Deferred[ControlClient]:
    """
    Connect to the control socket at C{path}.

    @return: fails with L{NotRunning} if nobody listens there, or L{NotPermitted} if this user may not connect.
    """
    return Deferred.fromCoroutine(_connect(reactor, path))


async def _connect(reactor: Any, path: str) -> ControlClient:
    problem = tooLong(path)
    if problem is not None:  # Twisted would log a traceback and wait
        raise NotRunning(problem)
    try:
        # Endpoints would load TLS, of which a UNIX socket needs nothing: 4 MB of a node with a console.
        connection = await ClientCreator(reactor, Connection).connectUNIX(path)
    except (ConnectError, OSError) as error:
        raise explained(error, path) from None
    return ControlClient(reactor, path, connection)


def explained(error: Exception, path: str) -> WandError:
    """
    Say in a sentence why there is no connection to the control socket at C{path}.
    """
    number = getattr(error, "osError", None) or getattr(error, "errno", None)
    if number == ENOENT:
        return NotRunning(f"nothing runs here: there is no control socket {path}. {REMOVED}")
    if number == ECONNREFUSED:
        return NotRunning(f"nothing runs here: the control socket {path} was left behind by a program that is gone")
    if number in (EACCES, EPERM):
        return NotPermitted(
            f"you may not use the control socket {path}: become root, or a member of the group that it belongs to"
        )
    return NotRunning(f"cannot connect to the control socket {path}: {error}")


def _given(**arguments: object) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}
