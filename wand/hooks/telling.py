"""
Telling: executables are told of events, one after the other, in the order in which they happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from wand.hooks.questioning import Run, ended
from wand.hooks.trusted import Untrusted, executablesIn
from wand.interfaces import Context

#: The folder of executables that are told of all events.
EVERY_EVENT: Final = "every-event"

#: Seconds between two looks for which kinds of events there are folders.
LOOK_INTERVAL: Final = 1.0

COUNTERS: Final = {
    "drop-hook-events": "events of which no executable was told, because too many waited",
}


class Telling:
    """
    Tells the executables of a folder; events wait while they are told of others, and not too many do.
    """

    def __init__(
        self,
        folder: Path,
        run: Run,
        context: Context,
        seconds: float,
        limit: int,
        say: Callable[[str], object],
    ) -> None:
        """
        @param folder: has one for each kind of event.
        @param seconds: how long one executable may take.
        @param limit: how many events wait at most.
        @param say: called with what the operator should know.
        """
        context.counters.declare(COUNTERS)
        self._folder = folder
        self._run = run
        self._seconds = seconds
        self._limit = limit
        self._say = say
        self._counters = context.counters
        self._context = context
        self._worker = context.makeWorker("executables that are told")
        self._waiting = 0
        self._folders: frozenset[str] = frozenset()
        self._lookAt = float("-inf")

    def isWanted(self, kind: str) -> bool:
        """
        Is there a folder for events of a kind, or for all?  It is looked for once a second: there may be many events.
        """
        now = self._context.clock.seconds()
        if now >= self._lookAt:
            self._lookAt = now + LOOK_INTERVAL
            try:
                self._folders = frozenset(each.name for each in self._folder.iterdir())
            except OSError as error:
                self._say(f"{self._folder} cannot be read: {error.strerror}")
        return EVERY_EVENT in self._folders or kind in self._folders

    def tell(self, kind: str, document: bytes) -> None:
        """
        Something happened.
        """
        if self._waiting >= self._limit:
            self._counters["drop-hook-events"] += 1
            return
        self._waiting += 1
        done = self._worker.do(partial(self._tell, kind, document))
        done.addCallback(self._told).addErrback(lambda failure: self._context.failures.caught("executables", failure))

    def stop(self) -> None:
        """
        Tell of nothing more.
        """
        self._limit = 0
        self._worker.stop()

    def _told(self, problems: Sequence[str]) -> None:
        self._waiting -= 1
        if self._limit:
            for problem in problems:
                self._say(problem)

    def _tell(self, kind: str, document: bytes) -> Sequence[str]:
        problems: list[str] = []
        for folder in (self._folder / each for each in (kind, EVERY_EVENT) if each in self._folders):
            if not self._limit:
                break
            try:
                found = executablesIn(folder)
            except Untrusted as error:
                problems.append(f"{folder} is not used: {error}")
            except OSError as error:
                problems.append(f"{folder} cannot be read: {error}")
            else:
                problems += [f"{each} is not executable and is not told; chmod +x {each}" for each in found.asleep]
                problems += filter(None, (self._problem(each, document) for each in found.executables))
        return problems

    def _problem(self, executable: Path, document: bytes) -> str:
        """
        Run one.

        @return: what went wrong; nothing if all is well.
        """
        try:
            outcome = self._run(executable, document, self._seconds)
        except OSError as error:
            return f"{executable} was not told of everything: {error}"
        return "" if outcome.status == 0 else f"{executable} {ended(outcome)}"
