"""
Tests for L{bench.summary}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from bench.results import Turn
from bench.summary import bestOf, medians, percentile, ratios, spreads

_MEDIANS = {
    "wand": {"tcp-forward": 800.0, "ping-average": 0.3},
    "slow": {"tcp-forward": 100.0, "ping-average": 0.2},
    "fast": {"tcp-forward": 200.0, "ping-average": 0.4},
}


class PercentileTests(SynchronousTestCase):
    def test_hundredValues(self) -> None:
        """
        Of the numbers from 1 to 100, 99 % are at most 99.
        """
        self.assertEqual(percentile(range(1, 101), 99), 99)

    @given(st.lists(st.floats(allow_nan=False), min_size=1), st.floats(0, 100))
    def test_isOneOfTheValues(self, values: list[float], percent: float) -> None:
        """
        A percentile is one of the values, and the hundredth is the largest.
        """
        self.assertIn(percentile(values, percent), values)
        self.assertEqual(percentile(values, 100), max(values))


class MedianTests(SynchronousTestCase):
    def test_turnsWithoutAFigureDoNotCount(self) -> None:
        """
        The median is over the turns that have the figure; a figure that no turn has, has none.
        """
        turns = [Turn({"tcp-forward": each}) for each in (1.0, 9.0, 5.0)]
        self.assertEqual(medians([*turns, Turn(failures={"start": "no"})]), {"tcp-forward": 5.0})

    def test_spreadHasTheLeastAndTheGreatest(self) -> None:
        """
        Beside a median stands from where to where the rounds went.
        """
        self.assertEqual(
            spreads([Turn({"tcp-forward": each}) for each in (5.0, 1.0, 9.0)]), {"tcp-forward": (1.0, 9.0)}
        )

    def test_noTurns(self) -> None:
        """
        Without turns there are no medians.
        """
        self.assertEqual(medians([]), {})


class RatioTests(SynchronousTestCase):
    def test_bestOfEachFigure(self) -> None:
        """
        The best is the largest rate, and the smallest time.
        """
        best = bestOf(_MEDIANS, ["slow", "fast", "absent"])
        self.assertEqual(best, {"tcp-forward": ("fast", 200.0), "ping-average": ("slow", 0.2)})

    def test_againstTheBest(self) -> None:
        """
        A contender is compared with the best of the baseline, figure by figure.
        """
        found = ratios(_MEDIANS, ["slow", "fast"])
        self.assertEqual(found["wand"]["tcp-forward"], 4.0)
        self.assertAlmostEqual(found["wand"]["ping-average"], 1.5)
        self.assertEqual(found["fast"]["tcp-forward"], 1.0)

    def test_withoutABaselineThereAreNone(self) -> None:
        """
        If none of the baseline took part, there are no ratios.
        """
        self.assertEqual(ratios(_MEDIANS, ["absent"]), {"wand": {}, "slow": {}, "fast": {}})
