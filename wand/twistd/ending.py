"""
How a program ends: in good order, or with a reason that an operator understands and a status that a supervisor sees.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Final

from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

from wand.errors import REASON_VARIABLE, WandError

_log: Final = Logger(namespace="wand")

#: The exit status of a program that Ctrl-C ended before it had started, as shells have it.
INTERRUPTED: Final = 130

#: Seconds for the answer to a C{stop} to leave before the program ends.
ANSWER_GRACE: Final = 0.1

#: Seconds for everything to stop after that; more than all services need, of which each has its own limit.
STOPPING_PATIENCE: Final = 4.5

_status = 0
_isToEnd = False


def explainErrors(program: str) -> None:
    """
    Let an error that an operator may see end the program with its sentence, and not with a traceback.
    """

    def explain(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(error, WandError):
            _log.critical(
                "the program cannot start: {reason}", reason=str(error)
            )  # for a daemon, which has no terminal
            print(f"{program}: {error}", file=sys.__stderr__)
            _tell(str(error))
        elif isinstance(error, KeyboardInterrupt):  # later the reactor takes it
            print(f"{program}: interrupted before it had started", file=sys.__stderr__)
            endAtOnce(INTERRUPTED)
        else:
            sys.__excepthook__(kind, error, traceback)

    sys.excepthook = explain


def _tell(reason: str) -> None:
    """
    Tell the command that started this program in the background, if one did.
    """
    file = os.environ.get(REASON_VARIABLE, "")
    if file:
        with suppress(OSError):  # nobody waits for it any more
            Path(file).write_text(reason)


def endInTime(reactor: Any) -> None:
    """
    See to it that the program ends once it was told to, even if a plugin or a thread never does.
    """
    reactor.addSystemEventTrigger("before", "shutdown", _limit)


def _limit() -> None:
    late = Timer(STOPPING_PATIENCE, _late)
    late.daemon = True
    late.start()


def _late() -> None:
    _log.critical("the program ends, although not everything in it does: a plugin, or a thread, takes too long")
    endAtOnce(_status)


def endSoon(reactor: Any) -> None:
    """
    End the program in good order.
    """
    reactor.callLater(ANSWER_GRACE, _stop, reactor)


def endBecause(reactor: Any, reason: str) -> None:
    """
    End the program with exit status 1, because it can no longer do its work.
    """
    global _status  # one process has one
    _log.critical("the program ends: {reason}", reason=reason)
    if not _status:
        _status = 1
        atexit.register(endAtOnce, _status)
    reactor.callWhenRunning(_stop, reactor)  # what is lost may be lost before the reactor runs


def isToEnd() -> bool:
    """
    Does the program end because its operator told it so by a command, or because we saw that it cannot go on?
    """
    return _isToEnd


def _stop(reactor: Any) -> None:
    global _isToEnd
    _isToEnd = True
    with suppress(ReactorNotRunning):  # it ends already
        reactor.stop()


def endAtOnce(status: int) -> None:
    """
    End the program with a status, whatever it does.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            with suppress(OSError, ValueError):  # on a full disk, or closed
                stream.flush()
    os._exit(status)
