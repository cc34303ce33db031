"""
Tests for nodes whose port is no tap: L{wand.drivers.afpacket}, L{wand.drivers.macvtap}, L{wand.drivers.vde}; and for
each driver with each other.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from functools import partial

import pytest

from wand.lab import Host, wait
from wand.lab.commands import PYTHON, execute
from wand.lab.deployment import Deployment
from wand.lab.topology import Node

Make = Callable[..., Deployment]

#: Drivers that are tried with each other.
DRIVERS = ("tuntap", "vxlan", "afpacket", "macvtap", "vde", "qemu")

#: Plays a virtual machine: a tap, whose frames go through a socket as those of C{-netdev stream} do, each behind its
#: length (net/stream.c of QEMU).
_MACHINE = """
import fcntl, os, socket, struct, sys, threading, time
node = socket.socket(socket.AF_UNIX)
while node.connect_ex(sys.argv[1]): time.sleep(0.05)  # a socket is there before somebody listens
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454CA, struct.pack("16sH14x", b"inside", 0x1002))
def leave():
    while frame := os.read(tap, 1 << 16): node.sendall(len(frame).to_bytes(4, "big") + frame)
threading.Thread(target=leave, daemon=True).start()
stream = node.makefile("rb")
while head := stream.read(4): os.write(tap, stream.read(int.from_bytes(head, "big")))
"""

#: Sends a megabyte to whoever asks, and fetches it: TCP in pieces as large as they get.
_SERVE = "import socket; s = socket.create_server(('', 7000)); c, _ = s.accept(); c.sendall(bytes(1 << 20)); c.close()"
_FETCH = """
import socket, sys
s, n = socket.create_connection((sys.argv[1], 7000), 10), 0
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
    wait(lambda: _pings(behindJoined, "10.77.1.3"), 15, "an echo from one to the other")
    wait(lambda: _pings(member, "10.77.1.2"), 15, "an echo of what is behind the interface that joined")
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
    _needSwitches()
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


def test_everyPair(makeSealed: Make) -> None:
    """
    Hosts behind a tap, a device of VXLAN, an interface that joined, one that was handed over, a switch and a virtual
    machine ping each other and move TCP, in both directions.
    """
    _needSwitches()
    network = makeSealed(count=len(DRIVERS))
    hosts = {
        driver: _given(network, node, driver) for driver, node in zip(DRIVERS, network.topology.nodes, strict=True)
    }
    for one, (client, _) in hosts.items():
        for other, (server, address) in hosts.items():
            if one != other:
                wait(partial(_pings, client, address), 20, f"an echo from {one} to {other}")
                _moves(client, server, address)


def _given(network: Deployment, node: Node, driver: str) -> tuple[Host, str]:
    """
    Give a node a port of a kind.

    @return: the host there, and its address.
    """
    host, address, plug = network.hosts[node.name], node.inside, network.lab.directory / f"{driver}.sock"
    settings = {
        "vxlan": "trusted = true, id = 77",
        "macvtap": 'lower = "lan"',
        "vde": f'switch = "{plug}"',
        "qemu": f'local = "{plug}"',
    }
    changes = [
        ('driver = "tuntap"', f'driver = "{driver}"\nmtu = 1450\ndriver-settings = {{ {settings.get(driver, "")} }}')
    ]
    if driver == "afpacket":
        changes.append(('"wan0"', '"lan"'))
    if driver in ("afpacket", "macvtap"):
        address = f"10.77.1.{DRIVERS.index(driver)}"
        host = _behind(network, node, address)
        host.run("ip", "link", "set", "eth0", "mtu", "1450")
        network.hosts[node.name].run("ip", "link", "set", "lan", "mtu", "1450")
    if driver == "vde":
        host.run("vde_switch", "-d", "-p", f"{plug}.pid", "-s", str(plug), "-t", "inside")
    _restart(network, node, *changes)
    if driver == "qemu":
        wait(plug.exists, 30, "the socket")
        host.start("machine", PYTHON[0], "-c", _MACHINE, str(plug))
    if driver in ("vde", "qemu"):
        wait(lambda: "inside" in host.run("ip", "link"), 10, "its interface")
        host.run("ip", "link", "set", "inside", "address", node.mac, "mtu", "1450", "up")
        host.run("ip", "address", "add", f"{node.inside}/16", "dev", "inside")
    return host, address


def _needSwitches() -> None:
    if shutil.which("vde_switch") is None:
        pytest.fail("this test needs a switch: apt install vde2", pytrace=False)


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
