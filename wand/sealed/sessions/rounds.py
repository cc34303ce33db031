"""
Rounds: when a peer is asked at the places where it may be.  Quickly at first, so that both sides of two NATs open while
the other one knocks, then seldom, for as long as there may be a better way than the one in use.
"""

from __future__ import annotations

from math import inf
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds from one round to the next: when something happened, and of those that are repeated.
QUICK: Final = (0.25, 0.25, 0.5, 1.0, 2.0)
REPEATED: Final = (0.25, 0.75)

#: Seconds until all of it is repeated, if there may be a better way.
SLOW: Final = 30.0

#: Seconds within which a peer need not be asked all over again, whatever happens.
JUST_NOW: Final = 0.5


class Asking(Protocol):
    """
    Asks one peer.
    """

    def askAround(self, since: float, everywhere: bool, number: int) -> bool:
        """
        Ask at every place that is worth it.

        @param since: when this series of rounds began.
        @param everywhere: not only where a better way may be.
        @param number: of the round, from 0 on.
        @return: is there any place where the peer did not answer yet?
        """

    @property
    def mayBecomeBetter(self) -> bool:
        """
        Is the peer said to be at a place that is better than the one in use?
        """

    def repeat(self) -> bool:
        """
        The rounds are to begin again, because there may be a better way.

        @return: is it worth it just now?
        """


class Rounds:
    """
    The rounds for one peer.
    """

    def __init__(self, clock: IReactorTime, asking: Asking) -> None:
        self._clock = clock
        self._asking = asking
        self._began = -inf
        self._number = 0
        self._waits: tuple[float, ...] = QUICK
        self._isEverywhere = False
        self._timer: IDelayedCall | None = None

    def begin(self, everywhere: bool) -> None:
        """
        Something happened: ask at once, in place of a series before, unless that began just now.

        @param everywhere: not only where a better way may be.
        """
        isJustBegun = self._clock.seconds() < self._began + JUST_NOW and self._timer is not None
        if isJustBegun:
            self._isEverywhere = self._isEverywhere or everywhere
        else:
            self._isEverywhere = everywhere
            self._series(QUICK)

    @property
    def isUnderWay(self) -> bool:
        """
        Will the peer be asked again?
        """
        return self._timer is not None

    def stop(self) -> None:
        """
        Ask no more.
        """
        self._began = -inf
        self._cancel()

    def _series(self, waits: tuple[float, ...]) -> None:
        self._cancel()
        self._began, self._number, self._waits = self._clock.seconds(), 0, waits
        self._round()

    def _round(self) -> None:
        self._timer = None
        number, self._number = self._number, self._number + 1
        isLeft = self._asking.askAround(self._began, self._isEverywhere, number)
        if isLeft and number < len(self._waits):
            self._timer = self._clock.callLater(self._waits[number], self._round)
        elif self._asking.mayBecomeBetter:
            self._timer = self._clock.callLater(SLOW, self._repeat)

    def _repeat(self) -> None:
        self._timer = None
        self._isEverywhere = False
        if self._asking.repeat():
            self._series(REPEATED)
        else:
            self._timer = self._clock.callLater(SLOW, self._repeat)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
