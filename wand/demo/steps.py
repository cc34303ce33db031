"""
What the demo does, one step after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from wand.demo.figures import Failure, Figures, Ping, Transfer
from wand.demo.screen import Screen
from wand.demo.stage import Echo, Stage
from wand.demo.topology import Node
from wand.errors import WandError
from wand.lab import wait

#: Seconds that each step may take at most.
PATIENCE = 30.0


class StepFailed(WandError):
    """
    The network did not do what it should.
    """


def play(stage: Stage, screen: Screen, fast: bool) -> Figures:
    """
    Play it all.

    @param fast: whether to shorten what takes time.
    @return: what was measured.
    """
    began = time.monotonic()
    screen.picture(stage.topology)
    formed = form(stage, screen)
    pings = ping(stage, screen)
    transfer = send(stage, screen, 0.5 if fast else 3.0)
    failure = fail(stage, screen, 0.3 if fast else 1.5)
    figures = Figures(
        way=stage.way,
        carrier=stage.carrier,
        nodes=[node.name for node in stage.topology.nodes],
        formed=formed,
        pings=pings,
        transfer=transfer,
        rate=transfer.rate,
        failure=failure,
        total=time.monotonic() - began,
    )
    screen.summary(figures)
    return figures


def form(stage: Stage, screen: Screen) -> float:
    """
    Start everything, and watch the tables fill.

    @return: how long it took.
    """
    began = time.monotonic()
    topology = stage.topology
    screen.heading("Starting a server and three nodes")
    for site in (topology.server, *topology.nodes):
        stage.start(site)
    with screen.tables(topology) as show:

        def isFull() -> bool:
            known = {node.name: stage.known(node) for node in topology.nodes}
            show(known, time.monotonic() - began)
            return all(len(table) >= len(topology.nodes) - 1 for table in known.values())

        wait(isFull, PATIENCE, "an entry for every node in every table")
    formed = time.monotonic() - began
    screen.result(f"Every node knows every other, {formed:.1f} s after the start of the first program.")
    return formed


def ping(stage: Stage, screen: Screen) -> list[Ping]:
    """
    Let every node ask every other for an echo.

    @raise StepFailed: if an echo does not come back.
    """
    screen.heading("Pings between all nodes, over the one Ethernet")
    nodes = stage.topology.nodes
    pings: list[Ping] = []
    with screen.matrix(stage.topology) as show:
        for source in nodes:
            others = [node for node in nodes if node is not source]
            echoes = stage.ping(source, others)
            pings += [Ping(source.name, target.name, _fastest(echoes, source, target)) for target in others]
            show(pings)
    slowest = max(each.milliseconds for each in pings)
    screen.result(f"Everyone answers everyone, within {slowest:.1f} ms.")
    return pings


def _fastest(echoes: Sequence[Echo], source: Node, target: Node) -> float:
    times = [echo.milliseconds for echo in echoes if echo.target == target]
    if not times:
        raise StepFailed(f"{target.name} did not answer an echo of {source.name}")
    return min(times)


def send(stage: Stage, screen: Screen, seconds: float) -> Transfer:
    """
    Send through a TCP connection for some seconds.

    @raise StepFailed: if something else arrives than was sent.
    """
    source, target = stage.topology.nodes[:2]
    screen.heading(f"As much as goes through from {source.name} to {target.name}, by {stage.carrier}")
    with screen.progress(seconds) as show:
        for transfer in stage.transfer(source, target, seconds):
            show(transfer)
            time.sleep(0.05)
    if not transfer.intact:
        raise StepFailed(f"{target.name} received something else than {source.name} sent")
    screen.transferred(transfer)
    return transfer


def fail(stage: Stage, screen: Screen, pause: float) -> Failure:
    """
    Kill the last node and start it again, while the first asks the others for echoes.

    @param pause: seconds that the node is gone.
    """
    first, second, *_, last = stage.topology.nodes
    screen.heading(f"{last.name} dies and comes back")
    probe = stage.probe(first, [second, last])
    try:
        _await(probe.echoes, last, 0.0, f"{last.name} to answer before it dies")
        stage.kill(last)
        killed = time.monotonic()
        screen.result(f"{last.name} is dead.  {first.name} and {second.name} go on.")
        time.sleep(pause)
        restarted = time.monotonic()
        stage.start(last)
        with screen.working(f"{last.name} starts again"):
            echo = _await(probe.echoes, last, restarted, f"{last.name} to answer after its return")
    finally:
        probe.stop()
    others = {echo.sequence for echo in probe.echoes() if echo.target == second and echo.sent >= killed}
    returned = echo.sent + echo.milliseconds / 1000 - restarted
    asked = max(others) - min(others) + 1 if others else 0
    failure = Failure(last.name, asked, len(others), returned)
    screen.survived(failure, first, second)
    if not others:
        raise StepFailed(f"{second.name} did not answer {first.name} while {last.name} was gone")
    return failure


def _await(echoes: Callable[[], Sequence[Echo]], node: Node, after: float, what: str) -> Echo:
    def first() -> Echo | None:
        return next((echo for echo in echoes() if echo.target == node and echo.sent > after), None)

    return wait(first, PATIENCE, what)
