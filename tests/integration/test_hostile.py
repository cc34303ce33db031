"""
Garbage from the network and at the control socket: no traceback, no growth, and the programs still answer.
"""

from __future__ import annotations

from random import Random

import garbage
import pytest

from wand.lab import Host
from wand.lab.deployment import Deployment
from wand.lab.topology import Site

pytestmark = pytest.mark.alone

#: How much more memory a program may hold afterwards, in octets.
_GROWTH = 5_000_000


@pytest.mark.parametrize("kind", ["data", "directory", "server"])
def test_randomDatagramsChangeNothing(formed: Deployment, kind: str) -> None:
    """
    After 100,000 random datagrams to one of its UDP ports a program holds no more memory, logged no traceback, and
    works: the port of a node's data, the one from which it asks the server, and the server's.
    """
    one, two = formed.topology.nodes
    site = formed.topology.server if kind == "server" else one
    own = {formed.topology.nodePort, formed.topology.serverPort}
    ports = _ports(formed.hosts[site.name])
    port = next(each for each in ports if (each in own) == (kind != "directory"))
    host = formed.hosts[two.name]
    host.run(*garbage.command("rel2", site.address, str(port), 5_000))
    before, received = formed.programs[site.name].residentBytes, _received(formed, site)
    host.run(*garbage.command("rel2", site.address, str(port), 100_000), timeout=60)
    assert _received(formed, site) - received > 90_000
    _check(formed, site, before)
    formed.awaitEcho(one, two)


def test_randomConnectionsChangeNothing(formed: Deployment) -> None:
    """
    After 2,000 connections to the control socket that send random octets, a node holds no more memory, logged no
    traceback, and answers.
    """
    one, _ = formed.topology.nodes
    chance = Random(2)
    garbage.connect(formed.files.control(one), chance, 200)
    before = formed.programs[one.name].residentBytes
    garbage.connect(formed.files.control(one), chance, 2000)
    _check(formed, one, before)


def _ports(host: Host) -> list[int]:
    lines = host.run("cat", "/proc/net/udp").splitlines()[1:]
    return [int(line.split()[1].partition(":")[2], 16) for line in lines]


def _received(network: Deployment, site: Site) -> int:
    return network.counters(site)["udp-received-datagrams"]


def _check(network: Deployment, site: Site, before: int) -> None:
    one, two = network.topology.nodes
    assert two.mac in network.known(one)
    assert network.programs[site.name].residentBytes - before < _GROWTH
    assert "Traceback" not in network.programs[site.name].log.read_text()
