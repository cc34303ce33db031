"""
Calls that are made again and again, whatever one of them does: an exception ends a C{LoopingCall} of Twisted for good.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from wand.failures import Failures


class Repeating(LoopingCall):
    """
    A C{LoopingCall} that goes on when a call fails.
    """

    def __init__(self, place: str, call: Callable[[], object], clock: IReactorTime, failures: Failures) -> None:
        """
        @param place: what is done, for the count and the log; see L{Failures.caught}.
        @param call: it returns no Deferred to be waited for.
        """

        def guarded() -> None:
            try:
                call()
            except Exception:
                failures.caught(place)

        super().__init__(guarded)
        self.clock = clock
