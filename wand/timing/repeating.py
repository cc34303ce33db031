"""
Calls that go on after a failure: an exception ends a C{LoopingCall} of Twisted for good.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall


class FailureCounter(Protocol):
    """
    Counts and logs what a call raised; L{wand.health.failures.Failures} does.
    """

    def caught(self, place: str) -> None:
        """
        Count and log the exception that is being handled.

        @param place: what raised, for people.
        """


class Repeating(LoopingCall):
    """
    A C{LoopingCall} that goes on when a call fails.
    """

    def __init__(self, place: str, call: Callable[[], object], clock: IReactorTime, failures: FailureCounter) -> None:
        """
        @param place: what is done, for the count and the log; see L{FailureCounter.caught}.
        @param call: it must not return a Deferred.
        """

        def guarded() -> None:
            try:
                call()
            except Exception:
                failures.caught(place)

        super().__init__(guarded)
        self.clock = clock

    def stop(self) -> None:
        """
        Make no further calls.  Does nothing if it was not started, or was stopped before.
        """
        if self.running:
            super().stop()
