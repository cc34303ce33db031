"""
Addresses on real hosts: of both kinds, chosen, changed while everything runs, and reserved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from wand.control.client import ControlClient
from wand.lab import CommandFailed, Host, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node, Site


def _addresses(host: Host) -> list[str]:
    """
    The overlay addresses that a host has on its tap, those of IPv4 first.
    """
    said = host.run("ip", "-o", "address", "show", "dev", "wan0", "scope", "global")
    found = re.findall(r"inet6? (\S+)", said)
    return sorted(found, key=lambda each: ":" in each)


def _answers(host: Host, address: str) -> bool:
    try:
        host.run("ping", "-c", "1", "-W", "0.5", address)
    except CommandFailed:
        return False
    return True


def _awaitAnswer(host: Host, address: str) -> None:
    wait(lambda: _answers(host, address), 10, f"an echo of {address}")


def _own(network: Deployment, node: Site) -> Any:
    own = network.status(node).own
    assert own is not None
    return own


def _plain(address: str) -> str:
    return address.partition("/")[0]


def _configure(network: Deployment, site: Site, line: str) -> None:
    file = network.files.configuration(site)
    file.write_text(f"{line}\n{file.read_text()}")


def _since(network: Deployment, node: Node, other: Node) -> float | None:
    """
    Since when a node uses its present way to another.
    """

    async def ask(client: ControlClient) -> float | None:
        found = [each async for each in client.peers()]
        return next(each.since for each in found if each.macs == [other.mac])

    return network.ask(node, ask)


def _joined(network: Deployment, nodes: tuple[Node, ...]) -> None:
    network.startAll()
    for node in nodes:
        network.admit(node)
    wait(lambda: all(len(network.known(node)) == len(nodes) - 1 for node in nodes), 10, "full tables")


@pytest.mark.parametrize("members", [0, 32])
def test_bothKindsAtOnce(makeNetwork: Callable[..., Deployment], members: int) -> None:
    """
    Whoever joins has an address of each kind, in a prefix of IPv6 that this network made for itself; hosts reach each
    other at both, whether their own nodes answer for others or not.
    """
    network = makeNetwork(count=2)
    one, two = network.topology.nodes
    for node in (one, two):
        _configure(network, node, f"frame-service-settings = {{ neighbours = {{ members = {members} }} }}")
    _joined(network, (one, two))
    four, six = _own(network, two).addresses
    assert (four, six[:2], six[-6:]) == ("10.77.0.2/16", "fd", "::2/64")
    assert _own(network, two).prefix6 == six.replace("::2/", "::/")
    assert _addresses(network.hosts[two.name]) == [four, six]
    host = network.hosts[one.name]
    for address in map(_plain, (four, six)):
        _awaitAnswer(host, address)
        assert f"{address} lladdr {two.mac}" in host.run("ip", "neighbour", "show", "dev", "wan0")
    assert bool(network.counters(one)["neighbours-answered"]) is (members == 0)


def test_anotherAddress(makeSealed: Callable[..., Deployment]) -> None:
    """
    What C{wand address} gives is on the device at once, the old address is not, everybody reaches it by address and the
    session is the same; what cannot be is said.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    host, server = network.hosts[two.name], network.topology.server
    _awaitAnswer(network.hosts[one.name], "10.77.0.2")
    name, six = _own(network, two).name, _own(network, two).prefix6.replace("::/64", "::b0b")
    before = _since(network, one, two)
    said = network.command(server, "address", name, "10.77.0.9", six)
    assert "10.77.0.9/16" in said and "offline" not in said
    wait(lambda: _addresses(host) == ["10.77.0.9/16", f"{six}/64"], 3, "the new addresses")
    for address in ("10.77.0.9", six):
        _awaitAnswer(network.hosts[one.name], address)
    assert not _answers(network.hosts[one.name], "10.77.0.2")
    assert _since(network, one, two) == pytest.approx(before, abs=0.01)
    for wrong in ("10.77.0.1", "192.0.2.1", "10.77.0.0"):
        with pytest.raises(CommandFailed, match="choose"):
            network.command(server, "address", name, wrong)
    assert network.status(two).attention == 0


def test_whoHasItNowIsFound(makeSealed: Callable[..., Deployment]) -> None:
    """
    An address goes from one host to another, and a third, whose kernel still knows who had it, reaches the new one.
    """
    network = makeSealed(3)
    one, two, three = network.topology.nodes
    host, server = network.hosts[one.name], network.topology.server
    _awaitAnswer(host, "10.77.0.2")
    names = {node.name: _own(network, node).name for node in (two, three)}
    network.command(server, "address", names[two.name], "10.77.0.77")
    network.command(server, "address", names[three.name], "10.77.0.2")
    neighbours = ("ip", "neighbour", "show", "10.77.0.2", "dev", "wan0")
    wait(lambda: _answers(host, "10.77.0.2") and three.mac in host.run(*neighbours), 15, "the host that has it now")


def test_whileItIsAway(makeSealed: Callable[..., Deployment]) -> None:
    """
    Who is offline has the address once it is back, and the command says so.
    """
    network = makeSealed(2)
    _, two = network.topology.nodes
    name = _own(network, two).name
    network.command(two, "stop")
    said = network.command(network.topology.server, "address", name, "10.77.0.9")
    assert "offline" in said
    network.start(two)
    wait(lambda: _own(network, two).addresses[0] == "10.77.0.9/16", 10, "the new address")
    assert _addresses(network.hosts[two.name])[0] == "10.77.0.9/16"


def test_reservedAndChosen(makeNetwork: Callable[..., Deployment]) -> None:
    """
    A reserved range is given to nobody, and C{wand join --address} to who asks for another.
    """
    network = makeNetwork(count=2)
    one, two = network.topology.nodes
    server = network.topology.server
    _configure(network, server, 'reserve = ["10.77.0.1-10.77.0.99"]')
    network.startAll()
    network.admit(one)
    assert _addresses(network.hosts[one.name])[0] == "10.77.0.100/16"
    assert _own(network, two).stage == "new"  # it has not found the invitation when it started
    token = str(network.invite(two))
    with pytest.raises(CommandFailed, match="reserved"):
        network.command(two, "join", token, "--address", "10.77.0.50")
    six = _own(network, one).prefix6.replace("::/64", "::2:2")
    said = network.command(two, "join", token, "--address", "10.77.2.2", "--address", six)
    assert "10.77.2.2/16" in said and six in said
    assert _addresses(network.hosts[two.name]) == ["10.77.2.2/16", f"{six}/64"]
    with pytest.raises(CommandFailed, match="reserved"):
        network.command(server, "address", _own(network, one).name, "10.77.0.1")
    _awaitAnswer(network.hosts[one.name], six)


def test_reloadedWhileFramesFlow(makeSealed: Callable[..., Deployment]) -> None:
    """
    C{wand reload} gives the device another MTU and other addresses; what waits for a restart is said, also to scripts;
    addresses of IPv6, which no small MTU can have, come back with a larger one.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    host = network.hosts[one.name]
    file = network.files.configuration(one)
    before = file.read_text()
    had = _addresses(host)

    def reload(lines: str, *options: str) -> str:
        file.write_text(f"{lines}\n{before}")
        return network.command(one, "reload", *options)

    said = reload('mtu = 1400\naddresses = ["192.168.99.1/24"]')
    assert said == "mtu: 1400, and it was 1500\naddresses: 192.168.99.1/24 added\n"
    assert "mtu 1400" in host.run("ip", "link", "show", "dev", "wan0")
    assert set(_addresses(host)) == {"192.168.99.1/24", *had}
    _awaitAnswer(host, "10.77.0.2")
    [waiting] = json.loads(reload('mtu = 1400\naddresses = ["192.168.99.1/24"]\nlink-local = true', "--json"))
    assert (waiting["key"], waiting["waits"]) == ("link-local", True)
    assert "mtu: 1000" in reload("mtu = 1000")
    wait(lambda: _addresses(host) == had[:1], 5, "an interface without IPv6")
    wait(lambda: any("1280" in each for each in network.status(one).notes), 15, "a note about IPv6")
    reload("mtu = 1500")
    wait(lambda: _addresses(host) == had, 5, "the address of IPv6")
    wait(lambda: network.status(one).attention == 0, 15, "a status without a fault")
    _awaitAnswer(network.hosts[two.name], _plain(had[1]))
