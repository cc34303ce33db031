"""
Tests for L{wand.timing.rounds}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.timing.rounds import (
    PORTION_INTERVAL,
    PORTION_OCTETS,
    PORTION_OCTETS_BEHIND,
    ROUND_INTERVAL,
    PushRounds,
)


class PushesTests(SynchronousTestCase):
    """
    L{PushRounds}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.sent: list[tuple[float, int]] = []
        self.targets = 3
        self.octets = 100
        self.pushes = PushRounds(self.clock, lambda: range(self.targets), self.send)

    def send(self, target: int) -> int:
        self.sent.append((self.clock.seconds(), target))
        return self.octets

    def test_theFirstChangeIsToldAtOnce(self) -> None:
        """
        A change begins a round: everybody is told, at once.
        """
        self.pushes.changed()
        self.assertEqual(self.sent, [(0, 0), (0, 1), (0, 2)])

    def test_aStormOfChangesIsOneRoundMore(self) -> None:
        """
        Whatever changes during a round is told in one next, which begins some time after the first.
        """
        for _ in range(100):
            self.pushes.changed()
        self.clock.advance(ROUND_INTERVAL - 0.01)
        self.assertEqual(len(self.sent), 3)
        self.clock.advance(0.01)
        self.assertEqual(len(self.sent), 6)
        self.clock.pump([ROUND_INTERVAL] * 10)
        self.assertEqual((len(self.sent), self.clock.getDelayedCalls()), (6, []))

    def test_aLargeRoundIsSpread(self) -> None:
        """
        Where much is to be sent, a portion goes at a time.
        """
        self.targets, self.octets = 10, PORTION_OCTETS // 2
        self.pushes.changed()
        self.assertEqual(len(self.sent), 2)
        self.clock.pump([PORTION_INTERVAL] * 10)
        self.assertEqual([target for _, target in self.sent], list(range(10)))
        self.assertLess(self.sent[-1][0], 5 * PORTION_INTERVAL)

    def test_aSlowServerDoesNotPauseBesides(self) -> None:
        """
        Where a portion takes longer than the time until the next, that is due when what came meanwhile was read.
        """
        self.targets, self.octets = 10, PORTION_OCTETS

        def slow(target: int) -> int:
            self.clock.rightNow += 2 * PORTION_INTERVAL
            return self.send(target)

        pushes = PushRounds(self.clock, lambda: range(self.targets), slow)
        pushes.changed()
        self.assertEqual(len(self.sent), 1)
        self.clock.pump([0.0] * 9)
        self.assertEqual(len(self.sent), 10)

    def test_aRoundStandsBack(self) -> None:
        """
        While something else goes first, little of a round is sent, but some.
        """
        self.targets, self.octets, hurries = 100, PORTION_OCTETS_BEHIND, [False]
        pushes = PushRounds(self.clock, lambda: range(self.targets), self.send, mayHurry=lambda: hurries[0])
        pushes.changed()
        self.clock.pump([PORTION_INTERVAL] * 10)
        self.assertEqual(len(self.sent), 11)
        self.assertTrue(pushes.isUnderWay)
        hurries[0] = True
        self.clock.pump([PORTION_INTERVAL] * 9)
        self.assertEqual(len(self.sent), 100)
        self.assertFalse(pushes.isUnderWay)

    def test_whoKnowsAlreadyCostsNothing(self) -> None:
        """
        Targets for which there is nothing to send do not slow the round down.
        """
        self.targets, self.octets = 10_000, 0
        self.pushes.changed()
        self.assertEqual(len(self.sent), 10_000)

    def test_stopEndsARound(self) -> None:
        """
        After the end nothing is sent, and no timer is left.
        """
        self.targets, self.octets = 10, PORTION_OCTETS
        self.pushes.changed()
        self.pushes.changed()
        self.pushes.stop()
        self.clock.advance(10)
        self.assertEqual((len(self.sent), self.clock.getDelayedCalls()), (1, []))
