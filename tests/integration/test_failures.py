"""
Programs die and come back; those that talk go on talking.
"""

from __future__ import annotations

from collections.abc import Callable

from probing import Probing

from wand.control.client import ControlClient
from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node, Site


def test_serverMayDieAndComeBack(formed: Deployment, probing: Callable[..., Probing]) -> None:
    """
    While the server is dead, and after it came back, the nodes exchange frames; and the server forgot nobody.
    """
    one, two = formed.topology.nodes
    server = formed.topology.server
    probe = probing(formed, one, two)
    formed.kill(server)
    probe.goOn()
    formed.start(server)
    assert wait(lambda: _listed(formed, server), 20, "the server") == {one.mac, two.mac}
    probe.goOn()
    assert probe.lost() == 0
    assert set(formed.known(one)) == {two.mac}
    assert set(formed.known(two)) == {one.mac}


def test_nodeMayDieAndComeBack(formed: Deployment) -> None:
    """
    A node that is killed leaves its control socket behind; started again it replaces it, and is reachable in seconds.
    """
    one, two = formed.topology.nodes
    formed.kill(two)
    assert formed.files.control(two).exists()
    assert not formed.ping(one, [two])
    formed.start(two)
    wait(lambda: formed.ping(one, [two]), 10, "an answer of the node that came back")
    wait(lambda: formed.known(two), 10, "an answer at its control socket")


def test_registrationSurvivesLoss(makeNetwork: Callable[..., Deployment]) -> None:
    """
    With 30 % of the datagrams to the server, and 30 % of those from it, lost, nodes register within seconds.
    """
    network = makeNetwork(count=3, protocol="rel2")
    network.hosts["server"].lose(30, port=network.topology.serverPort)
    network.startAll()
    for node in network.topology.nodes:
        wait(lambda node=node: _isAnswered(network, node), 15, f"an answer to {node.name}")
    everybody = {node.mac for node in network.topology.nodes}
    assert _listed(network, network.topology.server) == everybody
    for node in network.topology.nodes:
        others = everybody - {node.mac}
        wait(lambda node=node, others=others: _listed(network, node) == others, 60, f"a full table of {node.name}")


def _listed(network: Deployment, site: Site) -> set[str]:
    """
    The MAC addresses that a program knows.
    """

    async def macs(client: ControlClient) -> set[str]:
        return {entry.mac async for entry in client.entries()}

    return network.ask(site, macs)


def _isAnswered(network: Deployment, node: Node) -> bool:
    return all(directory.state == "answered" for directory in network.status(node).directories)
