"""
A cache file: a file of the state directory that a node can do without, written now and then while it changes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.errors import StateUnavailable
from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.sealed.credentials.secret_files import readSecretFile
from wand.state import StateDirectory
from wand.timing.repeating import Repeating

Result = TypeVar("Result")

#: Runs a call that may block: L{wand.interfaces.Context.deferToThread}.
Defer = Callable[[Callable[[], None]], Deferred[None]]


class CacheFile:
    """
    Reads the file at the start, and lets somebody look at regular intervals whether there is something new to write.
    """

    _log = Logger()

    def __init__(
        self,
        name: str,
        what: str,
        look: Callable[[], object],
        state: StateDirectory,
        clock: IReactorTime,
        failures: Failures,
        notes: Notes,
    ) -> None:
        """
        @param name: the file.
        @param what: what is in it, for people.
        @param look: calls L{write} if there is something new.
        @param notes: where it is said that the file cannot be read or written.
        """
        self._lock = Lock()
        self._number = 0  # of the latest content: what is older, and waits for a thread, is not written any more
        self._isWriting = False
        self._waiting: Deferred[bool] = Deferred()  # fires with whether what waits may be written now
        self._name = name
        self._what = what
        self._state = state
        self._notes = notes
        self._looking = Repeating(what, look, clock, failures)

    def start(self, interval: float) -> bytes:
        """
        Look from now on.

        @param interval: seconds between two looks.
        @return: what is in the file; nothing if it cannot be read, which is said and passes with the next L{write}.
        """
        self._looking.start(interval, now=False)
        try:
            return readSecretFile(self._state, self._name) or b""
        except StateUnavailable as error:
            self._say(str(error))
            return b""

    def sayDamaged(self) -> None:
        """
        Some of what is in the file is not what was written; it is said, and passes with the next L{write}.
        """
        self._say(f"{self._state.path / self._name} is damaged")

    def stop(self) -> bool:
        """
        Stop looking.

        @return: whether it did until now, so that there is something to write a last time.
        """
        wasRunning = self.isRunning
        self._looking.stop()
        return wasRunning

    @property
    def isRunning(self) -> bool:
        """
        Is somebody looking: between L{start} and L{stop}?
        """
        return bool(self._looking.running)

    def write(self, content: bytes) -> bool:
        """
        Set the file.

        @return: whether that worked; if not, it is said until it does.
        """
        try:
            self._set(content, self._next())
        except StateUnavailable:
            return self._isNot(Failure())
        return self._isWritten()

    def writeIn(self, defer: Defer, content: bytes) -> Deferred[bool]:
        """
        The same as L{write}, for which the reactor does not wait: a disk may take seconds.

        @param defer: runs a call that may block.
        @return: fires with whether that worked.  While a former content is being written it waits, and is given up for
            a later one.
        """
        if self._isWriting:
            givenUp, self._waiting = self._waiting, Deferred()
            givenUp.callback(False)
            return self._waiting.addCallback(lambda isNow: self.writeIn(defer, content) if isNow else False)
        self._isWriting = True
        written = defer(partial(self._set, content, self._next())).addBoth(self._over)
        return written.addCallbacks(lambda _: self._isWritten(), self._isNot)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _set(self, content: bytes, number: int) -> None:
        with self._lock:
            if number == self._number:
                self._state.write(self._name, content)

    def _over(self, result: Result) -> Result:
        self._isWriting = False
        waiting, self._waiting = self._waiting, Deferred()
        waiting.callback(self.isRunning)
        return result

    def _isWritten(self) -> bool:
        self._notes.clear(f"unreadable-{self._name}")
        self._notes.clear(f"state-{self._name}")
        return True

    def _isNot(self, failure: Failure) -> bool:
        failure.trap(StateUnavailable)
        text = (
            f"{failure.getErrorMessage()}; {self._what} would be forgotten at a restart: make room, or let this node "
            f"write into {self._state.path}"
        )
        self._log.warn("{text}", text=text)
        self._notes.say(f"state-{self._name}", text)
        return False

    def _say(self, trouble: str) -> None:
        text = f"{trouble}; this node works without what it kept there, {self._what}, and writes it again"
        self._log.error("{text}", text=text)
        self._notes.say(f"unreadable-{self._name}", text, isHint=True)
