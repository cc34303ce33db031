"""
A flood of one message is summed: whoever causes it fills no disk, and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import ILogObserver, LogEvent, LogLevel
from zope.interface import implementer

from wand.logs.line import HAPPENED, REPEATED
from wand.timing.timer import Timer
from wand.timing.token_buckets import TokenBuckets

#: How many messages of one kind are told per second in the long run, and at once.
MESSAGE_RATE: Final = 1.0
MESSAGE_BURST: Final = 60.0

#: How many kinds are told apart.
KINDS_MAXIMUM: Final = 1024

#: Seconds after which those that were not told are, together.
SUMMARY_INTERVAL: Final = 5.0


#: How the last one begins.
_SUMMARY: Final = "repeated {repeated} times, the last: "


def _isLastWord(event: LogEvent) -> bool:
    """
    May a program say this when it ends?  With an exception, which Twisted calls critical as well, it goes on.
    """
    return event.get("log_level") is LogLevel.critical and "log_failure" not in event


def _atOnce(call: Callable[[], object]) -> None:
    call()


@implementer(ILogObserver)
class Repeats:
    """
    Hands messages on, and of a kind that comes too often the last one now and then, with the number of those that it
    stands for.  Of one kind are messages that are the same line of the program.
    """

    def __init__(
        self,
        clock: IReactorTime,
        tell: Callable[[LogEvent], object],
        fromThread: Callable[[Callable[[], object]], object] = _atOnce,
    ) -> None:
        """
        @param tell: where they go.
        @param fromThread: calls something in the thread of C{clock}; messages come from all threads.
        """
        self._tell = tell
        self._fromThread = fromThread
        self._buckets = TokenBuckets(clock, MESSAGE_RATE, MESSAGE_BURST, KINDS_MAXIMUM)
        self._untold: dict[str, tuple[int, LogEvent]] = {}
        self._summary = Timer(clock, self.summarize)
        self._lock = Lock()

    def __call__(self, event: LogEvent) -> None:
        """
        See L{ILogObserver}.
        """
        # Of events somebody else sees that they are not too many, each kind by itself: wand.event_log.
        if HAPPENED in event or _isLastWord(event) or self._mayTell(event):
            self._tell(event)

    def summarize(self) -> None:
        """
        Tell what was not told.
        """
        with self._lock:
            untold, self._untold = self._untold, {}
        for count, last in untold.values():
            self._tell({**last, REPEATED: count, "log_format": f"{_SUMMARY}{last.get('log_format') or ''}"})

    def _mayTell(self, event: LogEvent) -> bool:
        kind = f"{event.get('log_namespace')} {event.get('log_level')} {event.get('log_format')}"[:200]
        with self._lock:
            if kind not in self._untold and self._buckets.take(kind):
                return True
            isFirst = not self._untold
            if kind not in self._untold and len(self._untold) >= KINDS_MAXIMUM:
                kind = next(iter(self._untold))
            self._untold[kind] = self._untold.get(kind, (0, event))[0] + 1, event
        if isFirst:
            self._fromThread(self._arm)
        return False

    def _arm(self) -> None:
        if not self._summary.isSet:
            self._summary.set(SUMMARY_INTERVAL)
