"""
How long a network takes from nothing to frames when nobody tells anything: two real nodes that know each other start at
the same moment, and no server is there.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from statistics import median
from typing import Final

import attrs

from bench.scale.server import processorOf
from wand.lab import Lab, wait
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.probe import EchoProbe
from wand.lab.topology import Node, topology

#: Seconds within which the first echo is there.
_PATIENCE: Final = 60.0

#: Seconds between requests for echoes.
_INTERVAL: Final = 0.005


@attrs.frozen
class StartFigures:
    """
    What was found; times in seconds.

    @ivar rounds: how often both nodes started.
    @ivar echo: from the start of both processes until the first echo, over both taps: the median.
    @ivar best: likewise, the shortest.
    @ivar processor: processor time of one node until then, the least.
    """

    rounds: int
    echo: float
    best: float
    processor: float


def measure(loop: Loop, rounds: int, progress: Callable[[str], object]) -> StartFigures:
    """
    Measure some starts.

    @raise wand.errors.WandError: if the nodes do not find each other.
    """
    with Lab() as lab:
        # As pip installs it: modules are compiled, at the latest by the nodes that join.
        os.environ["PYTHONPYCACHEPREFIX"] = str(lab.directory / "compiled")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        network = Deployment(lab, topology(count=2), loop)
        progress("making a network of two nodes")
        network.start(network.topology.server)
        one, two = (_joined(network, node) for node in network.topology.nodes)
        network.awaitEcho(one, two)
        probe = EchoProbe(network.hosts[one.name], [two], interval=_INTERVAL)
        network.kill(network.topology.server)
        for node in (one, two):
            network.programs[node.name].signal(signal.SIGTERM)
        found = []
        for number in range(1, rounds + 1):
            found.append(_start(network, probe))
            progress(f"start {number}: {found[-1][0]:.3f} s")
        probe.stop()
    seconds, processor = zip(*found, strict=True)
    return StartFigures(rounds, median(seconds), min(seconds), min(processor))


def _joined(network: Deployment, node: Node) -> Node:
    network.start(node)
    return attrs.evolve(node, inside=network.admit(node).address.partition("/")[0])


def _start(network: Deployment, probe: EchoProbe) -> tuple[float, float]:
    """
    Start both nodes, until there is an echo, and kill them.

    @return: how long it took, and the processor time of the first.
    """
    nodes = network.topology.nodes
    began = time.monotonic()
    for node in nodes:
        network.start(node)
    echo = wait(lambda: next((each for each in probe.echoes() if each.sent > began), None), _PATIENCE, "an echo")
    processor = processorOf(str(network.programs[nodes[0].name].process.pid))
    for node in nodes:
        network.kill(node)
    return echo.returned - began, processor
