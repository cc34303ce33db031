"""
Timers whose calls may fail: each failure is counted and logged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import directlyProvides, providedBy

from wand.timing.repeating import FailureCounter


class GuardedTime:
    """
    A reactor whose delayed calls are guarded.
    """

    def __init__(self, reactor: IReactorTime, failures: FailureCounter) -> None:
        self._reactor = reactor
        self._failures = failures
        self.seconds = reactor.seconds
        directlyProvides(self, providedBy(reactor))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def callLater(self, delay: float, callable: Callable[..., object], *args: object, **kw: object) -> IDelayedCall:
        """
        See L{IReactorTime}.
        """

        def call() -> None:
            try:
                callable(*args, **kw)
            except (Exception, SystemExit):  # a plugin is not who ends the program
                self._failures.caught(f"timer {getattr(callable, '__qualname__', type(callable).__qualname__)}")

        return self._reactor.callLater(delay, call)
