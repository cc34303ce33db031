"""
What the end-to-end tests share: labs, and networks of real C{twistd} processes in them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from twisted.internet.epollreactor import EPollReactor

from wand.demo.loop import Loop
from wand.demo.namespaces import Namespaces
from wand.demo.topology import topology
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


def waitForTables(network: Namespaces) -> None:
    """
    Wait until every node knows every other.
    """
    for node in network.topology.nodes:
        others = {other.mac for other in network.topology.nodes if other is not node}
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
