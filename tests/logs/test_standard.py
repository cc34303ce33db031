"""
Tests for L{wand.logs.standard}: what Python's C{logging} is told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher

from wand.logs.standard import StandardMessages, takeStandardMessages


@contextmanager
def taken() -> Iterator[list[LogEvent]]:
    """
    What gets into the log, while it takes what C{logging} is told, and pytest does not.
    """
    events: list[LogEvent] = []
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    globalLogPublisher.addObserver(events.append)
    root.handlers.clear()
    takeStandardMessages()
    try:
        yield events
    finally:
        globalLogPublisher.removeObserver(events.append)
        root.handlers[:] = handlers
        root.setLevel(level)


def test_messages() -> None:
    """
    A message has the name of its logger, and its level.
    """
    with taken() as told:
        logging.getLogger("acme.hook").warning("%d frames of {who}", 3)
        logging.getLogger("acme.hook").debug("nobody wants to know")
    (event,) = told
    assert (event["log_namespace"], event["log_level"]) == ("acme.hook", LogLevel.warn)
    assert formatEvent(event) == "3 frames of {who}"


def test_exceptions(loggedFailures: Any) -> None:
    """
    An exception comes with it.
    """
    with taken() as told:
        try:
            raise ValueError("broken")
        except ValueError:
            logging.getLogger("acme").exception("it failed")
    loggedFailures.flush(ValueError)
    (event,) = told
    assert event["log_level"] is LogLevel.error
    assert event["log_failure"].getErrorMessage() == "broken"


def test_whatDoesNotFit() -> None:
    """
    A message whose arguments do not fit is told without them.
    """
    with taken() as told:
        logging.getLogger("acme").error("%d frames", "no")
    assert [formatEvent(each) for each in told] == ["%d frames"]


def test_aPluginThatConfiguresIt() -> None:
    """
    Who configures C{logging}, as if it were a program, has no second way to the standard error.
    """
    with taken():
        logging.basicConfig(level=logging.DEBUG)
        assert [type(each) for each in logging.getLogger().handlers] == [StandardMessages]
