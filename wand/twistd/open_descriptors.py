"""
Descriptors that somebody opens and never closes: at the limit a program can be asked nothing more, so it says before
how far it has come, and what they are.
"""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.health.notes import Notes

#: Seconds between two looks.
INTERVAL: Final = 10.0

#: The note, and the parts of the limit at which it is said and taken back.
NOTE: Final = "descriptors"
HIGH: Final = 0.8
LOW: Final = 0.7

#: How many descriptors are looked at to say what they are.
SAMPLE: Final = 256


def used() -> int:
    """
    How many descriptors are open at least: the next one gets the lowest number that is free (open(2)).

    @raise OSError: if there can be no more.
    """
    number = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    os.close(number)
    return number


def limit() -> int:
    """
    How many there can be: RLIMIT_NOFILE of getrlimit(2).
    """
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def commonest(folder: Path = Path("/proc/self/fd")) -> str:
    """
    What most of them are, as proc_pid_fd(5) names them: a path, or a kind such as C{socket}; empty if that is unknown.
    """
    kinds: Counter[str] = Counter()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in islice(entries, SAMPLE):
            with suppress(OSError):  # closed meanwhile
                kinds[str(Path(entry.path).readlink()).partition(":[")[0]] += 1
    return next((kind for kind, _ in kinds.most_common(1)), "")


class OpenDescriptors:
    """
    Looks now and then.
    """

    _log = Logger(namespace="wand")

    def __init__(
        self,
        clock: IReactorTime,
        notes: Notes,
        used: Callable[[], int] = used,
        limit: Callable[[], int] = limit,
        commonest: Callable[[], str] = commonest,
    ) -> None:
        """
        @param used: see L{used}; and so on.
        """
        self._clock = clock
        self._notes = notes
        self._used = used
        self._limit = limit
        self._commonest = commonest
        self._isHigh = False

    def watch(self) -> None:
        """
        Look from now on.
        """
        self._clock.callLater(INTERVAL, self.watch)
        self.look()

    def look(self) -> None:
        """
        Look once.
        """
        most = self._limit()
        try:
            used = self._used()
        except OSError:
            used = most
        if used < LOW * most:
            self._isHigh = False
            self._notes.clear(NOTE)
        elif used >= HIGH * most and not self._isHigh:
            self._isHigh = True
            text = (
                f"{used} of the {most} descriptors that this program may have are open, most of them "
                f"{self._commonest() or 'of an unknown kind'}; at the limit it can be asked nothing more: if a plugin "
                "leaks them (wand plugins lists those in use), leave it out and restart; otherwise raise LimitNOFILE"
            )
            self._log.error("{text}", text=text)
            self._notes.say(NOTE, text)
