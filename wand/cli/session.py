"""
A session with a running program: one connection for one command, or for all those of a shell.

Nothing happens on the connection while nobody waits for a command, as at the prompt of a shell; and Ctrl-C interrupts
only the current command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import globalLogBeginner

from wand.cli.connecting import LoopClock, connect
from wand.cli.sockets import choose
from wand.errors import NotRunning

if TYPE_CHECKING:
    from wand.control.client import ControlClient

Thing = TypeVar("Thing")

#: Seconds that a command has to finish after Ctrl-C.
INTERRUPT_TIMEOUT = 1.0


@attrs.frozen
class Operation:
    """
    What a command does, once its arguments are read; the same for a single command and in a shell.

    @ivar run: does it, as a coroutine of Twisted's.
    @ivar endless: does it go on until Ctrl-C, which then is not a failure?
    """

    run: Callable[[Session], Coroutine[Any, Any, None]]
    endless: bool = False


class Session:
    """
    Performs operations; connects when the first of them needs it, and again if the connection was lost.
    """

    def __init__(self, control: str | None) -> None:
        """
        @param control: the path of the control socket, or C{None} for the first that exists of the usual ones.
        """
        self._control = control
        self._client: ControlClient | None = None
        self._runner = asyncio.Runner()

    def __enter__(self) -> Session:
        globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
        self._loop = self._runner.get_loop()
        self._loop.set_exception_handler(lambda loop, context: None)  # nor does it log
        self._clock = LoopClock(self._loop)
        return self

    def __exit__(self, *raised: object) -> None:
        self._runner.run(self._end())
        self._runner.close()

    @property
    def now(self) -> float:
        """
        The time, in seconds since the epoch: for people, and for what is kept.
        """
        return time()

    @property
    def elapsed(self) -> float:
        """
        The time since some moment, in seconds, for what lasts so long: nobody sets it, as operators set the clock.
        """
        return self._loop.time()

    @property
    def isChosen(self) -> bool:
        """
        Is it clear which program this is about: because the operator named it, or because we are connected?
        """
        return bool(self._control) or (self._client is not None and self._client.connected)

    async def client(self, control: str | None = None) -> ControlClient:
        """
        The connection to the program.

        @param control: the path of its control socket, where a command knows it and the operator named none.
        @raise wand.errors.NotRunning: if there is none.
        @raise wand.errors.NotPermitted: if this user may not connect.
        """
        if self._client is None or not self._client.connected:
            self._client = await connect(self._loop, self._clock, choose(self._control or control))
        return self._client

    async def another(self, control: str) -> ControlClient:
        """
        A connection to another program of this host, which the caller closes.

        @param control: the path of its control socket.
        @raise wand.errors.NotRunning: if there is none.
        @raise wand.errors.NotPermitted: if this user may not connect.
        """
        return await connect(self._loop, self._clock, control)

    async def within(self, seconds: float, coroutine: Coroutine[Any, Any, Thing]) -> Thing:
        """
        Wait for something for a limited time.

        @raise NotRunning: if it takes longer.
        """
        try:
            return await Deferred.fromCoroutine(coroutine).addTimeout(seconds, self._clock)  # type: ignore[arg-type]
        except TimeoutError as error:
            raise NotRunning(f"the program did not answer within {seconds:g} s") from error

    async def sleep(self, seconds: float) -> None:
        """
        Wait.
        """
        await self._clock.sleep(seconds)

    def perform(self, operation: Operation) -> None:
        """
        Do what a command does, and wait for it; what it raises is raised here.

        @raise KeyboardInterrupt: after Ctrl-C.
        """
        self._runner.run(self._perform(operation))

    async def _perform(self, operation: Operation) -> None:
        for _ in range(2):  # hear first if the connection was lost meanwhile: one turn finds it, one tells of it
            await asyncio.sleep(0)
        doing = Deferred.fromCoroutine(operation.run(self))
        done = doing.asFuture(self._loop)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            doing.cancel()
            await asyncio.wait([done], timeout=INTERRUPT_TIMEOUT)
            raise

    async def _end(self) -> None:
        if self._client is not None:
            self._client.close()
        await asyncio.sleep(0)  # in which it is closed
