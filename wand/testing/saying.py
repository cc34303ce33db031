"""
How much a plugin says in the log, and to those that hear of events.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
from twisted.logger import ILogObserver, LogEvent, LogLevel, globalLogPublisher
from zope.interface import implementer

from wand.interfaces import Context


@implementer(ILogObserver)
@attrs.define(eq=False)
class Said:
    """
    What is said.

    @ivar messages: how many messages of the log there were, those for whoever looks for a fault apart.
    @ivar events: how many events.
    """

    messages: int = 0
    events: int = 0

    def __call__(self, event: LogEvent) -> None:
        """
        See L{ILogObserver}.
        """
        self.messages += event.get("log_level") is not LogLevel.debug


class _Standard(logging.Handler):
    """
    Counts messages of C{logging}.
    """

    def __init__(self, said: Said) -> None:
        super().__init__(logging.INFO)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        """
        See L{logging.Handler}.
        """
        self._said.messages += 1


@contextmanager
def saying(context: Context) -> Iterator[Said]:
    """
    Count what is said within the C{with}.
    """
    said, root = Said(), logging.getLogger()
    handler = _Standard(said)

    def published(event: object) -> None:
        said.events += 1

    end = context.events.subscribe(published)
    globalLogPublisher.addObserver(said)
    root.addHandler(handler)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        globalLogPublisher.removeObserver(said)
        end()
