"""
One answer for all who ask at nearly the same time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from twisted.internet.defer import DeferredLock
from twisted.internet.interfaces import IReactorTime

Value = TypeVar("Value")


class Shared(Generic[Value]):
    """
    What takes a while to find out is found out once for all who ask.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """
        @param seconds: for how long an answer is good.
        """
        self._clock = clock
        self._seconds = seconds
        self._lock = DeferredLock()
        self._found: tuple[float, Value] | None = None

    async def get(self, find: Callable[[], Awaitable[Value]]) -> Value:
        """
        The answer.

        @param find: finds it out; what it raises is raised here, and the next who asks tries again.
        """
        await self._lock.acquire()
        try:
            if self._found is None or self._clock.seconds() - self._found[0] >= self._seconds:
                self._found = None  # the old one is not kept beside the new
                value = await find()
                self._found = self._clock.seconds(), value
            return self._found[1]
        finally:
            self._lock.release()
