"""
Tests for L{wand.testing.promptness}, in simulated time.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

from twisted.internet.task import Clock

from wand.testing.promptness import quickest


def taking(*seconds: float, meanwhile: Callable[[float], object] = lambda pause: None) -> tuple[float, int]:
    """
    What is found of something that takes so long at each try, at the last for ever, and may take 0.1 s; and how often
    it is tried within 2 s.

    @param meanwhile: called with each pause.
    """
    clock = Clock()
    each = chain(seconds, repeat(seconds[-1]))
    tries = 0

    def do() -> None:
        nonlocal tries
        tries += 1
        clock.advance(next(each))

    return quickest(do, 0.1, 2.0, clock.seconds, meanwhile), tries


def test_quickOnce() -> None:
    """
    What is quick once is quick; it is not done again.
    """
    assert taking(0.0625) == (0.0625, 1)
    assert taking(0.5, 0.5, 0.0625) == (0.0625, 3)


def test_slowAgainAndAgain() -> None:
    """
    What is slow is done five times, and for as long as the patience lasts.
    """
    assert taking(1.0) == (1.0, 5)
    assert taking(0.25) == (0.25, 8)


def test_whatItBegan() -> None:
    """
    Between two tries is a pause, so that what the last one began elsewhere does not hold up the next one.
    """
    pauses: list[float] = []
    taking(0.5, 0.5, 0.0625, meanwhile=pauses.append)
    assert len(pauses) == 2
    assert min(pauses) > 0
