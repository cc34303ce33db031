"""
The course: two networks that are up at the same time, and short loads that go through one and the other in turn.

A machine is faster in one minute than in the next, and programs that share its processors do so in another way each
time.  So nothing but the network differs in what is compared, and there is much to compare: each host has one
processor, all loads are short, and four of a kind are one comparison: through one network, twice through the other, and
through the first again; in every other round it is the other that begins.  What becomes faster or slower meanwhile does
so for both.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Self

import attrs

from bench.everything import visitors
from bench.everything.bursts import processorTime
from bench.everything.contender import AsItComes
from bench.everything.hosts import COUNTED, BenchHost
from bench.figures import ECHO_MEDIAN, EFFICIENCY, FORWARD, LOOKING, MEMORY, REST, REVERSE, SMALL, SMALL_EFFICIENCY
from bench.load import Bystanders
from bench.plot import Arena, Link, Plot
from bench.results import Turn
from wand.errors import WandError
from wand.lab import CommandFailed, Daemon, Lab

#: What a load gives: figures by their names.
Found = Mapping[str, float]

#: Seconds after a load, until what was under way is gone.
_PAUSE: Final = 0.03


@attrs.define
class Network:
    """
    One of the two.

    @ivar visitors: those who look at it while it is measured.
    @ivar looked: for how many seconds they have done so.
    """

    name: str
    link: Link
    visitors: Sequence[Daemon] = ()
    looked: float = 0.0

    @property
    def pids(self) -> list[int]:
        """
        The programs that carry frames.
        """
        return [each.process.pid for each in self.link.carriers]

    @property
    def looking(self) -> float:
        """
        The processor time that those who look have used, in seconds.
        """
        return processorTime([each.process.pid for each in self.visitors])

    def check(self) -> None:
        """
        @raise CommandFailed: if a program of it has ended.
        """
        for each in (*self.link.carriers, *self.visitors):
            if not each.isRunning:
                raise CommandFailed(f"{self.name}: {each.name} ended", each.tail(3))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """
        While somebody looks at it, if anybody does.
        """
        began = time.monotonic()
        self._tell(visitors.GO)
        try:
            yield
        finally:
            self._tell(visitors.REST)
            self.looked += time.monotonic() - began
            time.sleep(_PAUSE)

    def _tell(self, number: int) -> None:
        for each in self.visitors:
            each.process.send_signal(number)


class Course:
    """
    All rounds.
    """

    def __init__(self, lab: Lab, one: BenchHost, two: BenchHost, networks: Sequence[Network]) -> None:
        """
        @param networks: the two.
        """
        self._lab = lab
        self._one = one
        self._two = two
        self._networks = networks

    @classmethod
    def prepare(cls, arena: Arena, contenders: Sequence[AsItComes]) -> Self:
        """
        Start everything.

        @param contenders: the two.
        @raise WandError: if something does not start.
        """
        processors = sorted(os.sched_getaffinity(0))
        one = BenchHost.prepare(arena.lab, arena.one, processors[0])
        two = BenchHost.prepare(arena.lab, arena.two, processors[-1])
        networks = []
        for number, contender in enumerate(contenders):
            plot = Plot.of(arena, contender.name, number)
            link = contender.start(plot)
            plot.awaitEcho(link.far)
            networks.append(Network(contender.name, link, contender.visitors(plot)))
            one.pin([*plot.one.programs, *networks[-1].visitors[:1]])
            two.pin([*plot.two.programs, *plot.server.programs, *networks[-1].visitors[1:]])
        course = cls(arena.lab, one, two, networks)
        course.warmUp()
        return course

    def warmUp(self) -> None:
        """
        Let programs find the path's MTU, and a direct way.

        @raise WandError: if a network carries nothing.
        """
        for network in self._networks:
            for load in (self.streams, self.small):
                load(network)

    def round(self, number: int) -> dict[str, Turn]:
        """
        Compare them once in everything.

        @param number: from 1 on.
        @return: the turn of each.
        @raise CommandFailed: if a program has ended.
        """
        turns = {each.name: Turn() for each in self._networks}
        before = {each.name: (each.looking, each.looked) for each in self._networks}
        bystanders = Bystanders(self._lab)
        for load in (self.streams, self.small, self.echo, self.rest):
            self.compare(load, number, turns)
            for each in self._networks:
                each.check()
        for each in self._networks:
            turn, (used, looked) = turns[each.name], before[each.name]
            turn.disturbance = bystanders.share()
            turn.figures[MEMORY.name] = max(program.residentBytes for program in each.link.carriers) / 1e6
            if each.visitors:
                turn.figures[LOOKING.name] = (each.looking - used) / (each.looked - looked) * 1e3
        return turns

    def compare(self, load: Callable[[Network], Found], number: int, turns: Mapping[str, Turn]) -> None:
        """
        Compare them in something.

        @param load: one of the following.
        @param number: of the round.
        @param turns: where the figures go, by the names of the networks.
        """
        first, second = self._networks if number % 2 else self._networks[::-1]
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        try:
            for network in (first, second, second, first):
                with network.watched():
                    figures = load(network)
                for name, value in figures.items():
                    found[network.name, name].append(value)
        except WandError as error:
            turns[network.name].failures[load.__name__] = str(error)
            return
        for (whose, name), values in found.items():
            turns[whose].figures[name] = statistics.fmean(values)

    def streams(self, network: Network) -> Found:
        """
        TCP, out and back.
        """
        out = self._one.carry("tcp", self._two, network.link.far, network.pids)
        back = self._two.carry("tcp", self._one, network.link.near, network.pids)
        return {
            FORWARD.name: out.amount * 8 / 1e6 / out.seconds,
            REVERSE.name: back.amount * 8 / 1e6 / back.seconds,
            EFFICIENCY.name: (out.amount + back.amount) * 8 / 1e9 / (out.used + back.used),
        }

    def small(self, network: Network) -> Found:
        """
        Small packets of UDP.
        """
        came = self._one.carry("udp", self._two, network.link.far, network.pids)
        return {SMALL.name: came.amount / came.seconds, SMALL_EFFICIENCY.name: came.amount / came.used}

    def echo(self, network: Network) -> Found:
        """
        Echoes, while nothing else is sent.
        """
        return {ECHO_MEDIAN.name: statistics.median(self._one.echoes(network.link.far))}

    def rest(self, network: Network) -> Found:
        """
        Nothing.
        """
        used, began = processorTime(network.pids), time.monotonic()
        time.sleep(COUNTED / 2)
        used = processorTime(network.pids) - used
        return {REST.name: used / (time.monotonic() - began) / len(network.pids) * 1e3}
