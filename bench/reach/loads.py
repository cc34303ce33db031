"""
What the ways between two public ends carry, what they cost, and what is lost when one has to take another's place.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import attrs

from bench.load import processorSeconds
from bench.reach.ends import End
from bench.reach.land import DIRECT, Land, settle
from bench.readings import flow
from wand.errors import WandError
from wand.lab import Lab, wait
from wand.lab.loop import Loop
from wand.lab.probe import Echo

#: Seconds between two pings while ways are changed.
_PING_INTERVAL: Final = 0.01

#: The ways that are weighed.
WAYS: Final = (DIRECT, "relay", "stream")

#: How many pings there are at least.
PINGS: Final = 1000

#: Seconds to wait for a way.
_WAY_PATIENCE: Final = 30.0

#: Seconds in which a dead way is given up, and some more.
_GIVEN_UP: Final = 4.0

_ONE: Final = End("load-a")
_TWO: Final = End("load-b")


@attrs.frozen
class Changes:
    """
    What came of forced changes.

    @ivar sent: how many pings there were.
    @ivar toDirect: how many were lost before the direct way was blocked again.
    @ivar toRelay: how many were lost afterwards.
    """

    sent: int
    toDirect: int
    toRelay: int


@attrs.frozen
class Carried:
    """
    What went over a way in some seconds.

    @ivar rate: of TCP, in bits a second.
    @ivar node: the processor time of both nodes together, in seconds a gigabit.
    @ivar server: that of the server, which is the relay.
    """

    rate: float
    node: float
    server: float


@attrs.define
class Loads:
    """
    Everything.

    @ivar changes: C{None} if there was no relay.
    @ivar carried: by way, round after round.
    @ivar failed: what did not work, and why.
    """

    changes: Changes | None = None
    carried: dict[str, list[Carried]] = attrs.Factory(dict)
    failed: dict[str, str] = attrs.Factory(dict)

    def median(self, way: str, figure: str) -> float | None:
        """
        The median of a figure of L{Carried}; C{None} if the way was not measured.
        """
        rounds = self.carried.get(way)
        return statistics.median(getattr(each, figure) for each in rounds) if rounds else None

    def ratio(self, way: str) -> float | None:
        """
        How much of the direct way's rate another has.
        """
        rate, direct = self.median(way, "rate"), self.median(DIRECT, "rate")
        return rate / direct if rate and direct else None


def measure(loop: Loop, rounds: int, seconds: int) -> Loads:
    """
    Measure in a lab of its own.

    @param seconds: how long each TCP stream lasts.
    @raise WandError: if there can be no lab, or the ends do not find each other.
    """
    loads = Loads()
    with Lab() as lab:
        land = Land(lab, loop, (_ONE, _TWO), trains=True)
        for end in (_ONE, _TWO):
            land.start(end)
        settle(land, (_ONE, _TWO), 30.0, 30.0)
        wait(lambda: land.know(_ONE, _TWO), 10, "knowing each other")
        try:
            loads.changes = _change(land)
        except WandError as error:
            loads.failed["changes"] = str(error)
        for _ in range(rounds):
            _round(land, loads, seconds)
    return loads


def _round(land: Land, loads: Loads, seconds: int) -> None:
    for way in WAYS:
        if way not in loads.failed:
            try:
                loads.carried.setdefault(way, []).append(_carry(land, way, seconds))
            except WandError as error:
                loads.failed[way] = str(error)
                loads.carried.pop(way, None)


def _change(land: Land) -> Changes:
    # From a relay to a direct way, and back to a relay.
    land.ground.forbid(_ONE, _TWO)
    probe = land.ping(_ONE, _TWO, interval=_PING_INTERVAL)
    blocked = True
    try:
        _await(land, "relay")
        first = wait(probe.echoes, 5, "an echo")[0].sequence
        time.sleep(2.0)
        land.ground.forbid(_ONE, _TWO, blocked := False)
        _await(land, DIRECT)
        wait(lambda: probe.echoes()[-1].sequence - first > PINGS / 2, 30, "half of the pings")
        land.ground.forbid(_ONE, _TWO, blocked := True)
        again = time.monotonic()
        time.sleep(_GIVEN_UP)
        wait(lambda: probe.echoes()[-1].sequence - first > PINGS, 30, "the rest of the pings")
        return _counted(probe.echoes(), again)
    finally:
        probe.stop()
        if blocked:
            land.ground.forbid(_ONE, _TWO, False)


def _counted(echoes: Sequence[Echo], again: float) -> Changes:
    # Requests are numbered, so that the missing ones are known; when they were sent follows from the others.
    numbers = sorted(each.sequence for each in echoes)
    direct = [each.sequence for each in echoes if each.sent < again - _PING_INTERVAL]
    missing = set(range(numbers[0], numbers[-1])) - set(numbers)
    toDirect = sum(number < max(direct) for number in missing)
    return Changes(numbers[-1] - numbers[0] + 1, toDirect, len(missing) - toDirect)


def _await(land: Land, way: str) -> None:
    wait(lambda: land.way(_ONE, _TWO) == way, _WAY_PATIENCE, f"a way that is {way}")


def _carry(land: Land, way: str, seconds: int) -> Carried:
    with _only(land, way):
        probe = land.ping(_ONE, _TWO)  # ways are sought where there are frames
        try:
            if way == DIRECT:
                _await(land, DIRECT)
            else:
                wait(lambda: land.way(_ONE, _TWO) not in ("", DIRECT), _WAY_PATIENCE, f"a way over a {way}")
                # After a stream it takes a while until the relay is reached over UDP again.
                wait(lambda: land.usesStream(_ONE) == (way == "stream"), _WAY_PATIENCE, f"the server over a {way}")
                wait(lambda: _fresh(probe.echoes()), _WAY_PATIENCE, f"an answer over a {way}")
        finally:
            probe.stop()
        return _stream(land, seconds)


def _fresh(echoes: Sequence[Echo]) -> bool:
    return bool(echoes) and time.monotonic() - echoes[-1].sent < 0.5


@contextmanager
def _only(land: Land, way: str) -> Iterator[None]:
    # Leaves one way between the two ends.
    def change(isOn: bool) -> None:
        if way == "relay":
            land.ground.forbid(_ONE, _TWO, isOn)
        elif way == "stream":
            land.ground.block(_ONE, isOn)

    change(True)
    try:
        yield
    finally:
        change(False)


def _stream(land: Land, seconds: int) -> Carried:
    sink = land.host(_TWO).start("iperf3-sink", "iperf3", "-s", "-1")
    wait(lambda: ":5201 " in land.host(_TWO).run("ss", "-Hltn"), 5, "the port of iperf3")
    nodes, server = [land.program(each) for each in (_ONE, _TWO)], [land.program()]
    before = processorSeconds(nodes), processorSeconds(server)
    words = ("iperf3", "-c", land.overlay(_TWO), "--json", "--connect-timeout", "5000", "-t", str(seconds))
    try:
        found = flow(land.host(_ONE).run(*words, timeout=seconds + 20))
    finally:
        sink.kill()
    gigabits = found.octets * 8 / 1e9
    used = processorSeconds(nodes) - before[0], processorSeconds(server) - before[1]
    return Carried(found.rate, used[0] / gigabits, used[1] / gigabits)


def lines(loads: Loads) -> Iterator[str]:
    """
    What was measured, for people.
    """
    if loads.changes is not None:
        changes = loads.changes
        yield f"{changes.sent} pings at 100/s: {changes.toDirect} lost from relay to direct, {changes.toRelay} back"
    for way in loads.carried:
        rate, node, server = (loads.median(way, figure) or 0.0 for figure in ("rate", "node", "server"))
        share = f", {loads.ratio(way) or 0:.2f} of direct" if way != DIRECT else ""
        yield f"{way}: {rate / 1e9:.2f} Gbit/s{share} (both nodes {node:.2f} s, server {server:.2f} s a gigabit)"
    for name, reason in loads.failed.items():
        yield f"{name}: {reason}"
