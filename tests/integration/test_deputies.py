"""
A network without a server, whose founder lets a member admit others: the founder is off, and comes back.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node


def test_aMemberAdmitsWhileTheFounderIsOff(makeNetwork: Callable[..., Deployment]) -> None:
    """
    Who was admitted while the founder was off reaches the member that admitted it at once, and the founder as soon as
    that is back, which signs for it.
    """
    network = makeNetwork(count=3)
    one, two, three = network.topology.nodes
    for node in network.topology.nodes:
        network.start(node)
    network.ask(one, lambda client: client.found("home"))
    network.admit(two, one, admits=4)
    wait(lambda: network.status(two).own.admission, 5, "the right to admit")  # type: ignore[union-attr]
    network.kill(one)

    network.admit(three, two)
    wait(lambda: reaches(network, three, two), 5, "an echo between the two that are there")
    network.start(one)
    wait(lambda: reaches(network, one, three), 15, "an echo from the founder to whom it did not admit")
    listed = network.command(one, "members")
    assert "ADMITTED BY" in listed, listed


def reaches(network: Deployment, source: Node, target: Node) -> bool:
    """
    Does an echo come back from the address that a node has?
    """
    own = network.status(target).own
    assert own is not None
    [address] = own.addresses
    return bool(network.ping(source, [attrs.evolve(target, inside=address.partition("/")[0])]))
