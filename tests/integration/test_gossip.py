"""
A network whose server is gone for good: the members that are left tell each other who is where.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node


def known(network: Deployment, node: Node) -> int:
    """
    How many members a node knows by gossip.
    """
    return sum(each.entries for each in network.status(node).directories if each.name == "gossip")


def test_membersFindEachOtherWithoutAServer(makeNetwork: Callable[..., Deployment]) -> None:
    """
    Three members start while their server is dead.  One of them has the others on its disk, they have nobody; and all
    are on one Ethernet soon, also those of whom neither knew the other.  One that was cut off is back at once.
    """
    network = makeNetwork(count=3)
    for node in network.topology.nodes:
        with network.files.configuration(node).open("a") as file:
            file.write("lan-discovery = false\n[directories.gossip]\n")
    network.start(network.topology.server)
    for node in network.topology.nodes:
        network.start(node)
        network.admit(node)
    network.awaitTables()
    one, two, three = network.topology.nodes
    wait(lambda: network.ping(one, [two]) and network.ping(one, [three]), 20, "echoes")
    wait(lambda: known(network, one) == 3, 20, "gossip beside the server")

    network.kill(network.topology.server)
    for node in network.topology.nodes:
        network.programs[node.name].stop()
    for node in (two, three):
        (network.lab.directory / f"{node.name}-state" / "known-peers").unlink()
    for node in network.topology.nodes:
        network.start(node)
    for node in network.topology.nodes:
        wait(lambda node=node: known(network, node) == 3, 30, f"what {node.name} knows")  # type: ignore[misc]
    network.awaitTables()
    wait(lambda: network.ping(two, [three]), 20, "an echo between members that only gossip introduced")

    network.hosts[three.name].plug(False)
    wait(lambda: not network.ping(two, [three]), 20, "silence")
    network.hosts[three.name].plug(True)
    wait(lambda: network.ping(two, [three]), 20, "an echo after the cut")
