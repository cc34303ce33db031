"""
Two contenders compared turn by turn: what differs by a few percent is smaller than what a machine does from one minute
to the next.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

import attrs

from bench.figures import COMPARED, MEMORY, Figure
from bench.results import Turn
from bench.table import DISTURBANCE, Table

#: What everything together may cost.
MOST: Final = 0.03


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
    def isWithin(self) -> bool:
        """
        Is the second worse by no more than L{MOST}?
        """
        return self.ratio >= 1 - MOST if self.figure.moreIsBetter else self.ratio <= 1 + MOST


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
            f"{each.ratios[0]:.3f} to {each.ratios[-1]:.3f}",
            "" if each.figure is MEMORY else "yes" if each.isWithin else "no",
        ]
        for each in pairs(plain, full)
    ]
    columns = ("", "as it comes", "everything on", "ratio", "rounds", f"within {MOST:.0%}")
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
