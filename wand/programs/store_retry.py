"""
A store that cannot be read at the start, because the disk is full or another program holds it: the server waits for it,
and says so.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from wand.errors import StoreHindered
from wand.interfaces import Context

#: Seconds after which it is tried again.
STORE_RETRY: Final = 5.0

#: The key of the note that says so.
STORE_START_NOTE: Final = "store-start"


class StoreRetry:
    """
    What is in the way of a store.
    """

    _log = Logger()

    def __init__(self, context: Context) -> None:
        self._clock = context.clock
        self._notes = context.notes
        self._waiting: Deferred[None] | None = None

    def passed(self, error: StoreHindered) -> Deferred[None]:
        """
        Say what is in the way.

        @return: fires when it is time to try again; fails when L{stop} is called before.
        """
        text = f"{error}; the server tries again every {STORE_RETRY:.0f} s, and answers nobody until then"
        if STORE_START_NOTE not in (note.key for note in self._notes):
            self._log.error("{text}", text=text)
        self._notes.say(STORE_START_NOTE, text)
        self._waiting = deferLater(self._clock, STORE_RETRY)
        return self._waiting

    def over(self) -> None:
        """
        The store is read.
        """
        self._notes.clear(STORE_START_NOTE)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        if self._waiting is not None and not self._waiting.called:
            self._waiting.cancel()
        self._waiting = None
