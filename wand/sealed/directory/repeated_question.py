"""
A question that is asked again until an answer comes.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from wand.sealed.directory.looking_again import AGAIN_PAUSE, AGAIN_REPEAT, AGAIN_REPEATS
from wand.timing.timer import Timer


class RepeatedQuestion:
    """
    Asks after L{AGAIN_REPEAT} seconds again, after twice as many and so on, L{AGAIN_REPEATS} times.

    @ivar isOpen: is an answer wanted?
    """

    def __init__(self, ask: Callable[[], object], clock: IReactorTime, *, isOpen: bool = False) -> None:
        self.isOpen = isOpen
        self._askOnce = ask
        self._clock = clock
        self._repeats = 0
        self._notBefore = 0.0
        self._timer = Timer(clock, self._ask)

    def begin(self) -> None:
        """
        Ask: at once, or if that was begun just now, after a moment.  No server keeps a node busy.
        """
        now = self._clock.seconds()
        self.isOpen, self._repeats = True, 0
        wait, self._notBefore = self._notBefore - now, max(self._notBefore, now + AGAIN_PAUSE)
        if wait > 0:
            self._timer.set(wait)
        else:
            self._ask()

    def goOn(self) -> None:
        """
        Ask at once, for another answer than the one that came.
        """
        self._repeats = 0
        self._ask()

    def resume(self) -> None:
        """
        Ask again if no answer came in all this time.
        """
        if self.isOpen and not self._timer.isSet:
            self.goOn()

    def answered(self) -> None:
        """
        An answer came, and no other is wanted.
        """
        self.isOpen = False
        self._timer.stop()

    def stop(self) -> None:
        """
        Ask for nothing more, and leave no timer behind.
        """
        self._timer.stop()

    def _ask(self) -> None:
        if self._repeats < AGAIN_REPEATS:
            self._timer.set(AGAIN_REPEAT * 2.0**self._repeats)
            self._repeats += 1
        else:
            self._timer.stop()
        self._askOnce()
