"""
A network with two servers and one Redis, of real processes, which are told two hundred things at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any, TypeAlias

import attrs
from twisted.internet.defer import DeferredList, ensureDeferred

from bench.kills.servers import OTHER, Servers
from wand.control.client import ControlClient, connect
from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Node, Site
from wand.sealed.credentials.member_status import MemberStatus

#: How many changes each of both servers is told.
CHANGES = 100

#: Over how many connections, since one takes only so many commands at a time.
CONNECTIONS = 10

#: What is asked of a server: of which member, what of it, and what it is to be.
Change: TypeAlias = tuple[str, str, Any]


def test_twoHundredChangesAtOnce(makeNetwork: Callable[..., Deployment], loop: Loop) -> None:
    """
    Both servers are told at the same moment to give three members other addresses and names, to limit them, and to make
    invitations.  In the end both servers and all nodes say the same, nothing belongs to two, whatever stands was
    acknowledged, no invitation is lost, and all reach each other where they are now: others are told of a member that
    changes so often only now and then.
    """
    network = makeNetwork(count=3)
    nodes = network.topology.nodes
    for node in nodes:
        network.start(node)
    servers = Servers(network, loop)
    for node in nodes:
        servers.admit(node, servers.token(servers.first))
    keys = [status.own.key for status in map(network.status, nodes) if status.own is not None]
    before = [invitationsOf(network, site) for site in servers.both]
    assert before[0] == before[1]

    asked = [changes(keys, place) for place in range(2)]
    answers = loop.wait(told(network, servers.both, asked, loop))

    standing: dict[str, dict[str, set[Any]]] = {key: {} for key in keys}
    for (key, what, value), isDone in answers:
        if isDone and key:
            standing[key].setdefault(what, set()).add(value)
    wait(lambda: agree(network, servers, nodes), 30, "that all say the same")
    members = {each.key: each for each in membersOf(network, servers.first) if each.key in keys}
    done = sum(isDone for _, isDone in answers)
    assert done > CHANGES, f"of {len(answers)} changes {done} were acknowledged"
    addresses = [address for each in members.values() for address in each.addresses]
    assert len(addresses) == len(set(addresses)) == 2 * len(nodes)
    assert len({each.name for each in members.values()}) == len(nodes)
    for key, each in members.items():
        found = {"name": each.name, "macs": each.behind, "broadcasts": each.broadcasts}
        first, second = (address.partition("/")[0] for address in each.addresses)
        for what, value in {**found, "ipv4": first, "ipv6": second}.items():
            assert value in standing[key].get(what, {value}), f"{what} of {each.name}"
    made = sum(isDone for (key, _, _), isDone in answers if not key)
    for site in servers.both:
        assert len(invitationsOf(network, site)) == len(before[0]) + made
    moved = [attrs.evolve(node, inside=addressOf(network, node)) for node in nodes]
    for source, target in permutations(moved, 2):
        wait(lambda a=source, b=target: bool(network.ping(a, [b])), 60, f"an echo of {target.name}")  # type: ignore[misc]


def changes(keys: Sequence[str], place: int) -> list[Change]:
    """
    What one of both servers is told.
    """
    found: list[Change] = []
    for number in range(CHANGES):
        key, odd = keys[(number // 5 + place) % len(keys)], number * 2 + place
        found.append(
            (
                (key, "ipv4", f"10.77.0.{2 + number % 9}"),
                (key, "name", f"name-{number % 7}"),
                (key, ("macs", "broadcasts")[place], 100 + odd),
                ("", "invitation", odd),
                (key, "ipv4", f"10.77.0.{2 + (odd + 4) % 9}"),
            )[number % 5]
        )
    return found


async def told(
    network: Deployment, sites: Sequence[Site], asked: Sequence[Sequence[Change]], loop: Loop
) -> list[tuple[Change, bool]]:
    """
    Ask all at once.

    @return: each change, and whether it was acknowledged.
    """
    parts = [
        (site, each[at::CONNECTIONS]) for site, each in zip(sites, asked, strict=True) for at in range(CONNECTIONS)
    ]
    clients = [await connect(loop.reactor, str(network.files.control(site))) for site, _ in parts]
    asking = [ask(client, change) for client, (_, part) in zip(clients, parts, strict=True) for change in part]
    found = await DeferredList([ensureDeferred(each) for each in asking], consumeErrors=True)
    for client in clients:
        client.close()
    told = [change for _, part in parts for change in part]
    return [(change, isDone) for change, (isDone, _) in zip(told, found, strict=True)]


async def ask(client: ControlClient, change: Change) -> None:
    key, what, value = change
    if what == "invitation":
        await client.invite()
    elif what == "name":
        await client.rename(key, value)
    elif what in ("ipv4", "ipv6"):
        await client.address(key, [value])
    else:
        await client.limit(key, *((value, None) if what == "macs" else (None, value)))


def membersOf(network: Deployment, site: Site) -> list[MemberStatus]:
    async def listed(client: ControlClient) -> list[MemberStatus]:
        return [each async for each in client.members()]

    return network.ask(site, listed)


def invitationsOf(network: Deployment, site: Site) -> set[str]:
    async def listed(client: ControlClient) -> set[str]:
        return {each.invitation async for each in client.invitations()}

    return network.ask(site, listed)


def agree(network: Deployment, servers: Servers, nodes: Sequence[Node]) -> bool:
    """
    Do both servers say the same of all, and each node of itself and of the others?
    """
    first, second = membersOf(network, servers.first), membersOf(network, OTHER)
    said = {each.key: (each.name, tuple(each.addresses)) for each in first}
    for node in nodes:
        own = network.status(node).own
        if own is None or said[own.key] != (own.name, tuple(own.addresses)):
            return False
    return [content(each) for each in first] == [content(each) for each in second]


def content(member: MemberStatus) -> tuple[Any, ...]:
    """
    What has to be the same at both servers.
    """
    return member.key, member.name, member.state, member.addresses, member.macs, member.behind, member.broadcasts


def addressOf(network: Deployment, node: Node) -> str:
    own = network.status(node).own
    assert own is not None
    return own.addresses[0].partition("/")[0]
