"""
Tests for nodes whose frames the kernel moves: L{wand.drivers.vxlan}.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node

Make = Callable[..., Deployment]

_PLAIN = ('driver = "tuntap"', 'driver = "vxlan"\ndriver-settings = { trusted = true, id = 77 }\nmtu = 1450')
_ELSEWHERE = "198.51.100.177"


def test_theKernelMovesFrames(makeNetwork: Make) -> None:
    """
    Three nodes find each other with broadcasts through the nodes, and then their kernels have every way: what a TCP
    connection moves passes none of the nodes.  A node that leaves is taken out.
    """
    network = _started(makeNetwork(count=3, protocol="rel2"))
    one, two, three = network.topology.nodes
    for node in network.topology.nodes:
        _awaitMoved(network, node, *(each for each in network.topology.nodes if each is not node))
    before = network.counters(one)["tap-read-bytes"]
    octets = sum(each.octets for each in network.transfer(one, two, 1.0))
    assert octets > 1_000_000
    assert network.counters(one)["tap-read-bytes"] - before < octets / 20
    assert any("in the clear" in note for note in network.status(one).notes)
    network.command(one, "delete", three.mac)
    wait(lambda: _moved(network, one) == {two.mac: two.address}, 10, "the end of the way")


def test_someOfASealedNetwork(makeNetwork: Make) -> None:
    """
    Members with VXLAN and one without it are in one network: the kernel moves frames between the first, and everything
    else is sealed.  A member that was revoked is taken out.
    """
    network = _started(makeNetwork(count=3), 2)
    for node in network.topology.nodes:
        network.admit(node)
    network.awaitTables()
    one, two, three = network.topology.nodes
    _awaitMoved(network, one, two)
    _awaitMoved(network, two, one)
    network.awaitEcho(one, three)
    network.awaitEcho(three, two)
    assert set(_moved(network, one)) == {two.mac}
    network.revoke(two)
    wait(lambda: not _moved(network, one), 10, "the end of the way")


def test_anotherAddress(makeNetwork: Make) -> None:
    """
    A node that moves to another address is found there, and the kernel sends there.
    """
    network = makeNetwork(count=2)
    one, two = network.topology.nodes
    _change(network, two, (f'listen = "{two.address}"', 'listen = "0.0.0.0"'))
    _started(network)
    for node in network.topology.nodes:
        network.admit(node)
    network.awaitTables()
    _awaitMoved(network, one, two)
    host = network.hosts[two.name]
    host.run("ip", "address", "add", f"{_ELSEWHERE}/24", "dev", "eth0")
    host.run("ip", "address", "delete", f"{two.address}/24", "dev", "eth0")
    host.run("ip", "address", "replace", f"{_ELSEWHERE}/24", "dev", "eth0")

    def isThere() -> bool:
        _pings(network, one, two)
        return _moved(network, one) == {two.mac: _ELSEWHERE}

    wait(isThere, 60, "the new way")
    network.awaitEcho(one, two)


def test_aKilledNode(makeNetwork: Make) -> None:
    """
    A node that is killed leaves no device behind, the other one goes back to its own way, and when the first is there
    again so is the way.  If somebody deletes the device the node ends, and says so.
    """
    network = _started(makeNetwork(count=2, protocol="rel2"))
    one, two = network.topology.nodes
    _awaitMoved(network, one, two)
    network.kill(two)
    links = network.hosts[two.name].run
    wait(lambda: "wan0" not in links("ip", "link"), 10, "the end of the devices")
    wait(lambda: not _moved(network, one), 40, "the end of the way")
    network.start(two)
    network.awaitTables()
    _awaitMoved(network, one, two)
    links("ip", "link", "delete", "wan0")
    wait(lambda: not network.programs[two.name].isRunning, 10, "the end of the node")
    assert "its interface was deleted" in network.programs[two.name].log.read_text()
    assert "wan0" not in links("ip", "link")


def test_withoutPrivileges(makeNetwork: Make) -> None:
    """
    With --uid and --gid a node gives ways to the kernel after it dropped its privileges, and removes its devices.
    """
    network = makeNetwork(count=2, protocol="rel2")
    network.lab.directory.chmod(0o755)
    one, two = network.topology.nodes
    for node in (one, two):
        _change(network, node, _PLAIN)
    network.start(network.topology.server)
    for node in (one, two):
        network.start(node, "--uid=nobody", "--gid=nogroup")
    network.awaitTables()
    _awaitMoved(network, one, two)
    _awaitMoved(network, two, one)
    network.programs[two.name].stop()
    assert "wan0" not in network.hosts[two.name].run("ip", "link")
    assert "Traceback" not in network.programs[two.name].log.read_text()


def test_aFirewall(makeNetwork: Make) -> None:
    """
    Where no VXLAN gets through, frames go through the nodes, and C{wand status} says why.
    """
    network = makeNetwork(count=2, protocol="rel2")
    one, two = network.topology.nodes
    rules = "table ip closed { chain in { type filter hook input priority 0; iif eth0 udp dport 4789 drop; }; }"
    network.hosts[two.name].run("nft", rules)
    _started(network)
    network.awaitEcho(one, two)
    wait(lambda: any("not as VXLAN" in note for note in network.status(one).notes), 30, "the note")
    assert _moved(network, one) == {}
    network.awaitEcho(one, two)
    _awaitMoved(network, two, one)


def _started(network: Deployment, count: int | None = None) -> Deployment:
    """
    Start a network, some of whose nodes have VXLAN.

    @param count: how many; all if not given.
    """
    for node in network.topology.nodes[:count]:
        _change(network, node, _PLAIN)
    for node in network.topology.nodes[count:] if count else ():
        _change(network, node, ('driver = "tuntap"', 'driver = "tuntap"\nmtu = 1450'))
    network.startAll()
    if not network.topology.isSealed:
        network.awaitTables()
    return network


def _change(network: Deployment, node: Node, change: tuple[str, str]) -> None:
    file = network.files.configuration(node)
    text = file.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change))


def _awaitMoved(network: Deployment, node: Node, *others: Node) -> None:
    wanted = {other.mac: other.address for other in others}

    def areMoved() -> bool:
        return all(_pings(network, node, other) for other in others) and _moved(network, node) == wanted

    wait(areMoved, 30, f"the ways of {node.name}")


def _moved(network: Deployment, node: Node) -> dict[str, str]:
    """
    The addresses whose frames the kernel of a node moves, and where to.
    """
    shown = network.hosts[node.name].run("bridge", "-json", "fdb", "show", "dev", "wan0")
    return {each["mac"]: each["dst"] for each in json.loads(shown) if each["mac"] != "00:00:00:00:00:00"}


def _pings(network: Deployment, node: Node, other: Node) -> bool:
    return bool(network.ping(node, [other]))
