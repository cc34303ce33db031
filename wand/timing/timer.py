"""
A timer that is set again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Timer:
    """
    Makes one call when it is due, at most one at a time.
    """

    def __init__(self, clock: IReactorTime, call: Callable[[], object]) -> None:
        self._clock = clock
        self._call = call
        self._delayed: IDelayedCall | None = None

    @property
    def due(self) -> float:
        """
        When the call is due, in the clock's seconds; infinite if it is not.
        """
        return inf if self._delayed is None else self._delayed.getTime()

    @property
    def isSet(self) -> bool:
        """
        Is the call due?
        """
        return self._delayed is not None

    def set(self, seconds: float) -> None:
        """
        Make the call after some seconds.  A call that was due before is cancelled.
        """
        self.stop()
        self._delayed = self._clock.callLater(seconds, self._expired)

    def stop(self) -> None:
        """
        Cancel the call, if it is due.
        """
        if self._delayed is not None:
            self._delayed.cancel()
            self._delayed = None

    def _expired(self) -> None:
        self._delayed = None
        self._call()
