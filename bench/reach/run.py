"""
Runs cells: all the ends are started at once, and some cells are under way at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bench.reach.cells import Cell
from bench.reach.course import Course, Outcome
from bench.reach.land import Land, settle
from wand.errors import WandError
from wand.lab import Lab
from wand.lab.loop import Loop

#: How many cells are under way at a time, so that none is measured while the machine is busy with the others.
AT_ONCE: Final = 4

#: Seconds for all ends to start and to join.  Those that cannot fail in their cells.
JOIN_PATIENCE: Final = 60.0

#: Seconds in which one more joins, if any does.
JOIN_PAUSE: Final = 5.0

#: Called with what became of each cell.
Progress = Callable[[Outcome], object]


def run(loop: Loop, cells: Sequence[Cell], progress: Progress, atOnce: int = AT_ONCE) -> list[Outcome]:
    """
    Run some cells, all that have one kind of server in a lab of their own.

    @param loop: a reactor in a thread.
    @return: what became of each, in the order of the cells.
    @raise WandError: if there can be no lab, its server does not start, or a tap is not silent.
    """
    found: dict[str, Outcome] = {}
    for versions in dict.fromkeys(tuple(cell.server) for cell in cells):
        some = [cell for cell in cells if tuple(cell.server) == versions]
        found |= {each.cell.title: each for each in _inOneLand(loop, some, versions, progress, atOnce)}
    return [found[cell.title] for cell in cells]


def _inOneLand(
    loop: Loop, cells: Sequence[Cell], versions: Sequence[str], progress: Progress, atOnce: int
) -> list[Outcome]:
    ends = list(dict.fromkeys(end for cell in cells for end in (cell.one, cell.two)))
    with Lab() as lab:
        land = Land(lab, loop, ends, versions=versions)
        for end in ends:
            land.start(end)
        settle(land, ends, JOIN_PATIENCE, JOIN_PAUSE)
        if loud := [end.name for end in ends if not land.isSilent(end)]:
            raise WandError(f"these hosts sent something through their taps by themselves: {', '.join(loud)}")
        courses = [Course(land, cell) for cell in cells]
        waiting = [(course, course.steps()) for course in courses]
        _together(waiting, progress, atOnce)
    return [course.outcome for course in courses]


def _together(waiting: list[tuple[Course, Iterator[None]]], progress: Progress, atOnce: int) -> None:
    running: list[tuple[Course, Iterator[None]]] = []
    while waiting or running:
        while waiting and sum(not course.isResting for course, _ in running) < atOnce:
            running.append(waiting.pop(0))
        for each in list(running):
            course, steps = each
            if next(steps, steps) is steps:
                running.remove(each)
                progress(course.outcome)
        time.sleep(0.01)
