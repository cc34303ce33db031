"""
A session with a running program: one connection for one command, or for all those of a shell.

The reactor runs in a thread of its own, so that the main thread can wait at a prompt, with line editing, and Ctrl-C
interrupts only the current command.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

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

    @ivar run: does it, in the reactor's thread.
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
        self._reactor: Any = None
        self._thread: Thread | None = None

    def __enter__(self) -> Session:
        from twisted.internet import reactor
        from twisted.logger import globalLogBeginner

        globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
        self._reactor = reactor
        self._thread = Thread(target=self._reactor.run, args=(False,), name="reactor", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        assert self._thread is not None
        self._reactor.callFromThread(self._end)
        self._thread.join()

    @property
    def now(self) -> float:
        """
        The time, in seconds since the epoch.
        """
        return time()

    @property
    def isChosen(self) -> bool:
        """
        Is it clear which program this is about: because the operator named it, or because we are connected?
        """
        return bool(self._control) or (self._client is not None and self._client.connected)

    async def inThread(self, call: Callable[[], Thing]) -> Thing:
        """
        Do something that takes a while.
        """
        from twisted.internet.threads import deferToThread

        return await deferToThread(call)

    async def client(self) -> ControlClient:
        """
        The connection to the program.

        @raise wand.errors.NotRunning: if there is none.
        @raise wand.errors.NotPermitted: if this user may not connect.
        """
        from wand.control.client import connect

        if self._client is None or not self._client.connected:
            self._client = await connect(self._reactor, choose(self._control))
        return self._client

    async def within(self, seconds: float, coroutine: Coroutine[Any, Any, Thing]) -> Thing:
        """
        Wait for something for a limited time.

        @raise NotRunning: if it takes longer.
        """
        from twisted.internet.defer import Deferred, TimeoutError

        try:
            return await Deferred.fromCoroutine(coroutine).addTimeout(seconds, self._reactor)
        except TimeoutError as error:
            raise NotRunning(f"the program did not answer within {seconds:g} s") from error

    async def sleep(self, seconds: float) -> None:
        """
        Wait.
        """
        from twisted.internet.task import deferLater

        await deferLater(self._reactor, seconds)

    def perform(self, operation: Operation) -> None:
        """
        Do what a command does, and wait for it; what it raises is raised here.

        @raise KeyboardInterrupt: after Ctrl-C.
        """
        from twisted.internet.defer import Deferred
        from twisted.python.failure import Failure

        outcome: Queue[object] = Queue()
        under: list[Deferred[None]] = []

        def begin() -> None:
            under.append(Deferred.fromCoroutine(operation.run(self)))
            under[0].addBoth(outcome.put)

        self._reactor.callFromThread(begin)
        try:
            result = outcome.get()
        except KeyboardInterrupt:
            self._reactor.callFromThread(lambda: under[0].cancel())
            with suppress(Empty):
                outcome.get(timeout=INTERRUPT_TIMEOUT)
            raise
        if isinstance(result, Failure):
            result.raiseException()

    def _end(self) -> None:
        if self._client is not None:
            self._client.close()
        self._reactor.stop()
