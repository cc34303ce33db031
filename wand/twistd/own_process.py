"""
What belongs to the program as a whole: its directory, what it does at signals, and that there is one of it.  A plugin
that changes it is not let have its way, and the operator is told.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from twisted.logger import Logger

from wand.health.notes import Notes

#: Seconds between two looks.
INTERVAL: Final = 10.0

#: Seconds after which a process that went astray ends, if it cannot say so.
PATIENCE: Final = 2

#: The note, which stays until the program is started again.
NOTE: Final = "process"

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class OwnProcess:
    """
    Puts back what was changed.
    """

    _log = Logger(namespace="wand")

    def __init__(self, reactor: Any, notes: Notes) -> None:
        self._reactor = reactor
        self._notes = notes

    def keep(self) -> None:
        """
        From now on it is to stay as it is.
        """
        self._directory = _directory()
        self._handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        os.register_at_fork(after_in_child=self._forked)
        self._reactor.callLater(INTERVAL, self._again)

    def look(self) -> None:
        """
        Look whether it is.
        """
        changed = []
        if _directory() != self._directory:
            changed.append(f"the working directory, to {_directory() or 'one that is gone'}")
            with suppress(OSError):
                os.chdir(self._directory)
        for number, handler in self._handlers.items():
            if signal.getsignal(number) is not handler:
                changed.append(f"what is done at {signal.Signals(number).name}")
                signal.signal(number, handler)
        if changed:
            text = (
                f"something in this program, a plugin, changed {' and '.join(changed)}; it was put back: find out "
                "which (wand status lists them, the contract of its kind tells it), and report it to its author"
            )
            self._log.error("{text}", text=text)
            self._notes.say(NOTE, text)

    def _again(self) -> None:
        self._reactor.callLater(INTERVAL, self._again)
        self.look()

    def _forked(self) -> None:
        """
        A child does what it was forked for; it is not to come back, and be a second program with the same sockets.
        """
        self._reactor.doIteration = _stray


def _stray(timeout: float | None) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)  # what another thread had locked when it forked stays locked: the log, perhaps
    with suppress(Exception):
        text = f"process {os.getpid()} of a plugin that forked went on as if it were the program, and was ended"
        OwnProcess._log.critical("{text}: report it to its author", text=text)
        print(text, file=sys.__stderr__, flush=True)
    os._exit(1)


def _directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return ""
