"""
Tests for L{wand.timing.timer}.
"""

from __future__ import annotations

from math import inf

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.timing.timer import Timer


class TimerTests(SynchronousTestCase):
    """
    Tests for L{Timer}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.calls: list[float] = []
        self.timer = Timer(self.clock, lambda: self.calls.append(self.clock.seconds()))

    def test_due(self) -> None:
        """
        It makes its call once, when that is due; set again, it is due at the new time only.
        """
        self.assertEqual((self.timer.isSet, self.timer.due), (False, inf))
        self.timer.set(1.0)
        self.timer.set(2.0)
        self.assertEqual((self.timer.isSet, self.timer.due), (True, 2.0))
        self.clock.pump([1.0] * 5)
        self.assertEqual((self.calls, self.timer.isSet), ([2.0], False))

    def test_stopped(self) -> None:
        """
        Stopped, it makes no call and leaves nothing behind; it can be stopped twice, and set again.
        """
        self.timer.set(1.0)
        self.timer.stop()
        self.timer.stop()
        self.assertEqual((self.clock.getDelayedCalls(), self.timer.due), ([], inf))
        self.timer.set(1.0)
        self.clock.advance(1.0)
        self.assertEqual(self.calls, [1.0])

    def test_setByItsCall(self) -> None:
        """
        While its call is made it is not due, so that the call can set it.
        """
        self.timer = Timer(self.clock, lambda: self.calls.append(self.timer.due) or self.timer.set(1.0))  # type: ignore[func-returns-value]
        self.timer.set(1.0)
        self.clock.pump([1.0] * 3)
        self.assertEqual((self.calls, self.timer.due), ([inf] * 3, 4.0))
