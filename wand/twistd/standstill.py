"""
A program that stands still, because a plugin waits or loops in the thread of the reactor: the log says so, and where.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Protocol

from twisted.logger import Logger

from wand.health.notes import Notes
from wand.twistd.ending import endAtOnce
from wand.twistd.whereabouts import whereabouts

#: Seconds between two looks; what is the same at two of them stands still.
INTERVAL: Final = 5.0

#: The note afterwards.
NOTE: Final = "standstill"
NOTE_LIFETIME: Final = 24 * 3600.0


class Turning(Protocol):
    """
    The reactor, as far as this thread may look at it.

    @ivar isWaiting: does it wait for events?
    @ivar woke: when it last had some.
    @ivar isTold: did a signal tell it to end?
    """

    isWaiting: bool
    isTold: bool

    @property
    def woke(self) -> float:
        """
        See L{Turning}.
        """

    def callFromThread(self, f: Callable[..., Any], *args: object, **kwargs: object) -> object:
        """
        See L{twisted.internet.interfaces.IReactorFromThreads}.
        """


class Standstill:
    """
    Looks now and then, from another thread.
    """

    _log = Logger(namespace="wand")

    def __init__(self, reactor: Turning, notes: Notes, end: Callable[[int], object] = endAtOnce) -> None:
        """
        @param end: ends the program with a status.
        """
        self._reactor = reactor
        self._notes = notes
        self._end = end
        self._last: float | None = None
        self._looks = 0
        self._where = ""

    def watch(self) -> None:
        """
        Begin, in the process that goes on, and in the thread of the reactor.
        """
        self._main = threading.get_ident()
        threading.Thread(target=self._run, name="standstill", daemon=True).start()

    def look(self, frame: FrameType | None) -> None:
        """
        Look once.

        @param frame: what the thread of the reactor does.
        """
        reactor = self._reactor
        woke = None if reactor.isWaiting else reactor.woke
        if woke is None or woke != self._last:
            self._moved()
            self._last = woke
            return
        self._looks += 1
        if self._looks == 1:
            self._where = whereabouts(frame)
            stack = "".join(traceback.format_stack(frame))
            text = f"{self._where}: no frame passes, no command is answered, until it returns"
            self._log.critical(
                "for {seconds:g} s the program waits for {text}\n{stack}", seconds=INTERVAL, text=text, stack=stack
            )
        if reactor.isTold:
            self._log.critical("the program ends, although {where} has not returned", where=self._where)
            self._end(1)

    def _moved(self) -> None:
        if self._looks:
            text = (
                f"the program stood still for about {self._looks * INTERVAL:g} s, because of {self._where}; no frame "
                "passed meanwhile: report it to its author"
            )
            self._log.error("{text}", text=text)
            self._reactor.callFromThread(self._say, text)
        self._looks = 0

    def _say(self, text: str) -> None:
        self._notes.say(NOTE, text, lifetime=NOTE_LIFETIME)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(INTERVAL):
            self.look(sys._current_frames().get(self._main))
