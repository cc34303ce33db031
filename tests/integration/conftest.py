"""
What the end-to-end tests share: labs, and networks of real C{twistd} processes in them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from twisted.internet.epollreactor import EPollReactor

from wand.demo.loop import Loop
from wand.demo.namespaces import Namespaces
from wand.demo.stage import Echo
from wand.demo.topology import Node, topology
from wand.lab import Lab, unusable, wait


@pytest.fixture(scope="session", autouse=True)
def labsWork() -> None:
    """
    Fail where there can be no labs: these tests are never skipped.
    """
    reason = unusable()
    if reason is not None:
        pytest.fail(f"the end-to-end tests need root and a Linux that has everything: {reason}", pytrace=False)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """
    A lab of this module's own.
    """
    with Lab() as opened:
        yield opened


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """
    A reactor in a thread, to ask at control sockets: the tests themselves run inside the one of pytest-twisted.
    """
    with Loop(EPollReactor()) as running:
        yield running


@pytest.fixture(scope="module")
def network(lab: Lab, loop: Loop) -> Namespaces:
    """
    The hosts of a server and two nodes, with nothing started.
    """
    return Namespaces(lab, topology(count=2, protocol="rel2"), loop)


@pytest.fixture(scope="module")
def formed(network: Namespaces) -> Namespaces:
    """
    A server and two nodes that know each other.
    """
    for site in (network.topology.server, *network.topology.nodes):
        network.start(site)
    waitForTables(network)
    return network


@pytest.fixture
def makeSealed(loop: Loop) -> Iterator[Callable[..., Namespaces]]:
    """
    Makes sealed networks: a server and C{count} nodes that run, the first C{joined} of them members, whose tables are
    full.  C{change} is a replacement in the configuration of every program; other arguments are those of L{topology}.
    """
    with ExitStack() as stack:

        def make(count: int, joined: int | None = None, change: tuple[str, str] = ("", ""), **where: str) -> Namespaces:
            network = Namespaces(stack.enter_context(Lab()), topology(count=count, **where), loop)
            for site in (network.topology.server, *network.topology.nodes):
                file = network.files.configuration(site)
                file.write_text(file.read_text().replace(*change))
                network.start(site)
            members = network.topology.nodes[:joined]
            for node in members:
                network.admit(node)
            waitForTables(network, members)
            return network

        yield make


class Probing:
    """
    One node asks others for echoes.
    """

    def __init__(self, network: Namespaces, source: Node, *targets: Node) -> None:
        self._probe = network.probe(source, targets)
        self.targets = targets
        for target in targets:
            wait(lambda target=target: self.echoes(target), 10, f"the first echo of {target.name}")

    def echoes(self, target: Node | None = None) -> list[Echo]:
        """
        What came back from one of the targets, or from the only one.
        """
        return [echo for echo in self._probe.echoes() if echo.target == (target or self.targets[0])]

    def goOn(self, count: int = 10, target: Node | None = None) -> None:
        """
        Wait until so many more echoes came.
        """
        before = len(self.echoes(target))
        wait(lambda: len(self.echoes(target)) >= before + count, 20, "more echoes")

    def lost(self) -> int:
        """
        How many of the only target did not come.
        """
        numbers = {echo.sequence for echo in self.echoes()}
        return max(numbers) - min(numbers) + 1 - len(numbers)

    def silentSince(self, moment: float, target: Node | None = None, pause: float = 1.0) -> float:
        """
        Wait until a target answers no more.

        @return: seconds from C{moment}, of C{time.monotonic}, until the last request that it answered.
        """

        def silent() -> bool:
            return time.monotonic() - self.echoes(target)[-1].sent > pause

        wait(silent, 20, "silence")
        return max(self.echoes(target)[-1].sent - moment, 0.0)

    def stop(self) -> None:
        """
        Ask no more.
        """
        self._probe.stop()


@pytest.fixture
def probing() -> Iterator[Callable[..., Probing]]:
    """
    Lets one node ask others for echoes: called with a network, the node and the others.
    """
    with ExitStack() as stack:

        def begin(network: Namespaces, source: Node, *targets: Node) -> Probing:
            started = Probing(network, source, *targets)
            stack.callback(started.stop)
            return started

        yield begin


def waitForTables(network: Namespaces, nodes: Sequence[Node] = ()) -> None:
    """
    Wait until each of the nodes, or of all, knows every other.
    """
    nodes = nodes or network.topology.nodes
    for node in nodes:
        others = {other.mac for other in nodes if other is not node}
        wait(lambda node=node, others=others: set(network.known(node)) == others, 20, f"the table of {node.name}")


@pytest.fixture(scope="session")
def programs() -> Path:
    """
    Where the commands of this installation are.
    """
    return Path(sys.executable).parent


@pytest.fixture(scope="session")
def tablesFull() -> Callable[[Namespaces], None]:
    """
    Waits until every node knows every other.
    """
    return waitForTables
