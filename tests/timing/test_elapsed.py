"""
Tests for L{wand.timing.elapsed}, and that every reactor measures elapsed time.
"""

from __future__ import annotations

import time
from asyncio import new_event_loop
from collections.abc import Callable
from typing import Any

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.pollreactor import PollReactor
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.programs.real_context import realContext
from wand.timing.elapsed import elapsed, steady
from wand.twistd.reactor import PromptReactor


class ElapsedTests(SynchronousTestCase):
    """
    Tests for L{elapsed} and L{steady}.
    """

    def made(self, make: Callable[[], Any]) -> Any:
        """
        A reactor that nobody installs.
        """
        reactor = make()
        self.addCleanup(reactor.removeAll)
        return reactor

    def others(self) -> list[Any]:
        """
        Twisted's own reactors.
        """
        loop = new_event_loop()
        self.addCleanup(loop.close)
        return [self.made(each) for each in (SelectReactor, PollReactor, lambda: AsyncioSelectorReactor(loop))]

    def test_sleepCounts(self) -> None:
        """
        It is the clock of the time since the host was started, in which it also slept.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.assertLess(0.0, elapsed() - now + 1e-9)
        self.assertLess(elapsed() - now, 5.0)

    def test_measuresWhatElapses(self) -> None:
        """
        Our reactor does from the begin on, and so does what is called later.
        """
        reactor = self.made(PromptReactor)
        self.assertIs(reactor.seconds, elapsed)
        call = reactor.callLater(100.0, lambda: None)
        self.assertLess(abs(call.getTime() - elapsed() - 100.0), 5.0)
        self.assertLessEqual(reactor.timeout(), 100.0)

    def test_otherReactorsMeasureItToo(self) -> None:
        """
        Somebody else's does once it has the context of a program; what waits is due as soon as before, in its order.
        """
        for reactor in self.others():
            calls = [reactor.callLater(delay, lambda: None) for delay in (300.0, 100.0, 200.0)]
            context = realContext(reactor)
            self.assertIs(context.clock.seconds, elapsed)
            self.assertLess(abs(context.clock.seconds() - elapsed()), 5.0)
            for call, delay in zip(calls, (300.0, 100.0, 200.0), strict=True):
                self.assertLess(abs(call.getTime() - elapsed() - delay), 5.0)
            self.assertLess(95.0, reactor.timeout())
            self.assertLessEqual(reactor.timeout(), 100.0)
            reactor.callLater(50.0, lambda: None)
            self.assertLessEqual(reactor.timeout(), 50.0)
            calls[0].reset(400.0)
            self.assertLess(abs(calls[0].getTime() - elapsed() - 400.0), 5.0)

    def test_peopleReadTheWallClock(self) -> None:
        """
        The context gives both: what people read is in seconds since the epoch.
        """
        context = realContext(self.made(SelectReactor))
        self.assertLess(abs(context.wallClock() - time.time()), 5.0)
        self.assertLess(abs(context.epoch(context.clock.seconds() - 60.0) - time.time() + 60.0), 5.0)

    def test_simulatedTimeIsLeftAlone(self) -> None:
        """
        A clock of a test is what it was.
        """
        clock = Clock()
        self.assertIs(steady(clock), clock)
        self.assertEqual(clock.seconds(), 0.0)
