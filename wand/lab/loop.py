"""
The reactor in a thread of its own, so that the main thread may wait.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from threading import Thread
from typing import Any, ParamSpec, Self, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import blockingCallFromThread

P = ParamSpec("P")
T = TypeVar("T")


class Loop:
    """
    A context manager that runs a reactor in a thread.  A reactor runs only once in a process.

    @ivar reactor: the reactor.
    """

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self._thread = Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.reactor.callFromThread(self.reactor.stop)
        self._thread.join()

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call a function in the reactor's thread, and wait for its result.
        """

        async def called() -> T:
            return function(*args, **kwargs)

        return self.wait(called())

    def wait(self, coroutine: Coroutine[Deferred[Any], Any, T]) -> T:
        """
        Run a coroutine in the reactor's thread, and wait for its result.
        """
        ask: Any = blockingCallFromThread
        result: T = ask(self.reactor, Deferred.fromCoroutine, coroutine)
        return result
