"""
Two nodes and a server form an Ethernet: everything that a host does on one works.
"""

from __future__ import annotations

import sys

from wand.lab import wait
from wand.lab.deployment import Deployment

_CONNECT6 = """
import socket
with socket.create_connection(("fd00::2", 5006), 20) as connection:
    print(connection.recv(99).decode())
"""

_LISTEN6 = """
import socket
with socket.create_server(("fd00::2", 5006), family=socket.AF_INET6) as server:
    print("ready", flush=True)
    server.accept()[0].sendall(b"hello over IPv6")
"""


def test_hostsPingEachOther(formed: Deployment) -> None:
    """
    Each host gets an answer from the other.
    """
    one, two = formed.topology.nodes
    formed.awaitEcho(one, two)
    formed.awaitEcho(two, one)


def test_transferArrivesAsItWasSent(formed: Deployment) -> None:
    """
    What goes through a TCP connection arrives whole and in order.
    """
    one, two = formed.topology.nodes
    *_, last = formed.transfer(one, two, 0.5)
    assert last.intact
    assert last.octets > 100_000


def test_offloadsAreShown(formed: Deployment) -> None:
    """
    The status names what was agreed with the kernel, though the datagrams of REL2 are ordinary frames.
    """
    tap = formed.status(formed.topology.nodes[0]).tap
    assert tap is not None
    assert tap.features == ["tap: CSUM TSO4 TSO6 ECN USO", "udp: GSO GRO"]


def test_addressesAreResolvedByBroadcast(formed: Deployment) -> None:
    """
    ARP, which is a broadcast, finds the other host's MAC address.
    """
    one, two = formed.topology.nodes
    host = formed.hosts[one.name]
    host.run("ip", "neighbour", "flush", "dev", "wan0")
    formed.awaitEcho(one, two)
    assert f"{two.inside} lladdr {two.mac}" in host.run("ip", "neighbour", "show", "dev", "wan0")


def test_ipv6FindsItsNeighbours(formed: Deployment) -> None:
    """
    Neighbour discovery, which is multicast, works, and TCP over IPv6 with it.
    """
    one, two = formed.topology.nodes
    for number, node in enumerate((one, two), 1):
        formed.hosts[node.name].run("ip", "address", "add", f"fd00::{number}/64", "dev", "wan0", "nodad")
    listener = formed.hosts[two.name].start("listen6", sys.executable, "-c", _LISTEN6)
    wait(listener.tail, 10, "the listener")
    assert "hello over IPv6" in formed.hosts[one.name].run(sys.executable, "-c", _CONNECT6)
    assert f"fd00::2 lladdr {two.mac}" in formed.hosts[one.name].run("ip", "-6", "neighbour", "show", "dev", "wan0")
