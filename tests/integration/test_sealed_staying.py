"""
Sealed networks of real processes while programs die, addresses change, and members are revoked.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from probing import Probing

from wand.control.client import ControlClient
from wand.lab import PYTHON, CommandFailed, Host, execute, wait
from wand.lab.deployment import Deployment
from wand.sealed.credentials.member_status import MemberStatus

pytestmark = pytest.mark.alone

Make = Callable[..., Deployment]
Probe = Callable[..., Probing]


def cut(network: Deployment, one: str, other: str) -> None:
    """
    From now on lose every datagram between two hosts.
    """
    ways = "".join(f'iifname "{a}" oifname "{b}" drop; ' for a, b in ((one, other), (other, one)))
    script = f"table bridge cut-{one}-{other} {{ chain cut {{ type filter hook forward priority 0; {ways}}}; }}\n"
    execute(*network.lab.inSwitch("nft", "-f", "-"), sent=script)


def test_serverIsKilledAndNobodyForgotten(makeSealed: Make, probing: Probe) -> None:
    """
    While the server is dead and after its return no echo is lost; it forgot nobody, and lets a new member in.
    """
    network = makeSealed(3, joined=2)
    one, two, three = network.topology.nodes
    probe = probing(network, one, two)
    network.kill(network.topology.server)
    probe.goOn()
    network.start(network.topology.server)
    found = network.ask(network.topology.server, _members)
    assert {each.name for each in found} == {"server", "node-1", "node-2"}
    probe.goOn()
    assert probe.lost() == 0
    assert network.admit(three).address == "10.77.0.3/16"
    wait(lambda: len(network.known(one)) == len(network.known(three)) == 2, 10, "full tables")
    wait(lambda: network.ping(three, [one, two]), 10, "an echo of the new member")


async def _members(client: ControlClient) -> list[MemberStatus]:
    return [each async for each in client.members()]


@pytest.mark.parametrize("silent", [False, True], ids=["talking", "silent"])
def test_nodeIsKilledAndBackAtOnce(
    makeSealed: Make, probing: Probe, capsys: pytest.CaptureFixture[str], silent: bool
) -> None:
    """
    A node that is killed and started again has its MAC address back, and answers, within 3 s; also if it says nothing
    before it is asked.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    probe = probing(network, one, two)
    network.kill(two)
    probe.silentSince(time.monotonic())
    if silent:  # without IPv6 the kernel sends nothing when the tap comes up
        network.hosts[two.name].run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
    restarted = time.monotonic()
    network.start(two)
    seconds = probe.backSince(restarted)
    with capsys.disabled():
        print(f"\na killed node answers again {seconds:.2f} s after its start")
    assert seconds < 3


def test_membersMeetAgainWithoutServer(makeSealed: Make, probing: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    """
    With the server gone for good, two members that know each other are stopped and killed, and started again: within
    1 s of their start one has an echo of the other.
    """
    network = makeSealed(2, change=("mac =", "lan-discovery = false\nmac ="))
    one, two = network.topology.nodes
    assert network.ping(one, [two])
    network.kill(network.topology.server)
    network.programs[one.name].stop()
    network.kill(two)
    for node in (one, two):
        network.start(node)
    for node in (one, two):
        wait(lambda node=node: _isUp(network.hosts[node.name], node.inside), 20, "the tap")  # type: ignore[misc]
    started = time.monotonic()
    probe = probing(network, one, two)
    seconds = probe.echoes()[0].returned - started
    with capsys.disabled():
        print(f"\nmembers that were started again meet {seconds:.2f} s after both are up, without a server")
    assert seconds < 1


def _isUp(host: Host, address: str) -> bool:
    return address in host.run("ip", "-brief", "address")


def test_revocationEndsALiveSession(makeSealed: Make, probing: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Within 3 s of a revocation the member gets no frame to anybody and none from anybody, though it goes on trying; the
    others are not disturbed; a restart of everybody changes nothing.
    """
    network = makeSealed(3)
    one, two, three = network.topology.nodes
    probe = probing(network, one, two, three)
    revoked = time.monotonic()
    network.revoke(two)
    seconds = probe.silentSince(revoked, two)
    with capsys.disabled():
        print(f"\na live session ends {seconds:.2f} s after the revocation")
    assert seconds < 3
    probe.goOn(target=three)
    assert not network.ping(two, [one, three])
    for site in (network.topology.server, *network.topology.nodes):
        network.kill(site)
        network.start(site)
    wait(lambda: network.ping(one, [three]), 20, "an echo between those who stay")
    assert not network.ping(two, [one, three])
    assert two.mac not in network.known(one)


def test_revocationTravelsByPeers(makeSealed: Make, probing: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A node that cannot reach the server hears of a revocation from a peer that can, and ends its session within 3 s.
    """
    network = makeSealed(3)
    one, two, three = network.topology.nodes
    probe = probing(network, three, one, two)
    for node in (two, three):
        cut(network, "server", node.name)
    revoked = time.monotonic()
    network.revoke(two)
    seconds = probe.silentSince(revoked, two)
    with capsys.disabled():
        print(f"\ntold by a peer, a live session ends {seconds:.2f} s after the revocation")
    assert seconds < 3
    probe.goOn(target=one)


def test_sessionRoams(makeSealed: Make, probing: Probe) -> None:
    """
    A node whose address on the underlay changes goes on in the same session; hardly an echo is lost.
    """
    network = makeSealed(2, change=('listen = "198.51.100.12"', 'listen = "0.0.0.0"'))
    one, two = network.topology.nodes
    probe = probing(network, two, one)
    before = network.counters(one)["sealed-sessions"]
    eth0 = ("dev", "eth0")
    network.hosts[two.name].run("ip", "address", "delete", "198.51.100.12/24", *eth0)
    network.hosts[two.name].run("ip", "address", "add", "198.51.100.77/24", *eth0)
    wait(lambda: network.counters(one)["sealed-roamed"], 10, "the new endpoint")
    probe.goOn(50)
    assert network.counters(one)["sealed-sessions"] == before
    assert probe.lost() <= 10
    assert network.known(one) == {two.mac: "198.51.100.77:22222"}


def test_underlayOfIPv6(makeSealed: Make) -> None:
    """
    Server and nodes that have nothing but IPv6 form a network, with invitations that name the server's IPv6 address.
    """
    network = makeSealed(2, prefix="fd00:51::")
    one, two = network.topology.nodes
    assert network.ping(one, [two])
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
    assert _pings(network.hosts[one.name].command(), "10.77.1.3")
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
    assert network.ping(one, [two])
