"""
Tests for L{wand.timing.deadlines}.
"""

from __future__ import annotations

from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.testing.context import WallClock
from wand.timing.deadlines import AT_ONCE, CHECK_INTERVAL, Deadlines


class AgeingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.gone: list[str] = []
        self.deadlines: Deadlines[str] = Deadlines(self.clock, self.gone.append)

    def test_expires(self) -> None:
        """
        A key expires at its deadline and not before.
        """
        self.deadlines.expireAt("a", 10)
        self.clock.advance(9.9)
        self.assertEqual(self.gone, [])
        self.clock.advance(0.1)
        self.assertEqual(self.gone, ["a"])

    def test_oneThatFails(self) -> None:
        """
        When nothing can be done about one of those that expire, the others expire all the same.
        """

        def expired(key: str) -> None:
            if key == "b":
                raise ValueError(key)
            self.gone.append(key)

        deadlines: Deadlines[str] = Deadlines(self.clock, expired)
        for key in "abcd":
            deadlines.expireAt(key, 10)
        self.assertRaises(ValueError, self.clock.advance, 10)
        self.clock.advance(0)
        self.assertEqual(self.gone, ["a", "c", "d"])

    def test_never(self) -> None:
        """
        An infinite deadline never comes, disturbs no other, and waits for nothing; it can be moved.
        """
        for key, when in (("never", inf), ("long ago", -inf), ("a", 10.0), ("never again", inf)):
            self.deadlines.expireAt(key, when)
        self.clock.advance(1e6)
        self.assertEqual((self.gone, len(self.deadlines)), (["long ago", "a"], 2))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.deadlines.expireAt("never", self.clock.seconds() + 5)
        self.clock.advance(5)
        self.assertEqual(self.gone[2:], ["never"])

    def test_noMoment(self) -> None:
        """
        What is no number is no deadline, and leaves the others as they are.
        """
        self.deadlines.expireAt("a", 10)
        self.assertRaises(ValueError, self.deadlines.expireAt, "a", nan)
        self.clock.advance(10)
        self.assertEqual((self.gone, len(self.deadlines)), (["a"], 0))

    def test_laterDeadline(self) -> None:
        """
        A deadline that is moved back counts, and the first one is forgotten.
        """
        self.deadlines.expireAt("a", 10)
        self.deadlines.expireAt("a", 20)
        self.clock.advance(19)
        self.assertEqual(self.gone, [])
        self.clock.advance(1)
        self.assertEqual(self.gone, ["a"])

    def test_earlierDeadline(self) -> None:
        """
        A deadline that is brought forward counts.
        """
        self.deadlines.expireAt("a", 20)
        self.deadlines.expireAt("a", 5)
        self.clock.advance(5)
        self.assertEqual(self.gone, ["a"])

    def test_discarded(self) -> None:
        """
        A key that is discarded does not expire.
        """
        self.deadlines.expireAt("a", 5)
        self.deadlines.discard("a")
        self.clock.advance(10)
        self.assertEqual(self.gone, [])
        self.assertIsNone(self.deadlines.deadline("a"))

    def test_stopLeavesNoTimer(self) -> None:
        """
        After a stop no call is scheduled.
        """
        self.deadlines.expireAt("a", 5)
        self.deadlines.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_thousandsAtOnce(self) -> None:
        """
        Thousands with the same deadline expire a few at a time, between which the reactor does other things.
        """
        seen: list[int] = []
        for number in range(5 * AT_ONCE):
            self.deadlines.expireAt(str(number), 5)
        self.clock.callLater(5, lambda: seen.append(len(self.gone)))
        self.clock.advance(5)
        self.assertLessEqual(seen[0], AT_ONCE)
        self.assertEqual(len(self.gone), 5 * AT_ONCE)

    def test_oneTimerForAll(self) -> None:
        """
        However many keys there are, and however often their deadlines move, one call is scheduled, and memory is
        bounded.
        """
        for step in range(200):
            for key in "abcdefgh":
                self.deadlines.expireAt(key, 1000 - step)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.assertLess(self.deadlines._waiting, 200)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 5), st.booleans())))
    def test_behavesLikeAPlainTableOfDeadlines(self, steps: list[tuple[str, int, int, bool]]) -> None:
        """
        Whatever is set, moved and discarded while time passes, exactly what is due has expired.
        """
        clock = Clock()
        gone: list[str] = []
        deadlines: Deadlines[str] = Deadlines(clock, gone.append)
        dueAt: dict[str, float] = {}
        expected: list[str] = []
        for key, seconds, pause, discards in steps:
            if discards:
                deadlines.discard(key)
                dueAt.pop(key, None)
            else:
                dueAt[key] = clock.seconds() + seconds
                deadlines.expireAt(key, dueAt[key])
            clock.advance(pause)
            due = [each for each, when in dueAt.items() if when <= clock.seconds()]
            expected += due
            for each in due:
                del dueAt[each]
        self.assertEqual(sorted(gone), sorted(expected))
        self.assertEqual(len(deadlines), len(dueAt))


class WallClockAgeingTests(SynchronousTestCase):
    """
    Deadlines of the wall clock, which may be set.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.wallClock = WallClock(self.clock, 1_700_000_000.0)
        self.gone: list[str] = []
        self.deadlines: Deadlines[str] = Deadlines(self.clock, self.gone.append, self.wallClock)

    def go(self, seconds: float) -> None:
        self.clock.pump([1.0] * round(seconds))

    def test_expires(self) -> None:
        """
        A key expires at its deadline.
        """
        self.deadlines.expireAt("a", 1_700_000_500.0)
        self.go(499)
        self.assertEqual(self.gone, [])
        self.go(1)
        self.assertEqual(self.gone, ["a"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_setForward(self) -> None:
        """
        If the clock is set beyond it, that is seen within a minute.
        """
        self.deadlines.expireAt("a", 1_700_086_400.0)
        self.go(100)
        self.wallClock.step(86_400.0)
        self.go(CHECK_INTERVAL)
        self.assertEqual(self.gone, ["a"])

    def test_setBack(self) -> None:
        """
        If it is set back, the deadline is as much later.
        """
        self.deadlines.expireAt("a", 1_700_000_100.0)
        self.deadlines.expireAt("b", 1_700_000_050.0)
        self.wallClock.step(-500.0)
        self.go(549)
        self.assertEqual(self.gone, [])
        self.go(1)
        self.assertEqual(self.gone, ["b"])
        self.go(50)
        self.assertEqual(self.gone, ["b", "a"])
