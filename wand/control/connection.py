# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
A client's connection to a running program, and how commands are sent over it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionClosed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.protocols import amp
from twisted.python.failure import Failure

from wand.control import commands, frame_commands
from wand.errors import NotRunning, NotSupported, WandError
from wand.events import Event

#: Seconds in which an answer must come.
ANSWER_TIMEOUT: Final = 10.0

Item = TypeVar("Item")


class Connection(amp.AMP):
    """
    AMP, with the events that the program tells of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self.watchers: list[Callable[[], object]] = []
        self.told: Callable[[Event], object] = lambda event: None
        self.lost: Callable[[int], object] = lambda count: None
        self.capturedTo: Callable[[bytes, int, int], object] = lambda blocks, frames, lost: None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The program went away.
        """
        self.closed = True
        super().connectionLost(reason)
        for watcher in self.watchers:
            watcher()

    @commands.Happened.responder
    def happened(self, event: Event) -> dict[str, Any]:
        """
        The program tells of an event.
        """
        self.told(event)
        return {}

    @commands.EventsLost.responder
    def eventsLost(self, count: int) -> dict[str, Any]:
        """
        The program tells of events that it did not tell.
        """
        self.lost(count)
        return {}

    @frame_commands.Captured.responder
    def captured(self, blocks: bytes, frames: int, lost: int) -> dict[str, Any]:
        """
        The program tells of frames.
        """
        self.capturedTo(blocks, frames, lost)
        return {}


class CommandSender:
    """
    Sends commands to a running program, and waits for the answers.

    @ivar _clock: measures how long an answer takes.
    @ivar _path: the control socket, for errors.
    """

    def __init__(self, clock: IReactorTime, path: str, connection: Connection) -> None:
        """
        Use L{wand.control.client.connect}.
        """
        self._clock = clock
        self._path = path
        self._connection = connection

    async def _pages(
        self, command: type[amp.Command], key: Callable[[Item], str], after: str | None = None
    ) -> AsyncGenerator[Item, None]:
        answer = await (self._send(command) if after is None else self._send(command, after=after))
        while True:
            for item in answer["page"]:
                yield item
            if not answer["more"] or not answer["page"]:
                return
            answer = await self._send(command, after=key(answer["page"][-1]))

    async def _send(
        self, command: type[amp.Command], *, within: float = ANSWER_TIMEOUT, **arguments: object
    ) -> dict[str, Any]:
        try:
            asked: Deferred[dict[str, Any]] = self._connection.callRemote(command, **arguments)
            return await self._inTime(asked, "does not answer", within)
        except ConnectionClosed:
            raise NotRunning(
                f"the program at {self._path} closed the connection: it ended, or its log says why"
            ) from None
        except amp.UnhandledCommand:
            raise NotSupported(
                f"the program at {self._path} does not know the command {command.__name__}: it is of an older version"
            ) from None
        except (amp.AmpError, amp.RemoteAmpError, ValueError) as error:
            raise WandError(f"the program at {self._path} does not speak as expected: {error!r}") from error

    async def _inTime(self, deferred: Deferred[Item], failing: str, within: float = ANSWER_TIMEOUT) -> Item:
        def tooLate(result: object, seconds: float) -> Failure:
            return Failure(NotRunning(f"the program at {self._path} {failing} after {seconds:.0f} seconds"))

        return await deferred.addTimeout(within, self._clock, tooLate)
