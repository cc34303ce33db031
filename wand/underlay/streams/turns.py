"""
Turns: who may begin a handshake of TLS, which takes a millisecond or more of a processor.

Some begin in a second, in all.  If more want to they wait in line, and each subscriber has its turn: whoever wants many
waits for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: How many begin in a second in the long run, and at once.
BEGIN_RATE: Final = 100.0
BEGIN_BURST: Final = 8.0


class Turns:
    """
    Lets those who wait begin, one after the other.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._waiting: dict[bytes, dict[Callable[[], object], None]] = {}
        self._subscriberOf: dict[Callable[[], object], bytes] = {}
        self._left = BEGIN_BURST
        self._at = clock.seconds()
        self._timer: IDelayedCall | None = None

    def ask(self, subscriber: bytes, begin: Callable[[], object]) -> bool:
        """
        Somebody wants to begin.

        @param begin: called when it has to wait, and its turn has come.
        @return: may it begin at once?
        """
        if not self._waiting and self._mayBegin():
            return True
        self._waiting.setdefault(subscriber, {})[begin] = None
        self._subscriberOf[begin] = subscriber
        self._later()
        return False

    def cancel(self, begin: Callable[[], object]) -> None:
        """
        It does not want to any more.
        """
        subscriber = self._subscriberOf.pop(begin, None)
        if subscriber is not None:
            waiting = self._waiting[subscriber]
            del waiting[begin]
            if not waiting:
                del self._waiting[subscriber]

    def stop(self) -> None:
        """
        Nobody begins any more.
        """
        self._waiting.clear()
        self._subscriberOf.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _mayBegin(self) -> bool:
        now = self._clock.seconds()
        self._left = min(BEGIN_BURST, self._left + (now - self._at) * BEGIN_RATE)
        self._at = now
        mayBegin = self._left >= 1.0
        self._left -= mayBegin
        return mayBegin

    def _later(self) -> None:
        if self._timer is None:
            self._timer = self._clock.callLater(1.0 / BEGIN_RATE, self._due)

    def _due(self) -> None:
        self._timer = None
        while self._waiting and self._mayBegin():
            subscriber, waiting = next(iter(self._waiting.items()))
            begin = next(iter(waiting))
            self.cancel(begin)
            if waiting:  # behind all others
                self._waiting[subscriber] = self._waiting.pop(subscriber)
            begin()
        if self._waiting:
            self._later()
