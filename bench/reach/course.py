"""
The course of a cell: what is done, measured and found, in steps between which other cells go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Final

import attrs

from bench.reach.cells import DIRECT_WITHIN, RELAY_LIMIT, Cell
from bench.reach.land import DIRECT, Land
from wand.errors import WandError
from wand.lab.probe import Echo, EchoProbe

#: Seconds after which we no longer wait for a first answer, or for one after a change.
PATIENCE: Final = 6.0

#: Seconds until a node has heard of another that joined.
KNOWN_PATIENCE: Final = 3.0

#: Seconds that a cell without a direct way is watched for losses.
WATCH: Final = 1.5

#: Seconds between two looks at the way that frames take, which cost both programs something.
LOOK_INTERVAL: Final = 0.25

#: Seconds after which a ping is lost.
LOST_AFTER: Final = 0.5


@attrs.define
class Outcome:
    """
    What became of a cell.

    @ivar cell: the cell.
    @ivar first: seconds from the first ping to the first answer; C{None} if there was none.
    @ivar way: how the frames went at last.
    @ivar firstWay: how they went at first.
    @ivar directAfter: seconds from the first answer until they went directly; C{None} if they never did.
    @ivar lost: pings after the first answer that were not answered.
    @ivar recovery: seconds from the change to the first answer to a ping that was sent after it.
    @ivar failure: what is wrong; empty if nothing is.
    """

    cell: Cell
    first: float | None = None
    way: str = ""
    firstWay: str = ""
    directAfter: float | None = None
    lost: int = 0
    recovery: float | None = None
    failure: str = ""


class Course:
    """
    A cell under way.

    @ivar outcome: what is known so far.
    @ivar isResting: is nothing done now?
    """

    def __init__(self, land: Land, cell: Cell) -> None:
        self.outcome = Outcome(cell)
        self.isResting = False
        self._land = land
        self._cell = cell
        self._looked = 0.0

    def steps(self) -> Iterator[None]:
        """
        Go through it: each step takes some milliseconds.
        """
        try:
            yield from self._steps()
        except WandError as error:
            self.outcome.failure = str(error).partition("\n")[0]

    def _steps(self) -> Iterator[None]:
        cell, outcome = self._cell, self.outcome
        if not (yield from _until(lambda: self._land.know(cell.one, cell.two), KNOWN_PATIENCE)):
            outcome.failure = "they do not know each other"
            return
        yield from self._rest()
        probe = self._land.ping(cell.one, cell.two, whole=cell.isWhole)
        try:
            yield from self._begin(probe)
            if outcome.first is None:
                outcome.failure = "no answer"
            elif cell.change is None:
                yield from self._watch(probe, outcome.first)
            else:
                yield from self._change(probe)
        finally:
            probe.stop()

    def _rest(self) -> Iterator[None]:
        # They have a session, and what is between them forgets it.
        if not self._cell.rest:
            return
        probe = self._land.ping(self._cell.one, self._cell.two)
        yield from _until(probe.echoes, PATIENCE)
        probe.stop()
        self.isResting = True
        yield from _until(lambda: False, self._cell.rest)
        self.isResting = False

    def _begin(self, probe: EchoProbe) -> Iterator[None]:
        yield from _until(probe.echoes, PATIENCE)
        if echoes := probe.echoes():
            self.outcome.first = echoes[0].returned - echoes[0].began

    def _watch(self, probe: EchoProbe, first: float) -> Iterator[None]:
        cell, outcome = self._cell, self.outcome
        yield from self._settle(probe, DIRECT_WITHIN if cell.isDirect else WATCH)
        yield from _until(lambda: False, LOST_AFTER)
        outcome.lost = lost(probe.echoes())
        limit = cell.limit if outcome.firstWay == DIRECT or not cell.isDirect else max(cell.limit, RELAY_LIMIT)
        if first > limit:
            outcome.failure = f"the first answer after more than {limit:g} s"
        elif cell.isDirect and outcome.way != DIRECT:
            outcome.failure = f"not direct after {DIRECT_WITHIN:g} s"
        elif outcome.lost:
            outcome.failure = f"{outcome.lost} pings lost"

    def _settle(self, probe: EchoProbe, seconds: float) -> Iterator[None]:
        # A cell with a direct way ends when that is taken, since nothing is to be expected afterwards.
        began = probe.echoes()[0].returned
        while (passed := time.monotonic() - began) < seconds:
            if time.monotonic() - self._looked >= LOOK_INTERVAL:
                self._look(passed)
            if self._cell.isDirect and self.outcome.way == DIRECT:
                return
            yield

    def _look(self, passed: float) -> None:
        outcome = self.outcome
        self._looked = time.monotonic()
        outcome.way = self._land.way(self._cell.one, self._cell.two)
        outcome.firstWay = outcome.firstWay or outcome.way
        if outcome.way == DIRECT and outcome.directAfter is None:
            outcome.directAfter = passed

    def _change(self, probe: EchoProbe) -> Iterator[None]:
        cell, outcome = self._cell, self.outcome
        assert cell.change is not None
        yield from self._settle(probe, DIRECT_WITHIN if cell.isDirect else WATCH)
        yield from cell.change(self._land, cell.one, cell.two)
        changed = time.monotonic()

        def answered() -> Sequence[Echo]:
            return [echo for echo in probe.echoes() if echo.sent > changed]

        yield from _until(answered, PATIENCE)
        if echoes := answered():
            outcome.recovery = echoes[0].returned - changed
            self._look(0.0)
        if outcome.recovery is None:
            outcome.failure = "no answer after the change"
        elif outcome.recovery > cell.limit:
            outcome.failure = f"answers again after more than {cell.limit:g} s"


def lost(echoes: Sequence[Echo]) -> int:
    """
    How many requests between the first that was answered and the last were not.
    """
    numbers = {echo.sequence for echo in echoes}
    return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0


def _until(condition: Callable[[], object], seconds: float) -> Generator[None, None, bool]:
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        yield
    return bool(found)
