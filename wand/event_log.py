"""
Events in the log: a line each, and no more of one kind than a person would read, whoever causes them.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.events import Event
from wand.timing.token_buckets import TokenBuckets

#: How many events of one kind are logged per second in the long run, and at once.
EVENT_RATE: Final = 5.0
EVENT_BURST: Final = 500.0

_log = Logger(namespace="wand.events")


class EventLog:
    """
    Logs events: a subscriber of L{wand.events.Events}.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._buckets = TokenBuckets(clock, EVENT_RATE, EVENT_BURST)
        self._unlogged: dict[str, int] = {}

    def told(self, event: Event) -> None:
        """
        Something happened.
        """
        kind = event.kind
        if not self._buckets.take(kind):
            self._unlogged[kind] = self._unlogged.get(kind, 0) + 1
            return
        unlogged = self._unlogged.pop(kind, 0)
        more = f" ({unlogged} more before this one)" if unlogged else ""
        details = ", ".join(f"{name} {value}" for name, value in event.fields.items())
        _log.info("{kind}: {details}{more}", kind=kind, details=details, more=more)
