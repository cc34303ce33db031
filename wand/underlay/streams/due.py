"""
What is due some time, in whole seconds: nothing is looked at before it may be due.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_Thing = TypeVar("_Thing")


class Due(Generic[_Thing]):
    """
    Things, by the seconds in which they have to be looked at.
    """

    def __init__(self, dueAt: Callable[[_Thing], float], over: Callable[[_Thing], object], now: float) -> None:
        """
        @param dueAt: when a thing is due, as it looks now; that may have become later since it was put here.
        @param over: called with what is due.
        """
        self._dueAt = dueAt
        self._over = over
        self._looked = int(now)
        self._seconds: dict[int, dict[_Thing, None]] = {}
        self._secondOf: dict[_Thing, int] = {}

    def put(self, thing: _Thing) -> None:
        """
        Look at a thing when it is due; also if it is due sooner than before.
        """
        self.forget(thing)
        second = max(self._looked, int(self._dueAt(thing))) + 1
        self._seconds.setdefault(second, {})[thing] = None
        self._secondOf[thing] = second

    def forget(self, thing: _Thing) -> None:
        """
        It is gone.
        """
        second = self._secondOf.pop(thing, None)
        if second is not None:
            del self._seconds[second][thing]

    def look(self, now: float) -> None:
        """
        Look at what may be due.
        """
        first, self._looked = self._looked + 1, max(self._looked, int(now))
        for second in range(first, self._looked + 1):
            for thing in tuple(self._seconds.get(second, ())):
                if self._dueAt(thing) <= now:
                    self.forget(thing)
                    self._over(thing)
                else:
                    self.put(thing)
            self._seconds.pop(second, None)
