"""
Tests for nodes whose port is no tap: L{wand.drivers.afpacket}, L{wand.drivers.macvtap}, L{wand.drivers.vde}.
"""

from __future__ import annotations

import os
import shutil
import signal
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


def test_whatIsBehindInterfaces(makeSealed: Make) -> None:
    """
    Hosts behind an interface that joined, and behind one that was handed over, are reached by members and reach them
    and each other, and move TCP.  When the interface is deleted the node ends, and says so.
    """
    network = makeSealed(count=3)
    one, joined, handed = network.topology.nodes
    behindJoined, behindHanded = _behind(network, joined, "10.77.1.2"), _behind(network, handed, "10.77.1.3")
    _restart(network, joined, ('driver = "tuntap"', 'driver = "afpacket"'), ('"wan0"', '"lan"'))
    settings = 'driver = "macvtap"\ndriver-settings = { lower = "lan" }'
    _restart(network, handed, ('driver = "tuntap"', settings))
    member = network.hosts[one.name]
    wait(lambda: _pings(behindJoined, one.inside), 15, "an echo from behind the interface that joined")
    wait(lambda: _pings(behindHanded, one.inside), 15, "an echo from behind the interface that was handed over")
    assert _pings(behindJoined, "10.77.1.3")
    assert _pings(member, "10.77.1.2")
    _moves(member, behindJoined, "10.77.1.2")
    _moves(behindJoined, behindHanded, "10.77.1.3")
    _moves(behindHanded, member, one.inside)
    for gate, interface in ((joined, "lan"), (handed, "wan0")):
        network.hosts[gate.name].run("ip", "link", "delete", interface)
        wait(lambda gate=gate: not network.programs[gate.name].isRunning, 10, "the end of the node")
        assert "its interface was deleted" in network.programs[gate.name].log.read_text()


def test_whatIsOnASwitch(makeNetwork: Make) -> None:
    """
    A host on a switch of VDE is reached; when the switch ends the node says so.
    """
    if shutil.which("vde_switch") is None:
        pytest.fail("this test needs a switch: apt install vde2", pytrace=False)
    network = makeNetwork(count=2, protocol="rel2")
    one, two = network.topology.nodes
    host, directory = network.hosts[two.name], str(network.lab.directory / "switch")
    pid = network.lab.directory / "switch.pid"
    host.run("vde_switch", "-d", "-p", str(pid), "-s", directory, "-t", "behind")
    wait(lambda: "behind" in host.run("ip", "link"), 10, "the switch")
    host.run("ip", "link", "set", "behind", "address", two.mac, "up")
    host.run("ip", "address", "add", f"{two.inside}/16", "dev", "behind")
    settings = f'driver = "vde"\ndriver-settings = {{ switch = "{directory}" }}'
    _change(network, two, ('driver = "tuntap"', settings), ("addresses =", "# addresses ="))
    network.startAll()
    network.awaitTables()
    wait(lambda: _pings(network.hosts[one.name], two.inside), 10, "an echo from the switch")
    _moves(network.hosts[one.name], host, two.inside)
    os.kill(int(pid.read_text()), signal.SIGTERM)
    wait(lambda: not network.programs[two.name].isRunning, 10, "the end of the node")
    assert "the switch closed the port" in network.programs[two.name].log.read_text()


def _restart(network: Deployment, gate: Node, *changes: tuple[str, str]) -> None:
    """
    Give a node the bridge right and another port.
    """
    network.invite(gate, bridge=True)
    network.kill(gate)
    _change(network, gate, *changes)
    network.start(gate)


def _change(network: Deployment, node: Node, *changes: tuple[str, str]) -> None:
    """
    Replace parts of a configuration.
    """
    file = network.files.configuration(node)
    text = file.read_text()
    for change in changes:
        assert change[0] in text
        text = text.replace(*change)
    file.write_text(text)


def _behind(network: Deployment, gate: Node, address: str) -> Host:
    """
    A host on a cable to an interface C{lan} of a node.
    """
    host = network.lab.bare(f"behind-{gate.name}")
    cable = ("link", "add", "lan", "netns", network.hosts[gate.name].namespace, "type", "veth", "peer", "name", "eth0")
    execute("ip", "-n", host.namespace, *cable)
    execute("ip", "-n", network.hosts[gate.name].namespace, "link", "set", "lan", "up")
    host.configure(f"{address}/16")
    return host


def _moves(client: Host, server: Host, address: str) -> None:
    served = server.start(f"serving-{server.name}", PYTHON[0], "-c", _SERVE)
    wait(lambda: ":7000" in server.run("ss", "-ltn"), 10, "the server")
    assert client.run(PYTHON[0], "-c", _FETCH, address).strip() == str(1 << 20)
    served.kill()


def _pings(host: Host, address: str) -> bool:
    return subprocess.run(host.command("ping", "-c", "1", "-W", "1", address), capture_output=True).returncode == 0
