"""
Events in the log: a line each, and where many of one kind come together one line for all of them, whoever causes them.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.events import Event
from wand.logs.line import HAPPENED, REPEATED
from wand.timing.timer import Timer
from wand.timing.token_buckets import TokenBuckets

#: How many events of one kind are logged per second in the long run, and at once.
EVENT_RATE: Final = 1.0
EVENT_BURST: Final = 50.0

#: Seconds after which those that were not logged are, together.
SUMMARY_INTERVAL: Final = 5.0

_log = Logger(namespace="wand.events")


class EventLog:
    """
    Logs events: a subscriber of L{wand.events.Events}.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._buckets = TokenBuckets(clock, EVENT_RATE, EVENT_BURST)
        self._unlogged: dict[str, tuple[int, Event]] = {}
        self._summary = Timer(clock, self._summarize)

    def told(self, event: Event) -> None:
        """
        Something happened.
        """
        kind = event.kind
        if not self._buckets.take(kind):
            self._unlogged[kind] = self._unlogged.get(kind, (0, event))[0] + 1, event
            if not self._summary.isSet:
                self._summary.set(SUMMARY_INTERVAL)
        elif kind not in self._unlogged:
            _log.info("{kind}: {details}", kind=kind, details=_details(event), **{HAPPENED: event})
        else:
            self._unlogged[kind] = self._unlogged[kind][0] + 1, event

    def _summarize(self) -> None:
        unlogged, self._unlogged = self._unlogged, {}
        for kind, (count, last) in unlogged.items():
            _log.info(
                "{kind}: {log_repeated} more, the last: {details}",
                kind=kind,
                details=_details(last),
                **{HAPPENED: last, REPEATED: count},
            )


def _details(event: Event) -> str:
    return ", ".join(f"{name} {value}" for name, value in event.fields.items())
