# mypy: allow-untyped-calls
# (DeferredSemaphore has no types.)
"""
How the console asks the program: over the control socket, as everybody does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred, DeferredLock, DeferredSemaphore
from twisted.protocols import amp

from wand.console.allowance import Allowance
from wand.control.client import ControlClient
from wand.control.connection import ANSWER_TIMEOUT

#: How many commands are under way at once; the others wait.  The control socket takes 16 of one client.
UNDER_WAY: Final = 12

Result = TypeVar("Result")

Connect = Callable[[], Awaitable[ControlClient]]


class PacedClient(ControlClient):
    """
    What one login has of a client that many share.
    """

    def __init__(self, client: ControlClient, places: DeferredSemaphore, allowance: Allowance) -> None:
        """
        @param places: has a place for each command that may be under way, of all logins together.
        @param allowance: what this login may take up.
        """
        super().__init__(client._clock, client._path, client._connection)
        self._places = places
        self._own = allowance.commands

    async def _send(
        self, command: type[amp.Command], *, within: float = ANSWER_TIMEOUT, **arguments: object
    ) -> dict[str, Any]:
        await self._own.acquire()
        try:
            await self._places.acquire()
        except BaseException:  # whoever asked went away
            self._own.release()
            raise
        asked = Deferred.fromCoroutine(super()._send(command, within=within, **arguments))
        answered: Deferred[dict[str, Any]] = Deferred()
        # Whoever asked may go away meanwhile, and the program does not know: the place is taken until it has answered.
        asked.addBoth(self._leave).addCallbacks(answered.callback, answered.errback)
        return await answered

    def _leave(self, answer: Result) -> Result:
        self._places.release()
        self._own.release()
        return answer


class Asking:
    """
    One connection to the control socket, made when somebody asks, and again if it was lost.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._client: ControlClient | None = None
        self._places = DeferredSemaphore(UNDER_WAY)
        self._connecting = DeferredLock()

    async def client(self, allowance: Allowance) -> ControlClient:
        """
        The client for one login.

        @param allowance: what that login may take up.
        @raise wand.errors.NotRunning: if nobody does.
        """
        await self._connecting.acquire()
        try:
            if self._client is None or not self._client.connected:
                self._client, self._places = await self._connect(), DeferredSemaphore(UNDER_WAY)
            return PacedClient(self._client, self._places, allowance)
        finally:
            self._connecting.release()

    def close(self) -> None:
        """
        End the connection.
        """
        if self._client is not None:
            self._client.close()
