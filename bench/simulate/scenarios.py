"""
Scenarios: what happens to a simulated network, and what is to be seen of it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, TypeAlias

import msgspec

from wand.testing.simulation import Air, Population, Simulation

#: Seconds that every network has to itself at first.
QUIET: Final = 30.0

#: Seconds for which the network is apart, and for which half of the members do not run.
APART: Final = 60.0
DOWN: Final = 20.0

#: Seconds for which the network is apart for long.
LONG: Final = 1800.0

#: Seconds for which is watched what becomes of that, and between two looks.
WATCHED: Final = 45.0
STORM: Final = 180.0
STEP: Final = 0.5

#: The share of members that counts as all.
ALL: Final = 0.999


class Course(msgspec.Struct, frozen=True):
    """
    What was seen.

    @ivar curve: seconds, and the share of members that knew what is to be known then.
    @ivar figures: by what they are of.
    @ivar traffic: seconds, and the octets a second that a member sent in the time before, in the mean.
    """

    name: str
    title: str
    curve: list[tuple[float, float]]
    figures: dict[str, float | None]
    traffic: list[tuple[float, float]] = []


Scenario: TypeAlias = Callable[[Population, Air, int], Course]


def rest(population: Population, air: Air, seed: int) -> Course:
    """
    Nothing happens.
    """
    simulation = Simulation(population, air, seed)
    simulation.run(2 * QUIET + APART)  # so that all sessions were made, and the first of them renewed
    traffic = _Traffic(simulation)
    simulation.run(2 * APART)
    figures: dict[str, float | None] = {
        "sent at rest, octets/s a member": traffic.mean,
        "the busiest member, octets/s": traffic.most,
    }
    return Course("rest", "at rest", [], figures)


def change(population: Population, air: Air, seed: int) -> Course:
    """
    Ten members move, one after the other.
    """
    simulation = Simulation(population, air, seed)
    simulation.run(QUIET)
    spreads = []
    for number in Random(seed).sample(range(len(population)), 10):
        spread = simulation.change(number)
        rates = []
        for _ in range(round(12 / STEP)):
            seen = _Traffic(simulation)
            simulation.run(STEP)
            rates.append(seen.mean)
        spreads.append((spread, rates))
    slowest, rates = max(spreads, key=lambda each: each[0].secondsTo(ALL) or 1e9)
    curve = [(at / 20, slowest.shareAt(at / 20)) for at in range(61)]
    traffic = [(at * STEP, rates[at - 1]) for at in range(1, round(3 / STEP) + 1)]
    figures: dict[str, float | None] = {
        "half of the members know it after, s": slowest.secondsTo(0.5),
        "99.9 % know it after, s (the slowest of 10 changes)": slowest.secondsTo(ALL),
        "all know it after, s": slowest.secondsTo(1.0),
    }
    return Course("change", "a member moves", curve, figures, traffic)


def partition(population: Population, air: Air, seed: int) -> Course:
    """
    The network comes apart in two halves for a minute, and together again.
    """
    simulation = Simulation(population, air, seed)
    simulation.run(QUIET)
    simulation.part(0.5)
    traffic = _Traffic(simulation)
    simulation.run(APART)
    apart = traffic.mean
    simulation.wire.heal()
    course = _watched(simulation, "partition", "a partition of halves heals after 60 s")
    return msgspec.structs.replace(course, figures={"sent while apart, octets/s a member": apart, **course.figures})


def restart(population: Population, air: Air, seed: int) -> Course:
    """
    Half of the members end without a word, and start again together.
    """
    simulation = Simulation(population, air, seed)
    simulation.run(QUIET)
    down = Random(seed).sample(range(len(population)), len(population) // 2)
    for number in down:
        simulation.crash(number)
    simulation.run(DOWN)
    for number in down:
        simulation.start(number)
    return _watched(simulation, "restart", "half of the members start again after 20 s")


def storm(population: Population, air: Air, seed: int) -> Course:
    """
    A tenth of the members leave, and as many come that nobody knew, and that know one each; all of that in a second.
    """
    size, random = len(population), Random(seed)
    comers = frozenset(range(size - size // 10, size))
    simulation = Simulation(population, air, seed, comers)
    simulation.run(QUIET)
    leavers = random.sample(range(size - len(comers)), len(comers))
    staying = [number for number in range(size - len(comers)) if number not in set(leavers)]
    for comer, leaver in zip(comers, leavers, strict=True):
        simulation.clock.callLater(random.random(), simulation.leave, leaver)
        simulation.clock.callLater(random.random(), simulation.join, comer, random.choice(staying))
    return _watched(simulation, "storm", "a tenth leaves, and as many come", STORM)


def clamour(population: Population, air: Air, seed: int) -> Course:
    """
    Every member moves, all within a second, and asks somebody whom it has nothing to do with what it knows.
    """
    size, random = len(population), Random(seed)
    simulation = Simulation(population, air, seed)
    simulation.run(QUIET)
    for number, member in enumerate(simulation.running):
        simulation.clock.callLater(random.random(), simulation.move, number)
        simulation.clock.callLater(random.random(), member.meet, population.identities[random.randrange(size)])
    return _watched(simulation, "clamour", "all move, and ask somebody, within a second", STORM)


def asunder(population: Population, air: Air, seed: int) -> Course:
    """
    The network comes apart in two halves for half an hour.  Meanwhile a tenth of the members end without a word and
    come back a minute later, one after the other, and as often one of all moves.
    """
    size, random = len(population), Random(seed)
    simulation = Simulation(population, air, seed)
    simulation.run(QUIET)
    simulation.part(0.5)
    traffic, every = _Traffic(simulation), LONG / (size // 10)
    end = simulation.churn(random.sample(range(size), size // 10), APART, every)
    for at in range(size // 10):
        simulation.clock.callLater(at * every, simulation.move, random.randrange(size))
    simulation.run(LONG)
    end()
    apart = traffic.mean
    simulation.wire.heal()
    course = _watched(simulation, "asunder", "halves that were apart for half an hour, with coming and going", STORM)
    return msgspec.structs.replace(course, figures={"sent while apart, octets/s a member": apart, **course.figures})


#: What is simulated if nothing else is said, in this order.
USUAL: Final[dict[str, Scenario]] = {"rest": rest, "change": change, "partition": partition, "restart": restart}

SCENARIOS: Final[dict[str, Scenario]] = {**USUAL, "storm": storm, "clamour": clamour, "asunder": asunder}


class _Traffic:
    """
    What members send from now on.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._began = simulation.clock.seconds()
        self._before = simulation.wire.mark()

    @property
    def _rates(self) -> list[float]:
        seconds = self._simulation.clock.seconds() - self._began
        now = self._simulation.wire.sent
        return [(after - before) / seconds for before, after in zip(self._before, now, strict=True)]

    @property
    def mean(self) -> float:
        """
        Octets a second of each member.
        """
        rates = self._rates
        return sum(rates) / len(rates)

    @property
    def most(self) -> float:
        """
        The same of the member that sent most.
        """
        return max(self._rates)


def forGood(curve: list[tuple[float, float]]) -> float | None:
    """
    After how many seconds no look saw fewer than 99.9 %; C{None} if the last one did.
    """
    low = [seconds for seconds, share in curve if share < ALL]
    if not low:
        return 0.0
    return None if low[-1] == curve[-1][0] else low[-1] + STEP


def _watched(simulation: Simulation, name: str, title: str, seconds: float = WATCHED) -> Course:
    """
    See how a network settles: when all know the same, and nobody that runs is doubted.
    """
    curve, settled, began = [(0.0, simulation.agreement())], [], _Traffic(simulation)
    rates: list[tuple[float, float]] = []
    busiest = 0.0
    for step in range(1, round(seconds / STEP) + 1):
        traffic = _Traffic(simulation)
        simulation.run(STEP)
        share = simulation.agreement()
        curve.append((step * STEP, share))
        rates.append((step * STEP, traffic.mean))
        busiest = max(busiest, traffic.most)
        if share >= ALL and not simulation.doubts():
            settled.append(step * STEP)
        if len(settled) >= 10 / STEP and settled[-1] - settled[-int(10 / STEP)] < 10:
            break  # for 10 s nothing else happened
    figures: dict[str, float | None] = {
        "99.9 % know the same, and nobody is doubted in vain, first after, s": settled[0] if settled else None,
        "99.9 % know the same for good after, s": forGood(curve),
        "sent meanwhile, kB a member": began.mean * len(rates) * STEP / 1000,
        "the busiest half second, kB/s a member": max(rate for _, rate in rates) / 1000,
        "the busiest half second of any member, kB/s": busiest / 1000,
    }
    return Course(name, title, curve, figures, rates)
