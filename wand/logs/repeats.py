"""
A flood is summed, of one message, or of all that a plugin says: whoever causes it fills no disk, and hides nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import RLock
from types import FrameType
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

#: The same for all that comes from one source that is not ours, whose messages may each be of a kind of their own.
SOURCE_RATE: Final = 5.0
SOURCE_BURST: Final = 300.0

#: How many kinds and sources are told apart.
KINDS_MAXIMUM: Final = 1024

#: Seconds after which those that were not told are, together.
SUMMARY_INTERVAL: Final = 5.0


#: How the last one begins, and that of somebody else.
_SUMMARY: Final = "repeated {log_repeated} times, the last: "
_MORE: Final = "{log_repeated} more lines of {log_speaker}, the last: "

#: The first part of our namespaces; and what those of plugins begin with, with how much of them says which plugin.
_OURS: Final = "wand"
_PLUGINS: Final = {"wand.plugins.": 4, "twisted.plugins.": 3}

#: The modules that hand messages on and say none themselves, and all within them.
_HANDING_ON: Final = ("wand.logs.", "twisted.logger.", "twisted.python.log.", "logging.")


def speaker() -> str:
    """
    The package of the code that is logging right now, whatever the name of its logger; empty if that is ours or
    Twisted's.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and f"{_module(frame)}.".startswith(_HANDING_ON):
        frame = frame.f_back
    package = _packageOf(_module(frame))
    return "" if package in (_OURS, "twisted") else package


def sourceOf(event: LogEvent, speaker: str = "") -> str:
    """
    The plugin or package that says something; empty if that is ours.

    @param speaker: what L{speaker} found; if that is empty, the name of the logger tells.
    """
    package = speaker or _packageOf(str(event.get("log_namespace")))
    return "" if package == _OURS else package


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _packageOf(name: str) -> str:
    for begin, depth in _PLUGINS.items():
        if name.startswith(begin):
            return ".".join(name.split(".")[:depth])
    return name.partition(".")[0]


def _nobodyElse() -> str:
    return ""


def _isLastWord(event: LogEvent, source: str) -> bool:
    """
    May a program say this when it ends?  With an exception, which Twisted calls critical as well, it goes on.
    """
    return event.get("log_level") is LogLevel.critical and "log_failure" not in event and not source


def _atOnce(call: Callable[[], object]) -> None:
    call()


@implementer(ILogObserver)
class Repeats:
    """
    Hands messages on, and of a kind, or of a source, that comes too often the last one now and then, with the number of
    those that it stands for.  Of one kind are messages that are the same line of the program.
    """

    def __init__(
        self,
        clock: IReactorTime,
        tell: Callable[[LogEvent], object],
        fromThread: Callable[[Callable[[], object]], object] = _atOnce,
        speaker: Callable[[], str] = _nobodyElse,
    ) -> None:
        """
        @param tell: where they go.
        @param fromThread: calls something in the thread of C{clock}; messages come from all threads.
        @param speaker: see L{speaker}; without it, the name of the logger tells who says something.
        """
        self._tell = tell
        self._fromThread = fromThread
        self._speaker = speaker
        self._buckets = TokenBuckets(clock, MESSAGE_RATE, MESSAGE_BURST, KINDS_MAXIMUM)
        self._sources = TokenBuckets(clock, SOURCE_RATE, SOURCE_BURST, KINDS_MAXIMUM)
        self._untold: dict[tuple[str, str], tuple[int, LogEvent, str]] = {}  # by how it is summed, and of what
        self._summary = Timer(clock, self.summarize)
        self._lock = RLock()  # where an object is collected, or a signal comes, somebody may log in between

    def __call__(self, event: LogEvent) -> None:
        """
        See L{ILogObserver}.
        """
        source = sourceOf(event, self._speaker())
        # Of events somebody else sees that they are not too many, each kind by itself: wand.event_log.
        if (HAPPENED in event and not source) or _isLastWord(event, source) or self._mayTell(event, source):
            self._tell(event)

    def summarize(self) -> None:
        """
        Tell what was not told.
        """
        with self._lock:
            untold, self._untold = self._untold, {}
        for (summary, _), (count, last, source) in untold.items():
            more = {REPEATED: count, "log_speaker": source, "log_format": f"{summary}{last.get('log_format') or ''}"}
            self._tell({**last, **more})

    def _mayTell(self, event: LogEvent, source: str) -> bool:
        kind = f"{event.get('log_namespace')} {event.get('log_level')} {event.get('log_format')}"[:200]
        with self._lock:
            excess = self._excess(kind, source)
            if excess is None:
                return True
            isFirst = not self._untold
            if excess not in self._untold and len(self._untold) >= KINDS_MAXIMUM:
                excess = next(iter(self._untold))
            self._untold[excess] = self._untold.get(excess, (0, event, source))[0] + 1, event, source
        if isFirst:
            self._fromThread(self._arm)
        return False

    def _excess(self, kind: str, source: str) -> tuple[str, str] | None:
        """
        What there is too much of.
        """
        if source and (_MORE, source) in self._untold:
            return _MORE, source
        summary = _MORE if source else _SUMMARY
        if (summary, kind) in self._untold or not self._buckets.take(kind):
            return summary, kind
        if source and not self._sources.take(source):
            return _MORE, source
        return None

    def _arm(self) -> None:
        if not self._summary.isSet:
            self._summary.set(SUMMARY_INTERVAL)
