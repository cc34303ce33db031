"""
Debts: who owes a peer a sign of life.  A directory server answers nearly everything at once, so that hardly any debt
comes to be due; all of them are due after the same time, and so are in a row.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.sealed.sessions.timers import KEEPALIVE_OWED

#: What is due within so many seconds is looked at together.
LOOK_INTERVAL: Final = 0.25


class Debtor(Protocol):
    """
    Owes something now and then.
    """

    def pay(self, now: float) -> None:
        """
        Send a sign of life, if one is owed for long enough.
        """


class Debts:
    """
    One row, and one timer, for all.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._row: deque[tuple[float, deque[Debtor]]] = deque()  # when to look, and at whom
        self._timer: IDelayedCall | None = None

    def add(self, debtor: Debtor, now: float) -> None:
        """
        Somebody owes a sign of life from this moment on.
        """
        due = now + KEEPALIVE_OWED
        due += -due % LOOK_INTERVAL
        if not self._row or self._row[-1][0] < due:
            self._row.append((due, deque()))
        self._row[-1][1].append(debtor)
        if self._timer is None:
            self._timer = self._clock.callLater(due - now, self._look)

    def stop(self) -> None:
        """
        Nobody owes anything, and no timer is left behind.
        """
        self._row.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        try:
            while self._row and self._row[0][0] <= now:
                debtors = self._row[0][1]
                if debtors:
                    debtors.popleft().pay(now)
                else:
                    self._row.popleft()
        finally:
            if self._row:
                wait = max(LOOK_INTERVAL, self._row[0][0] - now)
                self._timer = self._clock.callLater(wait, self._look)
