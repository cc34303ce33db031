"""
A network whose founder or server lets a member admit others: it is off, and comes back.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wand.control.client import ControlClient
from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node, Site
from wand.sealed.credentials.member_status import MemberStatus


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


def test_aMemberAdmitsWhileTheServerIsDown(makeNetwork: Callable[..., Deployment]) -> None:
    """
    Who was admitted while the server was down reaches the member that admitted it at once.  The server learns of it as
    soon as it is back, signs for it, and tells the others.
    """
    network = makeNetwork(count=3)
    server, (one, two, three) = network.topology.server, network.topology.nodes
    network.start(server)
    for node in (one, two, three):
        network.start(node)
    for node in (one, two):
        network.admit(node)
    network.ask(server, lambda client: client.appoint(one.name, 4))
    wait(lambda: network.status(one).own.admission, 5, "the right to admit")  # type: ignore[union-attr]
    network.kill(server)

    network.admit(three, one)
    wait(lambda: reaches(network, three, one), 5, "an echo between the two that know each other")
    network.start(server)
    wait(lambda: isAdopted(network, server, three), 60, "that the server signed for whom it did not admit")
    wait(lambda: reaches(network, two, three), 10, "an echo between the two that did not meet before")


def isAdopted(network: Deployment, server: Site, node: Node) -> bool:
    """
    Does the server list a node as one that a member admitted?
    """

    async def listed(client: ControlClient) -> list[MemberStatus]:
        return [each async for each in client.members()]

    return any(each.name == node.name and each.admitter for each in network.ask(server, listed))


def reaches(network: Deployment, source: Node, target: Node) -> bool:
    """
    Does an echo come back from the address that a node has?
    """
    own = network.status(target).own
    assert own is not None
    [address] = own.addresses
    return bool(network.ping(source, [attrs.evolve(target, inside=address.partition("/")[0])]))
