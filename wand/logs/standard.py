"""
Messages of Python's C{logging}, as libraries and plugins have it, in the log of the program.
"""

from __future__ import annotations

import logging
from typing import Final

from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure

#: The levels, from the number on at which each begins.
_LEVELS: Final = (
    (logging.CRITICAL, LogLevel.critical),
    (logging.ERROR, LogLevel.error),
    (logging.WARNING, LogLevel.warn),
    (logging.INFO, LogLevel.info),
)


class StandardMessages(logging.Handler):
    """
    Hands them on, each with the name of its logger.  Without it they would go to the standard error, past all limits
    if somebody asked for that before the log began.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """
        See L{logging.Handler}.
        """
        level = next((level for number, level in _LEVELS if record.levelno >= number), LogLevel.debug)
        try:
            text = record.getMessage()
        except Exception:  # its arguments do not fit
            text = str(record.msg)
        raised = record.exc_info or (None, None, None)
        failure = {} if raised[1] is None else {"log_failure": Failure(raised[1], raised[0], raised[2])}
        Logger(namespace=record.name).emit(level, "{text}", text=text, **failure)


def takeStandardMessages() -> None:
    """
    From now on they go to the log of this process.
    """
    root = logging.getLogger()
    root.addHandler(StandardMessages())
    root.setLevel(logging.INFO)  # as our own
