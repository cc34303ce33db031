"""
The log of a program, put together.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorFromThreads, IReactorTime
from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer

from wand.logs.levels import Levels
from wand.logs.outputs import Output
from wand.logs.repeats import Repeats, speaker


@implementer(ILogObserver)
class Log:
    """
    Takes all messages of a process, and hands on those that are to be in its log.
    """

    def __init__(self, levels: Levels, output: Output, clock: IReactorTime, threads: IReactorFromThreads) -> None:
        """
        @param levels: how much each part says.
        @param threads: calls something in the thread of C{clock}.
        """
        self._levels = levels
        self._repeats = Repeats(clock, output, threads.callFromThread, speaker)

    def __call__(self, event: LogEvent) -> None:
        """
        See L{ILogObserver}.
        """
        if self._levels.says(event):
            self._repeats(event)

    def end(self) -> None:
        """
        The program ends: tell what was not told yet.
        """
        self._repeats.summarize()
