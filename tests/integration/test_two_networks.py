"""
A network on hosts that another one joins as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from wand.control.client import ControlClient
from wand.host.tunnels import ALIAS
from wand.lab import execute
from wand.lab.deployment import Deployment


def _joinByAnother(network: Deployment) -> None:
    """
    Join the hosts of the nodes by another network of ours, as everybody else sees it: by interfaces with our alias.
    """
    spaces = [network.hosts[node.name].namespace for node in network.topology.nodes]
    execute("ip", "-n", spaces[0], "link", "add", "home", "type", "veth", "peer", "home", "netns", spaces[1])
    for number, space in enumerate(spaces, 1):
        execute("ip", "-n", space, "link", "set", "home", "alias", ALIAS, "up")
        for address in (f"10.88.0.{number}/16", f"fd88::{number}/64"):
            execute("ip", "-n", space, "address", "add", address, "dev", "home", *(["nodad"] * (":" in address)))


def test_twoNetworksDoNotRunThroughEachOther(makeNetwork: Callable[..., Deployment]) -> None:
    """
    Members that another network joins, too, reach each other directly, and are tried nowhere in that network.  It is
    known by the alias of its taps, which ours have as well.
    """
    network = makeNetwork(count=2)
    one, two = network.topology.nodes
    for node in (one, two):
        file = network.files.configuration(node)
        file.write_text(file.read_text().replace("listen = ", "# listen = "))
    _joinByAnother(network)
    network.startAll()
    for node in (one, two):
        network.admit(node)
    network.awaitTables()
    assert network.ping(one, [two])

    async def places(client: ControlClient) -> set[str]:
        return {each.place for each in (await client.ways(two.name)).ways}

    assert {f"{two.address}:{network.topology.nodePort}"} == network.ask(one, places)
    [tap] = json.loads(network.hosts[one.name].run("ip", "-json", "link", "show", "dev", "wan0"))
    assert tap["ifalias"] == ALIAS
