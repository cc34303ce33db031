"""
Two contenders compared turn by turn: what differs by a few percent is smaller than what a machine does from one minute
to the next.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import attrs

from bench.figures import COMPARED, MEMORY, Figure
from bench.results import Turn
from bench.table import DISTURBANCE, Table

#: What everything together may cost.
MOST: Final = 0.03

#: The probability that the true ratio is below the interval, and that it is above.
DOUBT: Final = 0.025


@attrs.frozen
class Pair:
    """
    A figure of two contenders.

    @ivar plain: the median of one.
    @ivar full: that of the other.
    @ivar ratios: how many times the first the second is, in each round, the least first.
    """

    figure: Figure
    plain: float
    full: float
    ratios: Sequence[float]

    @property
    def ratio(self) -> float:
        """
        The median of the ratios.
        """
        return statistics.median(self.ratios)

    @property
    def interval(self) -> tuple[float, float]:
        """
        Where the median of very many rounds lies with a probability of 95 %, whatever their distribution: between two
        of the ratios, for each round is above or below it with the same probability, as a coin falls.  Fewer than six
        rounds are too few for that, and then it is all that was found.
        """
        count = len(self.ratios)
        chances = accumulate(math.comb(count, number) / 2**count for number in range((count + 1) // 2))
        skipped = sum(chance <= DOUBT for chance in chances)
        at = max(0, skipped - 1)
        return self.ratios[at], self.ratios[-1 - at]

    @property
    def verdict(self) -> str:
        """
        Is the second worse by no more than L{MOST}?  C{yes}, C{no}, or C{undecided} if the rounds lie too far apart.
        """
        said = {self._isWithin(each) for each in self.interval}
        return "undecided" if len(said) > 1 else "yes" if said == {True} else "no"

    def _isWithin(self, ratio: float) -> bool:
        return ratio >= 1 - MOST if self.figure.moreIsBetter else ratio <= 1 + MOST


def pairs(plain: Sequence[Turn], full: Sequence[Turn]) -> list[Pair]:
    """
    Compare two contenders.

    @param plain: the turns of one, in the order of the rounds.
    @param full: those of the other.
    """
    found = []
    for figure in COMPARED:
        both = [
            (before.figures[figure.name], after.figures[figure.name])
            for before, after in zip(plain, full, strict=True)
            if figure.name in before.figures and figure.name in after.figures
        ]
        if both:
            ratios = sorted(other / one for one, other in both)
            one, other = (statistics.median(values) for values in zip(*both, strict=True))
            found.append(Pair(figure, one, other, ratios))
    return found


def table(plain: Sequence[Turn], full: Sequence[Turn]) -> Table:
    """
    The comparison, for people.
    """
    rows = [
        [
            f"{each.figure.title}, {each.figure.unit}",
            each.figure.text(each.plain),
            each.figure.text(each.full),
            f"{each.ratio:.3f}",
            " to ".join(f"{bound:.3f}" for bound in each.interval),
            "" if each.figure is MEMORY else each.verdict,
        ]
        for each in pairs(plain, full)
    ]
    columns = ("", "as it comes", "everything on", "ratio", "interval", f"within {MOST:.0%}")
    return "everything on against a node as it comes", columns, rows


def troubles(turns: dict[str, list[Turn]]) -> list[str]:
    """
    What went wrong, and where others took the processors.
    """
    said = []
    for name, each in turns.items():
        for number, turn in enumerate(each, 1):
            said += [f"{name}, round {number}: {what}: {why}" for what, why in turn.failures.items()]
            if turn.disturbance > DISTURBANCE:
                said.append(f"{name}, round {number}: others had {turn.disturbance:.0%} of the processors' time")
    return said
