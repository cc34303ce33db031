"""
Tests for L{bench.everything}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.everything.pairs import pairs, table, troubles
from bench.results import Turn


def _turns(*rates: float) -> list[Turn]:
    return [Turn({"tcp-forward": rate}) for rate in rates]


class PairTests(SynchronousTestCase):
    def test_roundsAreCompared(self) -> None:
        """
        The ratio is the median of those of the rounds, so a machine that becomes slower from round to round changes
        nothing.
        """
        (pair,) = pairs(_turns(100, 50, 10), _turns(98, 50, 9.9))
        self.assertEqual(pair.ratios, [0.98, 0.99, 1.0])
        self.assertEqual((pair.ratio, pair.plain, pair.full), (0.99, 50, 50))

    def test_threePercentAreWithin(self) -> None:
        """
        What is worse by more than three percent is said to be; of a duration, more is worse.
        """
        rates, times = pairs(
            [Turn({"tcp-forward": 100.0, "ping-median": 1.0})], [Turn({"tcp-forward": 96.0, "ping-median": 1.02})]
        )
        self.assertEqual((rates.verdict, times.verdict), ("no", "yes"))
        (better,) = pairs(_turns(100), _turns(200))
        self.assertEqual(better.verdict, "yes")

    def test_roundsThatLieFarApartDecideNothing(self) -> None:
        """
        Beside the ratio is where it lies for nineteen of twenty who measure; of a few rounds that is between the
        outermost, of fifteen between the fourth and the twelfth.
        """
        (pair,) = pairs(_turns(*[100] * 6), _turns(90, 95, 99, 99, 100, 130))
        self.assertEqual((pair.interval, pair.verdict), ((0.9, 1.3), "undecided"))
        fifteen = [50.0, 60, 70, 98, *[99] * 7, 100, 130, 140, 150]
        (pair,) = pairs(_turns(*[100] * 15), _turns(*fifteen))
        self.assertEqual((pair.interval, pair.verdict), ((0.98, 1.0), "yes"))
        (pair,) = pairs(_turns(*[100] * 6), _turns(*[90] * 6))
        self.assertEqual(pair.verdict, "no")

    def test_whatFailedIsNoPair(self) -> None:
        """
        A round in which one of them has no figure does not count for it, and is said.
        """
        failed = Turn(failures={"start": "out of order"}, disturbance=0.2)
        self.assertEqual([pair.ratios for pair in pairs(_turns(10, 10), [failed, *_turns(10)])], [[1.0]])
        self.assertEqual(
            troubles({"everything on": [failed]}),
            [
                "everything on, round 1: start: out of order",
                "everything on, round 1: others had 20% of the processors' time",
            ],
        )

    def test_memoryHasNoLimit(self) -> None:
        """
        It is shown beside the others.
        """
        _, _, rows = table(
            [Turn({"tcp-forward": 100.0, "memory": 50.0})], [Turn({"tcp-forward": 99.0, "memory": 60.0})]
        )
        self.assertEqual(
            [row[1:4] + row[5:] for row in rows], [["100", "99", "0.990", "yes"], ["50.0", "60.0", "1.200", ""]]
        )
