"""
Two contenders compared round by round: what differs by a few percent is smaller than what a machine does from one
minute to the next.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Final

import attrs

from bench.figures import COMPARED, LOOKING, MEMORY, REST, Figure
from bench.results import Turn
from bench.table import DISTURBANCE, Table

#: The turns of each of two contenders, by its name.
Turns = Mapping[str, Sequence[Turn]]

#: What everything together may cost.
MOST: Final = 0.03

#: The probability that the true ratio is in the interval.
CONFIDENCE: Final = 0.95

#: So many rounds are needed for that: that all of five err to the same side is more probable.
FEW: Final = 6


@attrs.frozen
class Pair:
    """
    A figure of two contenders.

    @ivar plain: the median of one.
    @ivar full: that of the other.
    @ivar ratios: how many times the first the second is, in each round.
    """

    figure: Figure
    plain: float
    full: float
    ratios: Sequence[float]

    @property
    def ratio(self) -> float:
        """
        The estimate of Hodges and Lehmann: the median of the (geometric) means of every two rounds, and of each with
        itself.  It is nearly as exact as the mean, and a few rounds in which something else happened do not matter.
        """
        return math.exp(statistics.median(self._means))

    @property
    def interval(self) -> tuple[float, float]:
        """
        Where the true ratio lies with a probability of 95 %, by Wilcoxon's signed ranks: as many of those means are
        left out at both ends as would be by chance if only the signs of the rounds were.  Nothing is presumed but that
        a round errs to one side as to the other, as it does since both contenders have the same places in it.  Fewer
        than L{FEW} rounds are too few for that, and then it is all that was found.
        """
        count, means = len(self.ratios), self._means
        deviation = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
        skipped = len(means) / 2 - statistics.NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * deviation
        at = max(0, math.floor(skipped) - 1)
        return math.exp(means[at]), math.exp(means[-1 - at])

    @property
    def _means(self) -> list[float]:
        logarithms = map(math.log, self.ratios)
        return sorted((one + other) / 2 for one, other in combinations_with_replacement(logarithms, 2))

    @property
    def verdict(self) -> str:
        """
        Is the second worse by no more than L{MOST}?  C{yes}, C{no}, or C{undecided} if the rounds are too few, or lie
        too far apart.
        """
        if len(self.ratios) < FEW:
            return "undecided"
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
    for figure in (*COMPARED, MEMORY):
        both = [
            (before.figures[figure.name], after.figures[figure.name])
            for before, after in zip(plain, full, strict=True)
            if figure.name in before.figures and figure.name in after.figures
        ]
        if both:
            ratios = [other / one for one, other in both]
            one, other = (statistics.median(values) for values in zip(*both, strict=True))
            found.append(Pair(figure, one, other, ratios))
    return found


def table(turns: Turns) -> Table:
    """
    The comparison, for people.

    @param turns: of a network as it comes, and of the other.
    """
    plain, other = turns
    rows = [
        [
            f"{each.figure.title}, {each.figure.unit}",
            each.figure.text(each.plain),
            each.figure.text(each.full),
            f"{each.ratio:.3f}",
            " to ".join(f"{bound:.3f}" for bound in each.interval),
            "" if each.figure is MEMORY else each.verdict,
        ]
        for each in pairs(turns[plain], turns[other])
    ]
    return f"{other}: against a node {plain}", ("", plain, other, "ratio", "interval", f"within {MOST:.0%}"), rows


def beside(turns: Turns) -> list[str]:
    """
    What is not compared: the processor time that the nodes need for those who look, and that those need themselves.
    """
    return [
        f"{figure.title[0].upper()}{figure.title[1:]}: "
        + ", ".join(f"{figure.text(value)} {figure.unit} ({name})" for name, value in found.items())
        for figure in (REST, LOOKING)
        if (found := {name: _mean(figure, each) for name, each in turns.items() if _mean(figure, each)})
    ]


def _mean(figure: Figure, turns: Sequence[Turn]) -> float:
    found = [each.figures[figure.name] for each in turns if figure.name in each.figures]
    return statistics.fmean(found) if found else 0.0


def troubles(turns: Turns) -> list[str]:
    """
    What went wrong, and whether others took the processors.
    """
    said = [
        f"{name}, round {number}: {what}: {why}"
        for name, each in turns.items()
        for number, turn in enumerate(each, 1)
        for what, why in turn.failures.items()
    ]
    rounds = [max(turn.disturbance for turn in each) for each in zip(*turns.values(), strict=True)]
    disturbed = [each for each in rounds if each > DISTURBANCE]
    if disturbed:
        said.append(
            f"others had more than {DISTURBANCE:.0%} of the processors' time in {len(disturbed)} of {len(rounds)} "
            f"rounds, at most {max(disturbed):.0%}"
        )
    return said
