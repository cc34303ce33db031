"""
Tests for L{bench.rounds}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.plot import Link
from bench.results import Turn
from bench.rounds import Running, inOrder
from wand.errors import WandError


class FakePlot:
    """
    A plot where nothing is.
    """

    def __init__(self, events: list[str]) -> None:
        self._events = events

    def clear(self) -> None:
        """
        Note it.
        """
        self._events.append("clear")

    def awaitEcho(self, address: str) -> None:
        """
        Note it.
        """
        self._events.append(f"echo from {address}")


class FakeContender:
    """
    A contender that can be told to fail at its start.
    """

    def __init__(self, events: list[str]) -> None:
        self.works = True
        self._events = events

    def start(self, plot: FakePlot) -> Link:
        """
        Start, or do not.
        """
        self._events.append("start")
        if not self.works:
            raise WandError("out of order")
        return Link("10.0.0.1", "10.0.0.2")


class FakeLoad:
    """
    A load that gives the turns that it was told to.
    """

    def __init__(self, events: list[str]) -> None:
        self.next = Turn({"tcp-forward": 1.0})
        self._events = events

    def warmUp(self, link: Link) -> None:
        """
        Note it.
        """
        self._events.append("warm up")

    def turn(self, link: Link, wanted: list[object]) -> Turn:
        """
        Give the next turn.
        """
        self._events.append("turn")
        return self.next


class RunningTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.events: list[str] = []
        self.contender, self.load = FakeContender(self.events), FakeLoad(self.events)
        self.running = Running(self.contender, FakePlot(self.events))

    def test_startsOnceAndStaysUp(self) -> None:
        """
        A contender is started before its first turn, and is still up at the second.
        """
        for _ in range(2):
            self.assertEqual(self.running.turn(self.load, []), self.load.next)
        self.assertEqual(self.events, ["clear", "start", "echo from 10.0.0.2", "warm up", "turn", "turn"])

    def test_startsAnewAfterAFailure(self) -> None:
        """
        A contender that failed is cleared away and started again before its next turn.
        """
        self.load.next = Turn(failures={"tcp-forward": "timed out"})
        self.running.turn(self.load, [])
        del self.events[:]
        self.running.turn(self.load, [])
        self.assertEqual(self.events[:2], ["clear", "start"])

    def test_oneThatDoesNotStartIsAFailure(self) -> None:
        """
        A contender that does not start fails this turn, and gets another chance in the next.
        """
        self.contender.works = False
        self.assertEqual(self.running.turn(self.load, []), Turn(failures={"start": "out of order"}))
        self.contender.works = True
        self.assertEqual(self.running.turn(self.load, []), self.load.next)


class OrderTests(SynchronousTestCase):
    def test_everyOtherRoundGoesBack(self) -> None:
        """
        Who was first in one round is last in the next.
        """
        self.assertEqual([inOrder("abc", number) for number in (1, 2, 3)], ["abc", "cba", "abc"])
