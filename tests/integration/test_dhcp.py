"""
The DHCP server that the page on bridging shows: the real dnsmasq, behind a node with the bridge right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wand.lab import Host
from wand.lab.deployment import Deployment

_PAGE: Final = Path(__file__).parents[2] / "docs" / "operating" / "bridging.md"

#: The heading under which the server is.
_SERVER: Final = "A DHCP server for what is behind a node"

#: What udhcpc of busybox does with a lease.
_SCRIPT: Final = """#!/bin/sh
[ "$1" = bound ] && ip address add "$ip/$mask" dev "$interface" && echo "router:$router"
exit 0
"""


def test_guestsAndMembersGetAddresses(makeNetwork: Callable[..., Deployment]) -> None:
    """
    With the configuration of the page, a guest on the bridge and a member far away get a lease, without a default
    route; the guest reaches the member.
    """
    network = makeNetwork(count=2)
    carol, alice = network.topology.nodes
    host, directory = network.hosts[carol.name], network.lab.directory
    guest = _guest(network, host)
    network.startAll()
    for node, isBridge in ((carol, True), (alice, False)):
        network.admit(node, bridge=isBridge)
    network.awaitTables()
    configuration = _shown(_SERVER, "text").replace("/var/lib/misc/guests.leases", f"{directory}/leases")
    (directory / "guests.conf").write_text(configuration)
    host.start("dnsmasq", "dnsmasq", f"--conf-file={directory}/guests.conf", "--keep-in-foreground", "--user=root")
    script = directory / "lease"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    for each, interface in ((guest, "eth0"), (network.hosts[alice.name], "wan0")):
        client = ("busybox", "udhcpc", "-i", interface, "-n", "-q", "-f", "-t", "20", "-T", "1", "-s", str(script))
        assert "router:\n" in each.run(*client, timeout=40)
        assert re.search(r"inet 10\.77\.255\.1\d\d/16", each.run("ip", "address", "show", "dev", interface))
    address = network.status(alice).own.addresses[0].partition("/")[0]
    assert "1 received" in guest.run("ping", "-c", "1", "-w", "20", address)


def _guest(network: Deployment, host: Host) -> Host:
    """
    Make the bridge as the page shows it, with a guest on its eth1.
    """
    guest = network.lab.bare("guest")
    host.run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns", guest.namespace)
    guest.configure()
    for line in _commands("The bridge"):
        if line.startswith("ip "):
            host.run(*line.replace(" user wand", "").split())
    for line in _commands(_SERVER):
        if line.startswith("ip "):
            host.run(*line.split())
    return guest


def _commands(heading: str) -> list[str]:
    """
    What the page lets carol type under a heading.
    """
    return re.findall("^carol# (.*)$", _shown(heading, "console"), re.MULTILINE)


def _shown(heading: str, language: str) -> str:
    """
    The first block in a language under a heading.
    """
    section = _PAGE.read_text().partition(f" {heading}\n")[2]
    return section.partition(f"```{language}\n")[2].partition("```")[0]
