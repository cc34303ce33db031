"""
A network whose founder or server lets a member admit others: it is off, and comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deployments import fill, reaches, smallDisk

from wand.control.client import ControlClient
from wand.lab import execute, wait
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
    wait(lambda: network.status(two).own.admission, 30, "the right to admit")  # type: ignore[union-attr]
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


@pytest.mark.parametrize("left", [2, 0])
def test_theFounderAllowsFewer(makeNetwork: Callable[..., Deployment], left: int) -> None:
    """
    While the founder is off, a member admits three.  The founder, whom nobody reaches yet when it is back, lets that
    one admit fewer: as soon as they meet, who has no seat any more is out, knows why, and is no member for anybody;
    the others go on as before, and so does whoever admitted them.
    """
    network = makeNetwork(count=5)
    one, two, *admitted = network.topology.nodes
    for node in network.topology.nodes:
        network.start(node)
    network.ask(one, lambda client: client.found("home"))
    network.admit(two, one, admits=3)
    wait(lambda: network.status(two).own.admission, 30, "the right to admit")  # type: ignore[union-attr]
    network.kill(one)
    for node in admitted:
        network.admit(node, two)
    for node in admitted:
        wait(lambda node=node: reaches(network, node, two), 10, "an echo of the one that admitted it")  # type: ignore[misc]

    cut(network, one, isCut=True)
    network.start(one)
    network.status(one)
    assert two.name in network.command(one, "appoint", two.name, "--members", str(left))
    cut(network, one, isCut=False)

    stay, out = admitted[:left], admitted[left:]
    for node in out:
        wait(lambda node=node: "no seat for it any more" in " ".join(network.status(node).notes), 20, "the reason")  # type: ignore[misc]
        wait(lambda node=node: not reaches(network, two, node), 5, "no echo of whoever is out")  # type: ignore[misc]
    everybody = [one, two, *stay]
    for source in everybody:
        for target in everybody:
            if source is not target:
                wait(lambda a=source, b=target: reaches(network, a, b), 20, f"an echo of {target.name}")  # type: ignore[misc]
    names = sorted(each.name for each in everybody)
    wait(lambda: sorted(namesAt(network, one)) == names, 20, "the members that the founder names")
    wait(lambda: sorted(namesAt(network, two)) == names, 20, "the members that the deputy names")
    assert [network.status(node).notes for node in everybody if "seat" in " ".join(network.status(node).notes)] == []


@pytest.fixture
def tiny(makeNetwork: Callable[..., Deployment]) -> Iterator[tuple[Deployment, Path]]:
    """
    A network whose second node keeps its state on a disk of its own, of one megabyte.
    """
    network = makeNetwork(count=4)
    state = network.lab.directory / f"{network.topology.nodes[1].name}-state"
    with smallDisk(state, "1m"):
        yield network, state


def test_theDiskOfADeputyIsFull(tiny: tuple[Deployment, Path]) -> None:
    """
    While the disk of the only one that admits is full, a node waits and its operator knows why; nothing that was said
    is lost, also if the program is killed meanwhile.  With room on the disk the node gets in, and the invitation is
    used.
    """
    network, state = tiny
    one, two, three, four = network.topology.nodes
    for node in network.topology.nodes:
        network.start(node)
    network.ask(one, lambda client: client.found("home"))
    network.admit(two, one, admits=4)
    wait(lambda: network.status(two).own.admission, 30, "the right to admit")  # type: ignore[union-attr]
    network.kill(one)
    network.admit(three, two)
    token = network.invite(four, two).read_text()

    fill(state / "filler")
    network.ask(four, lambda client: client.join(token))
    wait(lambda: "full" in " ".join(network.status(two).notes), 20, "a word on the full disk")
    network.kill(two)
    network.start(two)
    assert network.status(four).own.stage == "joining"  # type: ignore[union-attr]
    assert len(network.ask(two, invitationsOf)) == 1

    (state / "filler").unlink()
    wait(lambda: network.status(four).own.stage == "member", 60, "the node that waited")  # type: ignore[union-attr]
    assert not network.ask(two, invitationsOf)
    wait(lambda: reaches(network, four, three), 15, "an echo between the two that it admitted")


async def invitationsOf(client: ControlClient) -> list[str]:
    return [each.invitation async for each in client.invitations()]


def cut(network: Deployment, node: Node, *, isCut: bool) -> None:
    """
    Lose all that a host sends and is sent, or no more of it.
    """
    table = f"table bridge cut-{node.name}"
    script = f"add {table}\ndelete {table}\n"
    if isCut:
        rules = f'iifname "{node.name}" drop; oifname "{node.name}" drop; '
        script += f"{table} {{ chain cut {{ type filter hook forward priority 0; {rules}}}; }}\n"
    execute(*network.lab.inSwitch("nft", "-f", "-"), sent=script)


def namesAt(network: Deployment, node: Node) -> list[str]:
    """
    Who is a member, as a node has it.
    """

    async def listed(client: ControlClient) -> list[str]:
        return [each.name async for each in client.members() if each.state == "member"]

    return network.ask(node, listed)


def isAdopted(network: Deployment, server: Site, node: Node) -> bool:
    """
    Does the server list a node as one that a member admitted?
    """

    async def listed(client: ControlClient) -> list[MemberStatus]:
        return [each async for each in client.members()]

    return any(each.name == node.name and each.admitter for each in network.ask(server, listed))
