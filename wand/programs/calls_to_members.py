"""
After a start, a server calls the members that were online before, as fast as it can serve those that answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from wand.interfaces import Context
from wand.sealed.credentials.identity import Identity
from wand.timing.repeating import Repeating

#: How many members are called at a time, and the seconds from one time to the next.  What others sent is read between.
CALLS_AT_A_TIME: Final = 8
CALL_INTERVAL: Final = 0.01

#: How many members were called and did not answer yet, and for how many seconds one counts.  Whoever answers makes room
#: for the next.  Answers wait in the port's queue behind all that others say, so a server that has much to do calls
#: fewer in a second, and no queue overflows; where nobody answers it calls 160.
UNANSWERED_MAXIMUM: Final = 64
PATIENCE: Final = 0.4


class CallsToMembers:
    """
    Calls them one by one.
    """

    def __init__(self, context: Context, hasAnswered: Callable[[Identity], bool]) -> None:
        """
        @param hasAnswered: is there a session with a member?
        """
        self._clock = context.clock
        self._hasAnswered = hasAnswered
        self._called: Iterator[Identity] = iter(())
        self._unanswered: list[tuple[float, Identity]] = []  # each since when
        self._calling = Repeating("calls to members", self._callSome, context.clock, context.failures)

    def start(self, called: Iterator[Identity]) -> None:
        """
        Begin.

        @param called: calls a member at each step.
        """
        self._called = called
        self._calling.start(CALL_INTERVAL)

    def stop(self) -> None:
        """
        Call nobody any more.
        """
        self._calling.stop()

    def _callSome(self) -> None:
        now = self._clock.seconds()
        unanswered = [each for each in self._unanswered if each[0] + PATIENCE > now and not self._hasAnswered(each[1])]
        self._unanswered = unanswered
        for _ in range(min(CALLS_AT_A_TIME, UNANSWERED_MAXIMUM - len(unanswered))):
            identity = next(self._called, None)
            if identity is None:
                self.stop()
                return
            unanswered.append((now, identity))
