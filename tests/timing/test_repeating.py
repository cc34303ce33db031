"""
Tests for L{wand.timing.repeating}, L{wand.timing.guarded_time} and others that call again and
again: one failure ends nothing.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.counters import Counters
from wand.testing.context import failuresOf
from wand.timing.guarded_time import GuardedTime
from wand.timing.repeating import Repeating
from wand.timing.rounds import PushRounds


class RepeatingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.counters = Counters()
        self.failures = failuresOf(self.counters)
        self.calls = 0

    def fail(self) -> None:  # type: ignore[override]
        """
        Be called, and fail.
        """
        self.calls += 1
        raise KeyError(self.calls)

    def test_goesOn(self) -> None:
        """
        What is done again and again is done again after it failed.
        """
        repeating = Repeating("something", self.fail, self.clock, self.failures)
        repeating.start(1.0)
        self.clock.pump([1.0] * 3)
        self.assertEqual((self.calls, self.counters["drop-raised-something"]), (4, 4))
        repeating.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_stopIsHarmless(self) -> None:
        """
        What was never started, or was stopped before, can be stopped.
        """
        repeating = Repeating("something", lambda: None, self.clock, self.failures)
        repeating.stop()
        repeating.start(1.0)
        repeating.stop()
        repeating.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_timers(self) -> None:
        """
        A timer whose call fails is counted by what it calls; all else of the clock is as it was.
        """
        time = GuardedTime(self.clock, self.failures)
        verifyObject(IReactorTime, time)
        told: list[tuple[int, int]] = []
        time.callLater(1.0, self.fail)
        time.callLater(1.0, lambda one, two: told.append((one, two)), 1, two=2)
        cancelled = time.callLater(1.0, self.fail)
        cancelled.cancel()
        self.clock.advance(1.0)
        self.assertEqual((self.calls, told, time.seconds(), time.getDelayedCalls()), (1, [(1, 2)], 1.0, []))
        self.assertEqual(self.counters["drop-raised-timer-repeatingtests-fail"], 1)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_pushes(self) -> None:
        """
        When one of many cannot be told, the others are, and so is the next change.
        """
        told: list[int] = []

        def send(number: int) -> int:
            told.append(number)
            return self.fail() or 0 if number == 1 else 1  # type: ignore[func-returns-value]

        pushes = PushRounds(GuardedTime(self.clock, self.failures), lambda: range(3), send)
        self.assertRaises(KeyError, pushes.changed)
        self.clock.pump([0.1] * 10)
        self.assertEqual(told, [0, 1, 2])
        self.assertRaises(KeyError, pushes.changed)
        self.clock.pump([0.1] * 10)
        self.assertEqual(told, [0, 1, 2] * 2)
        pushes.stop()
