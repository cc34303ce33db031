"""
Sealed networks of real processes: who is in them, and who is not.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.control.client import ControlClient
from wand.lab import PYTHON, CommandFailed, Host, execute, wait
from wand.lab.deployment import Deployment
from wand.sealed.credentials.member_status import MemberStatus

Make = Callable[..., Deployment]


def test_underlayOfIPv6(makeSealed: Make) -> None:
    """
    Server and nodes that have nothing but IPv6 form a network, with invitations that name the server's IPv6 address.
    """
    network = makeSealed(2, prefix="fd00:51::")
    one, two = network.topology.nodes
    network.awaitEcho(one, two)
    assert network.known(one) == {two.mac: f"[{two.address}]:22222"}


def test_bridgeRight(makeSealed: Make) -> None:
    """
    What is behind a member with the bridge right is reached; behind one without it, it is not, and that is counted.
    """
    network = makeSealed(3, joined=1)
    one, plain, bridge = network.topology.nodes
    network.admit(plain)
    network.invite(bridge, bridge=True)
    network.kill(bridge)
    network.start(bridge)
    wait(lambda: bridge.mac in network.known(one), 10, "the bridge")
    behindBridge = _behind(network, network.hosts[bridge.name], "10.77.1.3")
    behindPlain = _behind(network, network.hosts[plain.name], "10.77.1.2")
    wait(lambda: _pings(behindBridge, one.inside), 10, "an echo from behind the bridge")
    wait(lambda: _pings(network.hosts[one.name].command(), "10.77.1.3"), 10, "an echo of it")
    assert not _pings(behindPlain, one.inside)
    assert network.counters(one)["drop-sealed-spoofed-source"] > 0


def _behind(network: Deployment, host: Host, address: str) -> list[str]:
    """
    A host behind a node's tap, with a MAC address of its own; gives what a command in it begins with.
    """
    name = f"{host.namespace}-behind"
    execute("ip", "netns", "add", name)
    host.run("ip", "link", "add", "link", "wan0", "name", "behind", "netns", name, "type", "macvlan", "mode", "bridge")
    execute("ip", "-n", name, "address", "add", f"{address}/16", "dev", "behind")
    execute("ip", "-n", name, "link", "set", "behind", "up")
    return ["ip", "netns", "exec", name]


def _pings(inside: list[str], address: str) -> bool:
    try:
        execute(*inside, "ping", "-c", "2", "-i", "0.2", "-W", "1", address)
    except CommandFailed:
        return False
    return True


def test_rel2AndSealedDoNotMix(makeSealed: Make) -> None:
    """
    A REL2 node that asks a sealed network's server, and sends frames to its nodes, gets nothing; and no table has it.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    host = network.lab.host("plain", "198.51.100.50/24")
    control = network.lab.directory / "plain.sock"
    words = (
        "--protocol=rel2",
        "--mac=02:00:00:00:00:66",
        "--addresses=10.77.0.66/16",
        f"--servers={network.topology.serverEndpoint}",
        f"--control={control}",
        f"--state={network.lab.directory}/plain-state",
    )
    host.start("plain", *PYTHON, "twisted", "wand-node", *words)
    wait(control.exists, 10, "the REL2 node")
    execute(*PYTHON, "wand.cli.main", "--control", str(control), "add", one.mac, f"{one.address}:22222")
    before = network.counters(one)["udp-received-datagrams"]
    assert not _pings(host.command(), one.inside)
    assert network.counters(one)["udp-received-datagrams"] > before
    assert set(network.known(one)) == {two.mac}
    assert {each.name for each in network.ask(network.topology.server, _members)} == {"server", "node-1", "node-2"}
    network.awaitEcho(one, two)


async def _members(client: ControlClient) -> list[MemberStatus]:
    return [each async for each in client.members()]
