"""
Members on one link find each other, though no server answers.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from wand.lab import Host
from wand.lab.commands import wait
from wand.lab.deployment import Deployment
from wand.sealed.node.known_peers import KNOWN_PEERS

#: Joins the group on C{eth0} as any program can, and prints what it hears for some seconds.
_EAVESDROPPER = """
import socket, struct, sys, time
from wand.underlay.links import LINK_PORT
from wand.underlay.multicast import GROUP
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
heard.bind((GROUP, LINK_PORT))
index = socket.if_nametoindex("eth0")
heard.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + struct.pack("=4si", b"", index))
heard.settimeout(0.2)
print("listening", flush=True)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    try:
        print(heard.recv(4096).hex(), flush=True)
    except TimeoutError:
        pass
"""


def _withoutServer(network: Deployment) -> None:
    """
    End all programs and start the nodes again, which do not remember each other.
    """
    for site in (network.topology.server, *network.topology.nodes):
        network.kill(site)
    for node in network.topology.nodes:
        (network.lab.directory / f"{node.name}-state" / KNOWN_PEERS).unlink(missing_ok=True)
        network.start(node)


@pytest.mark.parametrize("inside", ["IPv4", "IPv6"])
def test_withoutServer(makeSealed: Callable[..., Deployment], inside: str) -> None:
    """
    Two members that start while no server answers, and do not remember each other, answer each other's pings in
    seconds, over either family; whoever listens on the link hears datagrams of one size that look like chance.
    """
    change = ("listen = ", "# listen = ") if inside == "IPv6" else ("", "")
    network = makeSealed(2, change=change)
    one, two = network.topology.nodes
    if inside == "IPv6":
        _giveIPv6(network)
    outside = network.hosts[network.topology.server.name]
    ear = outside.start("ear", sys.executable, "-c", _EAVESDROPPER, "600")
    wait(lambda: "listening" in ear.log.read_text(), 10, "the eavesdropper")
    began = time.monotonic()
    _withoutServer(network)
    network.awaitTables()
    network.awaitEcho(one, two)
    print(f"\nmembers on a link that did not know each other answer {time.monotonic() - began:.1f} s after their start")
    heard = [bytes.fromhex(each) for each in ear.log.read_text().split() if len(each) > 100]
    if inside == "IPv4":
        assert len({each[:24] for each in heard}) == len(heard) >= 2
        assert {len(each) for each in heard} == {1232}
        names = [one.name.encode(), two.name.encode()]
        assert not any(name in each for name in names for each in heard)
    else:
        assert not heard
        peer = next(each for each in network.ask(one, _peers) if each.macs == [two.mac])
        assert peer.endpoint.startswith("[fd00::")


async def _peers(client):  # type: ignore[no-untyped-def]
    return [each async for each in client.peers()]


def _giveIPv6(network: Deployment) -> None:
    """
    Give the nodes IPv6 addresses, and take IPv4 off the link.
    """
    for number, node in enumerate(network.topology.nodes, 1):
        host: Host = network.hosts[node.name]
        host.run("ip", "address", "flush", "dev", "eth0", "scope", "global")
        host.configure(f"fd00::{number}/64")


def test_off(makeSealed: Callable[..., Deployment]) -> None:
    """
    With C{lan-discovery = no} nothing is said on the link.
    """
    network = makeSealed(
        1, change=('protocol = "sealed"\ndriver', 'protocol = "sealed"\nlan-discovery = false\ndriver')
    )
    assert network.counters(network.topology.nodes[0]).get("link-sent", 0) == 0


def test_twoFamiliesOnOneHost(host: Host) -> None:
    """
    Two programs on one host hear each other's questions, and each gets the answers to its own.
    """
    script = """
import select, socket
from wand.counters import Counters
from wand.testing.context import failuresOf
from wand.underlay.multicast import MulticastLinks

class Reactor:
    def __init__(self):
        self.readers = []
    def addReader(self, reader):
        self.readers.append(reader)
    def removeReader(self, reader):
        self.readers.remove(reader)

class Receiver:
    def __init__(self, name):
        self.name = name
    def heard(self, datagram, sender):
        print(self.name, datagram.decode(), sender[0], flush=True)
        if datagram.startswith(b"question") and self.name not in datagram.decode():
            ports[self.name].answer(b"answer of " + self.name.encode(), sender)

reactor, counters = Reactor(), Counters()
links = MulticastLinks(reactor, counters, failuresOf(counters))
ports = {name: links.open(Receiver(name)) for name in ("first", "second")}
index = socket.if_nametoindex("eth0")
for source in ("10.99.0.1", "fd00::1"):
    assert all(port.join(index, source) for port in ports.values())
    assert ports["first"].ask(b"question of first", index, source)
    while select.select(reactor.readers, [], [], 0.3)[0]:
        for reader in select.select(reactor.readers, [], [], 0)[0]:
            reader.doRead()
assert not ports["first"].ask(b"question", index, "192.0.2.9")
ports["first"].leave(index, "fd00::1")
for port in ports.values():
    port.close()
    port.close()
assert not reactor.readers
print(counters["link-sent"], counters["drop-link-unsent"])
"""
    host.configure("fd00::1/64")
    said = host.run(sys.executable, "-c", script).splitlines()
    for source in ("10.99.0.1", "fd00::1"):
        assert f"second question of first {source}" in said
        assert f"first answer of second {source}" in said
    assert said[-1] == "4 1"
