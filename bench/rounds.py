"""
The course of a benchmark: in each mode all contenders are started, and then measured in turn, round after round, every
other round in the opposite order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs

from bench.contenders import Contender
from bench.figures import Figure
from bench.load import Load
from bench.modes import Mode
from bench.plot import Link, Plot
from bench.results import Entrant, Results, Turn
from wand.errors import WandError
from wand.lab import Lab

#: Called with a text before each turn.
Progress = Callable[[str], object]

T = TypeVar("T")


@attrs.define
class Running:
    """
    A contender that takes part.

    @ivar link: C{None} while it does not work.
    """

    contender: Contender
    plot: Plot
    link: Link | None = None

    def start(self, load: Load) -> None:
        """
        Start it, for the first time or again.

        @raise WandError: if that fails.
        """
        self.plot.clear()
        link = self.contender.start(self.plot)
        self.plot.awaitEcho(link.far)
        load.warmUp(link)
        self.link = link

    def turn(self, load: Load, wanted: Sequence[Figure]) -> Turn:
        """
        Measure it once, after a new start if it does not work.
        """
        try:
            if self.link is None:
                self.start(load)
            assert self.link is not None
            turn = load.turn(self.link, wanted)
            if turn.failures:
                self.link = None
        except WandError as error:
            return Turn(failures={"start": str(error)})
        return turn


def measure(
    results: Results, mode: Mode, contenders: Sequence[Contender], figures: Sequence[Figure], progress: Progress
) -> None:
    """
    Measure some contenders in one mode, in a lab of its own.

    @param results: the document to fill.
    @param figures: the figures that are wanted; those that this mode does not measure are left out.
    """
    with Lab() as lab:
        arena = mode.prepare(lab)
        load = Load(arena, round(results.settings.seconds), results.settings.congestion)
        running = [Running(each, Plot.of(arena, each.name, number)) for number, each in enumerate(contenders)]
        wanted = [figure for figure in mode.figures if figure in figures]
        turns = results.turns[mode.name] = {each.name: [] for each in contenders}
        for number in range(1, results.settings.rounds + 1):
            for each in inOrder(running, number):
                progress(f"{mode.name}, round {number}: {each.contender.name}")
                turns[each.contender.name].append(each.turn(load, wanted))
                if each.link is not None and each.contender.name not in results.entrants:
                    results.entrants[each.contender.name] = entrant(each.contender, each.plot, each.link)


def inOrder(contenders: Sequence[T], number: int) -> Sequence[T]:
    """
    The order of a round: forward in one and backward in the next, so that a machine that becomes slower or faster with
    time affects all alike.

    @param number: of the round, from 1 on.
    """
    return contenders if number % 2 else contenders[::-1]


def entrant(contender: Contender, plot: Plot, link: Link) -> Entrant:
    """
    What the document says of a contender that runs.
    """
    interfaces = json.loads(plot.one.link("-j", "address", "show", "to", f"{link.near}/32"))
    mtu = next(each["mtu"] for each in interfaces if each)  # ip(8) lists the others as empty objects
    return Entrant(contender.layer, contender.encryption, contender.version(), mtu)
