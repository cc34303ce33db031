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

from wand.control.client import ControlClient
from wand.control.connection import ANSWER_TIMEOUT

#: How many commands are under way at once; the others wait.  The control socket takes 16 of one client.
UNDER_WAY: Final = 12

Result = TypeVar("Result")

Connect = Callable[[], Awaitable[ControlClient]]


class PacedClient(ControlClient):
    """
    A client that many share.
    """

    def __init__(self, client: ControlClient) -> None:
        super().__init__(client._clock, client._path, client._connection)
        self._places = DeferredSemaphore(UNDER_WAY)

    async def _send(
        self, command: type[amp.Command], *, within: float = ANSWER_TIMEOUT, **arguments: object
    ) -> dict[str, Any]:
        await self._places.acquire()
        asked = Deferred.fromCoroutine(super()._send(command, within=within, **arguments))
        answered: Deferred[dict[str, Any]] = Deferred()
        # Whoever asked may go away meanwhile, and the program does not know: the place is taken until it has answered.
        asked.addBoth(self._leave).addCallbacks(answered.callback, answered.errback)
        return await answered

    def _leave(self, answer: Result) -> Result:
        self._places.release()
        return answer


class Asking:
    """
    One connection to the control socket, made when somebody asks, and again if it was lost.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._client: PacedClient | None = None
        self._connecting = DeferredLock()

    async def client(self) -> ControlClient:
        """
        Who answers questions.

        @raise wand.errors.NotRunning: if nobody does.
        """
        await self._connecting.acquire()
        try:
            if self._client is None or not self._client.connected:
                self._client = PacedClient(await self._connect())
            return self._client
        finally:
            self._connecting.release()

    def close(self) -> None:
        """
        End the connection.
        """
        if self._client is not None:
            self._client.close()
