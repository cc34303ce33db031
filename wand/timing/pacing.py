"""
Pacing: a call for each of many items, a few at a time, so that nothing else waits for it and no queue overflows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, Generic, TypeVar

from twisted.internet.interfaces import IReactorTime

from wand.timing.timer import Timer

#: How many calls are made at a time, and the seconds from one time to the next.
CALLS_AT_A_TIME: Final = 50
PAUSE: Final = 0.01

Item = TypeVar("Item")


class Pacing(Generic[Item]):
    """
    Makes one call for each of many items.
    """

    def __init__(self, clock: IReactorTime, do: Callable[[Item], object], count: int = CALLS_AT_A_TIME) -> None:
        self._do = do
        self._count = count
        self._left: Iterator[Item] = iter(())
        self._done: Callable[[], object] = _nothing
        self._timer = Timer(clock, self._go)

    def begin(self, items: Iterable[Item], done: Callable[[], object] | None = None) -> None:
        """
        Make the call for all of these, for the first ones before this returns.  Earlier items that are left are given
        up.

        @param done: called after the last.
        """
        self.stop()
        self._left, self._done = iter(items), done or _nothing
        self._go()

    def stop(self) -> None:
        """
        Stop making calls, and leave no timer behind.
        """
        self._timer.stop()

    def _go(self) -> None:
        some = tuple(islice(self._left, self._count))
        for item in some:
            self._do(item)
        if len(some) == self._count:
            self._timer.set(PAUSE)
        else:
            self._done()


def _nothing() -> None:
    pass
