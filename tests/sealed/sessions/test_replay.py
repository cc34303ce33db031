"""
Tests for L{wand.sealed.sessions.replay}.
"""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.replay import ALONE, FORGIVEN, TOLERATED, WINDOW, Window


class Naive:
    """
    The same, slow and obvious.
    """

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.highest = -1

    def isNew(self, counter: int) -> bool:
        return counter not in self.seen and counter > self.highest - WINDOW

    def add(self, counter: int) -> None:
        self.seen.add(counter)
        self.highest = max(self.highest, counter)


#: Steps from the highest counter so far: mostly near, at the edges of the window and of the ring, and far jumps.
STEPS = st.one_of(
    st.integers(-20, 20),
    st.integers(-WINDOW - 9, -WINDOW + 9),
    st.integers(WINDOW - 9, WINDOW + 9),
    st.integers(2 * WINDOW - 9, 2 * WINDOW + 9),
    st.integers(-3 * WINDOW, 3 * WINDOW),
    st.sampled_from([1 << 20, 1 << 32, 1 << 47]),
)


class WindowTests(SynchronousTestCase):
    """
    A counter counts once.
    """

    @given(st.lists(STEPS, max_size=200))
    def test_isTheNaiveSet(self, steps: list[int]) -> None:
        """
        Whatever comes in whatever order, the window says the same as a set of all that was seen.
        """
        window, naive = Window(), Naive()
        for step in steps:
            counter = max(0, naive.highest + step)
            self.assertEqual(window.isNew(counter), naive.isNew(counter), counter)
            if naive.isNew(counter):
                window.add(counter)
                naive.add(counter)
            self.assertEqual(window.highest, naive.highest)

    @given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 130)), max_size=40))
    def test_rows(self, rows: list[tuple[int, int]]) -> None:
        """
        A row that is remembered at once is the same as each of its counters.
        """
        window, naive = Window(), Naive()
        for gap, count in rows:
            first = naive.highest + 1 + gap
            window.addRow(first, count)
            for counter in range(first, first + count):
                naive.add(counter)
            self.assertEqual(window.highest, naive.highest)
            for counter in range(max(0, first - 200), first + count + 20):
                self.assertEqual(window.isNew(counter), naive.isNew(counter), counter)

    def test_inOrder(self) -> None:
        """
        Three windows in order are new once each.
        """
        window = Window()
        for counter in range(3 * WINDOW):
            self.assertTrue(window.isNew(counter))
            window.add(counter)
            self.assertFalse(window.isNew(counter))

    def test_reverseOrder(self) -> None:
        """
        A whole window may arrive in reverse; what is older may not.
        """
        window = Window()
        window.add(2 * WINDOW)
        for counter in range(2 * WINDOW - 1, WINDOW, -1):
            self.assertTrue(window.isNew(counter))
            window.add(counter)
        self.assertFalse(window.isNew(WINDOW))

    def test_isWideEnough(self) -> None:
        """
        The window has at least 8,192 counters.
        """
        self.assertGreaterEqual(WINDOW, 8192)


class LossTests(SynchronousTestCase):
    """
    Loss at random is told from congestion.
    """

    def loss(self, lost: set[int], count: int = 20_000, row: int = 1) -> int:
        """
        Let counters come in order, in rows of some.

        @return: the most of the loss.
        """
        window, most = Window(), -TOLERATED
        for first in range(0, count, row):
            counters = [each for each in range(first, first + row) if each not in lost]
            if counters and counters[-1] - counters[0] == len(counters) - 1:
                window.addRow(counters[0], len(counters))
            else:
                for each in counters:
                    window.add(each)
            most = max(most, window.loss)
        return most

    def test_random(self) -> None:
        """
        One in a hundred, or in a thousand, is more than is tolerated before long, however they come.
        """
        for seed in range(10):
            for part, count in ((100, 3_000), (1_000, 40_000)):
                chance = Random(seed)
                lost = {each for each in range(count) if chance.random() < 1 / part}
                one, row = self.loss(lost, count), self.loss(lost, count, 44)
                self.assertGreaterEqual(one, TOLERATED, (seed, part))
                self.assertGreaterEqual(row, TOLERATED, (seed, part))

    def test_strays(self) -> None:
        """
        One now and then never adds up, and neither do three at once.
        """
        self.assertLess(self.loss(set(range(100, 200_000, 3_000)), 200_000), TOLERATED)
        self.assertLess(self.loss({100, 200, 300}), TOLERATED)

    def test_rows(self) -> None:
        """
        What is lost in rows, or every other, or every few, is congestion.
        """
        lost = {each for each in range(20_000) if each % 100 < 2}
        self.assertEqual(self.loss(lost), -TOLERATED)
        self.assertLess(self.loss(set(range(1_000, 2_000, 2))), TOLERATED)
        self.assertLess(self.loss(set(range(1_000, 5_000, ALONE))), TOLERATED)
        mixed = {each for each in range(20_000) if each % 100 == 0 or each % 500 in (1, 250)}
        self.assertLess(self.loss(mixed), TOLERATED)

    def test_late(self) -> None:
        """
        What comes late was not lost.
        """
        window = Window()
        for first in range(0, 200_000, 50):
            for each in (first + 1, first, *range(first + 2, first + 50)):
                window.add(each)
        self.assertLess(window.loss, 0)

    @given(st.lists(st.tuples(st.integers(-30, 40), st.integers(1, 130)), max_size=100))
    def test_isBounded(self, steps: list[tuple[int, int]]) -> None:
        """
        Whatever comes: the loss has a floor, and grows by one at a time.
        """
        window = Window()
        for step, count in steps:
            counter, before = max(0, window.highest + step), window.loss
            if step > 0:
                window.addRow(counter, count)
            elif window.isNew(counter):
                window.add(counter)
            self.assertGreaterEqual(window.loss, -TOLERATED)
            self.assertLessEqual(window.loss, before + FORGIVEN)
