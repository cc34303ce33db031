"""
Sealed networks of real processes while programs die, addresses change, and members are revoked.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from probing import Probing

from wand.control.client import ControlClient
from wand.lab import Host, execute, wait
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
    A node that is killed and started again has its MAC address back, and answers, within 3 s of its tap being up; also
    if it says nothing before it is asked.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    probe = probing(network, one, two)
    network.kill(two)
    probe.silentSince(time.monotonic())
    if silent:  # without IPv6 the kernel sends nothing when the tap comes up
        network.hosts[two.name].run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
    network.start(two)
    wait(lambda: _isUp(network.hosts[two.name], two.inside), 20, "the tap")
    seconds = probe.backSince(time.monotonic())
    with capsys.disabled():
        print(f"\na killed node answers again {seconds:.2f} s after its tap is up")
    assert seconds < 3


def test_membersMeetAgainWithoutServer(makeSealed: Make, probing: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    """
    With the server gone for good, two members that know each other are stopped and killed, and started again: within
    1 s of their start one has an echo of the other.
    """
    network = makeSealed(2, change=("mac =", "lan-discovery = false\nmac ="))
    one, two = network.topology.nodes
    network.awaitEcho(one, two)
    network.kill(network.topology.server)
    network.programs[one.name].stop()
    network.kill(two)
    for node in (one, two):
        network.start(node)
    for node in (one, two):
        wait(lambda node=node: _isUp(network.hosts[node.name], node.inside), 20, "the tap")  # type: ignore[misc]
    started = time.monotonic()
    probe = probing(network, one, two)
    first = probe.echoes()[0]
    seconds = first.returned - max(started, first.began)  # what asks has to start, too
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
