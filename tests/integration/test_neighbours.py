"""
Hosts whose questions for addresses are answered by their own node.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wand.lab import CommandFailed, Host, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Site


@pytest.mark.parametrize("prefix", ["10.77.0.0/16", "fd77::/64"])
def test_nobodyElseIsAsked(makeNetwork: Callable[..., Deployment], prefix: str) -> None:
    """
    The kernel takes the answers of its node, and finds the other member by them.
    """
    network = makeNetwork(count=2)
    one, two = network.topology.nodes
    _add(network, network.topology.server, f'prefix = "{prefix}"')
    _add(network, one, "frame-service-settings = { neighbours = { members = 0 } }")
    network.startAll()
    address = [network.admit(node).address for node in (one, two)][1].partition("/")[0]
    wait(lambda: len(network.known(one)) == len(network.known(two)) == 1, 10, "full tables")
    host = network.hosts[one.name]
    wait(lambda: _answers(host, address), 10, "an echo")
    assert network.counters(one)["neighbours-answered"] > 0
    assert f"{address} lladdr {two.mac}" in host.run("ip", "neighbour", "show", "dev", "wan0")


def _add(network: Deployment, site: Site, line: str) -> None:
    file = network.files.configuration(site)
    file.write_text(f"{line}\n{file.read_text()}")


def _answers(host: Host, address: str) -> bool:
    try:
        host.run("ping", "-c", "1", "-W", "0.5", address)
    except CommandFailed:
        return False
    return True
