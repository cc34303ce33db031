"""
What the programs do when they get a signal: SIGHUP reloads the configuration, SIGUSR1 writes the state into the log,
and SIGUSR2 does nothing.  By default each of them would end a program without a word, and for a supervisor that is a
clean end, after which it does not start it again.

The handlers only tell the reactor.  SIGINT and SIGTERM are left to Twisted: they end a program in good order.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from functools import partial
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Final

from twisted.logger import Logger

from wand.errors import WandError
from wand.health.notes import Notes
from wand.twistd.ending import endAtOnce

_SIGNALS: Final = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

#: The key of the note about a configuration that could not be taken over.
_NOTE: Final = "reload"

_log: Final = Logger(namespace="wand")


def spare() -> None:
    """
    From now on none of the signals ends the program, where nobody arranged for something else.  C{SIG_IGN} would be
    inherited by the programs that it starts.  The first process of a container, which no signal ends by default, is
    ended by SIGTERM also while it starts.
    """
    if current_thread() is main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _doNothing)
        if os.getpid() == 1 and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _end)


def heed(reactor: Any, notes: Notes, reload: Callable[[], Iterable[str]], report: Callable[[], Iterable[str]]) -> None:
    """
    Do what the signals ask for, once the reactor runs.

    @param notes: where it is said that a configuration cannot be used.
    @param reload: reads the configuration again; returns what became of it, a sentence each.
    @param report: tells the state of the program, a line each.
    """
    actions = {
        signal.SIGHUP: partial(_reload, notes, reload),
        signal.SIGUSR1: partial(_report, report),
    }

    def install() -> None:
        for number, action in actions.items():
            signal.signal(number, partial(_tell, reactor, action))

    reactor.callWhenRunning(install)


def _doNothing(number: int, frame: FrameType | None) -> None:
    pass


def _end(number: int, frame: FrameType | None) -> None:
    endAtOnce(128 + number)


def _tell(reactor: Any, action: Callable[[], None], number: int, frame: FrameType | None) -> None:
    reactor.callFromThread(action)


def _reload(notes: Notes, reload: Callable[[], Iterable[str]]) -> None:
    try:
        changes = list(reload())
    except WandError as error:
        _log.error("SIGHUP: the configuration is not taken over: {reason}", reason=str(error))
        notes.say(_NOTE, f"SIGHUP came, but the configuration cannot be used, and the one before stays: {error}")
        return
    notes.clear(_NOTE)
    _log.info("SIGHUP: {changes}", changes="; ".join(changes) or "nothing changed in the configuration")


def _report(report: Callable[[], Iterable[str]]) -> None:
    for line in report():
        _log.info("state: {line}", line=line)
