"""
Tests for L{wand.protocols.sealed.replay}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.protocols.sealed.replay import WINDOW, Window


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
