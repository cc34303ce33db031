"""
A simulated clock for millions of calls; that of Twisted sorts all of them for each new one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer


@implementer(IDelayedCall)
class FastCall:
    """
    A call that is to come.
    """

    __slots__ = ("_call", "_parameters", "_when")

    def __init__(self, when: float, call: Callable[..., object], parameters: tuple[Any, ...]) -> None:
        self._when = when
        self._call: Callable[..., object] | None = call
        self._parameters = parameters

    def getTime(self) -> float:
        """
        See L{IDelayedCall}.
        """
        return self._when

    def cancel(self) -> None:
        """
        See L{IDelayedCall}.
        """
        self._call = None
        self._parameters = ()

    def active(self) -> bool:
        """
        See L{IDelayedCall}.
        """
        return self._call is not None

    def delay(self, secondsLater: float) -> None:
        """
        Calls do not move.
        """
        raise NotImplementedError

    def reset(self, secondsFromNow: float) -> None:
        """
        Calls do not move.
        """
        raise NotImplementedError

    def make(self) -> None:
        """
        Make the call, unless it was cancelled.
        """
        call, self._call = self._call, None
        if call is not None:
            call(*self._parameters)


@implementer(IReactorTime)
class FastClock:
    """
    Time that passes when it is told to, from one call to the next.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._serial = 0
        self._calls: list[tuple[float, int, FastCall]] = []

    def seconds(self) -> float:
        """
        See L{IReactorTime}.
        """
        return self._now

    def callLater(self, delay: float, callable: Callable[..., object], *args: object, **kwargs: object) -> FastCall:
        """
        See L{IReactorTime}; without keyword arguments.
        """
        assert not kwargs
        self._serial += 1
        call = FastCall(self._now + delay, callable, args)
        heappush(self._calls, (call._when, self._serial, call))
        return call

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:
        """
        See L{IReactorTime}.
        """
        return tuple(call for _, _, call in self._calls if call.active())

    def run(self, seconds: float) -> None:
        """
        Let time pass.
        """
        calls, end = self._calls, self._now + seconds
        while calls and calls[0][0] <= end:
            self._now, _, call = heappop(calls)
            call.make()
        self._now = end
