"""
After a start, a server calls the members that were online before, a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from wand.interfaces import Context
from wand.sealed.credentials.identity import Identity
from wand.timing.repeating import Repeating

#: How many handshakes at a time, and the seconds from one time to the next.  They take a quarter of a processor, and no
#: queue overflows, however many there are.
CALLS_AT_A_TIME: Final = 5
CALL_INTERVAL: Final = 0.02


class CallsToMembers:
    """
    Calls them one by one.
    """

    def __init__(self, context: Context) -> None:
        self._called: Iterator[Identity] = iter(())
        self._calling = Repeating("calls to members", self._callNext, context.clock, context.failures)

    def start(self, called: Iterator[Identity]) -> None:
        """
        Begin.

        @param called: calls a member at each step.
        """
        self._called = called
        self._calling.start(CALL_INTERVAL, now=False)

    def stop(self) -> None:
        """
        Call nobody any more.
        """
        self._calling.stop()

    def _callNext(self) -> None:
        if len(list(islice(self._called, CALLS_AT_A_TIME))) < CALLS_AT_A_TIME:
            self._calling.stop()
