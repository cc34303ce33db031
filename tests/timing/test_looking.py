"""
Tests for L{wand.timing.looking}.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.timing.looking import LOOK_INTERVAL, until


class UntilTests(SynchronousTestCase):
    """
    Somebody waits.
    """

    def test_until(self) -> None:
        """
        What is done at once is not waited for; what happens later is seen soon; what never happens is given up.
        """
        clock, done = Clock(), [True]
        self.assertTrue(self.successResultOf(Deferred.fromCoroutine(until(lambda: bool(done), 1.0, clock))))
        for isLate in (False, True):
            done.clear()
            waiting = Deferred.fromCoroutine(until(lambda: bool(done), 1.0, clock))
            clock.pump([LOOK_INTERVAL] * 10)
            self.assertNoResult(waiting)
            if not isLate:
                done.append(True)
            clock.pump([LOOK_INTERVAL] * (12 if isLate else 1))
            self.assertEqual(not isLate, self.successResultOf(waiting))
        self.assertEqual([], clock.getDelayedCalls())
