"""
Files that a program can work without for a while: they are written into its state directory as soon as possible.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from wand.errors import StateUnavailable
from wand.health.notes import Notes
from wand.state import StateDirectory

#: Seconds after which a failed write is tried again.
RETRY_INTERVAL: Final = 10.0

#: The key of the note that says that a write failed.
_NOTE: Final = "state"


class StateWriter:
    """
    Writes and removes files in the order requested.  A disk that is full or not writable holds nobody up: pending
    changes are tried again and again, and a note says meanwhile that they would not survive a restart.

    @ivar state: the directory.
    """

    _log = Logger()

    def __init__(self, state: StateDirectory, clock: IReactorTime, notes: Notes | None = None) -> None:
        """
        @param notes: shown to the operator; without it, there is only the log.
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
        Remove a file, now or later, but never before an earlier write is done.
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
        self._waiting.pop(name, None)  # the newest goes last, since it was requested last
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
                self._notes.clear(_NOTE)

    def _failed(self, error: StateUnavailable) -> None:
        text = (
            f"{error}; this program goes on, but would forget that at a restart: make room, or let it write into "
            f"{self.state.path}"
        )
        if self._timer is None:
            self._log.error("{text}", text=text)
            self._timer = self._clock.callLater(RETRY_INTERVAL, self._due)
        if self._notes is not None:
            self._notes.say(_NOTE, text)

    def _due(self) -> None:
        self._timer = self._clock.callLater(RETRY_INTERVAL, self._due)
        self._try()
