"""
Keeping: what a program can work without for a while is written into its state directory as soon as that works.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from wand.errors import StateUnavailable
from wand.notes import Notes
from wand.state import StateDirectory

#: Seconds after which what could not be written is tried again.
RETRY: Final = 30.0

#: The key of the note that says so.
NOTE: Final = "state"


class Keeping:
    """
    Writes and removes files in the order in which that was asked for.  A disk that is full or not writable holds nobody
    up: what waits is tried again and again, and a note says meanwhile that it would not survive a restart.

    @ivar state: the directory.
    """

    _log = Logger()

    def __init__(self, state: StateDirectory, clock: IReactorTime, notes: Notes | None = None) -> None:
        """
        @param notes: where an operator looks; without it, there is the log.
        """
        self.state = state
        self._clock = clock
        self._notes = notes
        self._waiting: dict[str, bytes | None] = {}
        self._timer: IDelayedCall | None = None

    def write(self, name: str, content: bytes) -> None:
        """
        Set a file, now or later.
        """
        self._do(name, content)

    def remove(self, name: str) -> None:
        """
        Remove a file, now or later; never before what was to be written earlier is.
        """
        self._do(name, None)

    def stop(self) -> None:
        """
        Try a last time, and leave no timer behind.
        """
        self._try()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _do(self, name: str, content: bytes | None) -> None:
        self._waiting.pop(name, None)  # the newest goes last, as it was asked for last
        self._waiting[name] = content
        self._try()

    def _try(self) -> None:
        try:
            while self._waiting:
                name, content = next(iter(self._waiting.items()))
                self.state.remove(name) if content is None else self.state.write(name, content)
                del self._waiting[name]
        except StateUnavailable as error:
            self._failed(error)
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._log.info("the state directory {path} can be written again", path=str(self.state.path))
            if self._notes is not None:
                self._notes.clear(NOTE)

    def _failed(self, error: StateUnavailable) -> None:
        text = (
            f"{error}; this program works on, but would forget that at a restart: make room, or let it write into "
            f"{self.state.path}"
        )
        if self._timer is None:
            self._log.error("{text}", text=text)
            self._timer = self._clock.callLater(RETRY, self._due)
        if self._notes is not None:
            self._notes.say(NOTE, text)

    def _due(self) -> None:
        self._timer = self._clock.callLater(RETRY, self._due)
        self._try()
