"""
One answer for all who ask at nearly the same time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from wand.errors import WandError

Value = TypeVar("Value")


class Shared(Generic[Value]):
    """
    What takes a while to find out is found out once for all who ask.  It goes on when those who asked went away: so
    nobody has it begun again and again.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """
        @param seconds: for how long an answer is good.
        """
        self._clock = clock
        self._seconds = seconds
        self._isFinding = False
        self._waiting: list[Deferred[Value]] = []
        self._found: tuple[float, Value] | None = None

    async def get(self, find: Callable[[], Awaitable[Value]]) -> Value:
        """
        The answer.

        @param find: finds it out, unless somebody does already; what it raises is raised here, for all who wait, and
            the next who asks tries again.
        """
        if self._found is not None and self._clock.seconds() - self._found[0] < self._seconds:
            return self._found[1]
        answered: Deferred[Value] = Deferred(lambda _: None)
        self._waiting.append(answered)
        if not self._isFinding:
            self._isFinding, self._found = True, None  # the old one is not kept beside the new
            Deferred.fromCoroutine(self._find(find)).addErrback(self._failed)
        return await answered

    async def _find(self, find: Callable[[], Awaitable[Value]]) -> None:
        value = await find()
        self._found = self._clock.seconds(), value
        for each in self._ended():
            each.callback(value)

    def _failed(self, failure: Failure) -> None:
        waiting = self._ended()
        for each in waiting:
            each.errback(failure)
        if not waiting:
            failure.trap(WandError)

    def _ended(self) -> list[Deferred[Value]]:
        waiting, self._waiting, self._isFinding = self._waiting, [], False
        return [each for each in waiting if not each.called]
