"""
From many turns to a few numbers: medians, percentiles and ratios.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from bench.figures import FIGURES
from bench.results import Results, Turn


def percentile(values: Sequence[float], percent: float) -> float:
    """
    The smallest of some values that at least C{percent} of them do not exceed.
    """
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def medians(turns: Iterable[Turn]) -> dict[str, float]:
    """
    The median of each figure over the turns that have it.
    """
    return {name: statistics.median(values) for name, values in _values(turns).items()}


def spreads(turns: Iterable[Turn]) -> dict[str, tuple[float, float]]:
    """
    The least and the greatest of each figure over the turns that have it.
    """
    return {name: (min(values), max(values)) for name, values in _values(turns).items()}


def _values(turns: Iterable[Turn]) -> dict[str, list[float]]:
    turns = list(turns)
    found = {
        figure.name: [turn.figures[figure.name] for turn in turns if figure.name in turn.figures] for figure in FIGURES
    }
    return {name: values for name, values in found.items() if values}


def bestOf(figures: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> dict[str, tuple[str, float]]:
    """
    For each figure, which of some contenders is best, and its value.

    @param figures: medians by contender.
    """
    best: dict[str, tuple[str, float]] = {}
    for figure in FIGURES:
        have = {name: figures[name][figure.name] for name in names if figure.name in figures.get(name, {})}
        if have:
            value = figure.best(list(have.values()))
            best[figure.name] = next((name, value) for name, each in have.items() if each == value)
    return best


def ratios(figures: Mapping[str, Mapping[str, float]], baseline: Sequence[str]) -> dict[str, dict[str, float]]:
    """
    For each contender and figure, how many times the best of the baseline it is.  Of a duration or of memory, less is
    better.

    @param figures: medians by contender.
    """
    best = {name: value for name, (_, value) in bestOf(figures, baseline).items() if value}
    return {
        contender: {name: value / best[name] for name, value in own.items() if name in best}
        for contender, own in figures.items()
    }


def summarize(results: Results, baseline: Sequence[str]) -> None:
    """
    Fill in the medians, spreads and ratios of a document.
    """
    for mode, contenders in results.turns.items():
        results.medians[mode] = {name: medians(turns) for name, turns in contenders.items()}
        results.spreads[mode] = {name: spreads(turns) for name, turns in contenders.items()}
        results.ratios[mode] = ratios(results.medians[mode], baseline)
