"""
Tests for nodes whose port is no tap: L{wand.drivers.afpacket} and others.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from wand.lab import Host, wait
from wand.lab.commands import PYTHON, execute
from wand.lab.deployment import Deployment
from wand.lab.topology import Node

Make = Callable[..., Deployment]

#: Sends a megabyte to whoever asks, and fetches it: TCP in pieces as large as they get.
_SERVE = "import socket; s = socket.create_server(('', 7000)); c, _ = s.accept(); c.sendall(bytes(1 << 20)); c.close()"
_FETCH = """
import socket, sys
s, n = socket.create_connection((sys.argv[1], 7000)), 0
while d := s.recv(1 << 16): n += len(d)
print(n)
"""


@pytest.mark.parametrize(
    ("driver", "interface", "settings"),
    [("afpacket", "lan", "")],
    ids=["afpacket"],
)
def test_whatIsBehindAnInterface(makeSealed: Make, driver: str, interface: str, settings: str) -> None:
    """
    A host behind an interface that joined is pinged by a member and moves TCP both ways.
    """
    network = makeSealed(count=2)
    one, gate = network.topology.nodes
    behind = _behind(network, gate)
    network.invite(gate, bridge=True)
    network.kill(gate)
    file = network.files.configuration(gate)
    text = file.read_text().replace('driver = "tuntap"', f'driver = "{driver}"')
    file.write_text(text.replace('interface = "wan0"', f'interface = "{interface}"') + settings)
    network.start(gate)
    wait(lambda: _pings(behind, one.inside), 15, "an echo from behind the interface")
    assert _pings(network.hosts[one.name], "10.77.1.3")
    _moves(network.hosts[one.name], behind, "10.77.1.3")
    _moves(behind, network.hosts[one.name], one.inside)


def _behind(network: Deployment, gate: Node) -> Host:
    """
    A host on a cable to an interface C{lan} of a node.
    """
    host = network.lab.bare("behind")
    cable = ("link", "add", "lan", "netns", network.hosts[gate.name].namespace, "type", "veth", "peer", "name", "eth0")
    execute("ip", "-n", host.namespace, *cable)
    execute("ip", "-n", network.hosts[gate.name].namespace, "link", "set", "lan", "up")
    host.configure("10.77.1.3/16")
    return host


def _moves(client: Host, server: Host, address: str) -> None:
    served = server.start(f"serving-{server.name}", PYTHON[0], "-c", _SERVE)
    wait(lambda: ":7000" in server.run("ss", "-ltn"), 10, "the server")
    assert client.run(PYTHON[0], "-c", _FETCH, address).strip() == str(1 << 20)
    served.kill()


def _pings(host: Host, address: str) -> bool:
    return subprocess.run(host.command("ping", "-c", "1", "-W", "1", address), capture_output=True).returncode == 0
