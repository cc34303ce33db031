"""
Tests for L{wand.drivers.qemu} with real virtual machines, which an unprivileged user starts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence

import attrs
import guest
import pytest

from wand.lab import Lab, wait
from wand.lab.commands import PYTHON, Daemon
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Node, topology

#: Whoever this is, it is nobody.
NOBODY = ("setpriv", "--pdeathsig=KILL", "--reuid=65534", "--regid=65534", "--clear-groups")

#: Seconds for a machine that is emulated, on a busy computer.
PATIENCE = 60.0

#: What the machine does: it pings a node, fetches a file of it by TCP, tells of both, and stays.
SCRIPT = """\
ip link set eth0 up && ip address add $GUEST_ADDRESS/24 dev eth0
for attempt in 1 2 3 4 5 6 7 8 9 10; do ping -c 1 -W 1 $GUEST_TARGET >/dev/null && echo PINGED && break; done
for attempt in 1 2 3 4 5 6 7 8 9 10; do wget -q -O /file http://$GUEST_TARGET:8000/file && break; sleep 1; done
sha256sum /file
echo READY
exec sleep 1000
"""

CONSOLE = "console=ttyS0 quiet panic=-1 mitigations=off"


@attrs.frozen
class Machine:
    """
    A virtual machine that is plugged into a node.
    """

    node: Node
    process: Daemon

    def said(self, word: str) -> bool:
        return word in self.process.log.read_text(errors="replace")


@attrs.frozen
class Machines:
    """
    A network of two nodes with a virtual machine each, and one with a tap, which has a file for them.
    """

    network: Deployment
    content: bytes

    @property
    def target(self) -> Node:
        return self.network.topology.nodes[2]

    def plug(self, node: Node, **settings: str) -> None:
        """
        Let a node be for a machine.
        """
        file = self.network.files.configuration(node)
        text = file.read_text().replace('driver = "tuntap"', 'driver = "qemu"').replace("addresses =", "# addresses =")
        lines = "".join(f'{key} = "{value}"\n' for key, value in settings.items())
        file.write_text(f"{text}\n[driver-settings]\n{lines}")

    def boot(self, node: Node, *netdev: str) -> Machine:
        """
        Start the machine of a node.
        """
        variables = f"GUEST_ADDRESS={node.inside} GUEST_TARGET={self.target.inside}"
        directory = self.network.lab.directory
        words = ["qemu-system-x86_64", "-accel", "tcg", "-m", "128", "-display", "none", "-nodefaults", "-no-reboot"]
        words += ["-serial", "stdio", "-kernel", str(directory / "vmlinuz"), "-initrd", str(directory / "initrd")]
        words += ["-append", f"{CONSOLE} {variables}", "-netdev", ",".join(netdev)]
        words += ["-device", f"virtio-net-pci,netdev=card,romfile=,mac={node.mac}"]
        host = self.network.hosts[node.name]
        return Machine(node, host.start(f"machine-{node.name}", *NOBODY, *words))


@pytest.fixture(scope="module")
def machines(lab: Lab, loop: Loop) -> Iterator[Machines]:
    """
    The network, with nothing started.
    """
    problem = guest.missing()
    if shutil.which("qemu-system-x86_64") is None:
        problem = "there is no QEMU: apt install qemu-system-x86"
    if problem is not None:
        pytest.fail(f"these tests need a virtual machine: {problem}", pytrace=False)
    lab.directory.chmod(0o755)
    sockets = lab.directory / "sockets"
    sockets.mkdir()
    os.chown(sockets, 65534, 65534)
    guest.writeGuest(lab.directory, SCRIPT)
    yield Machines(Deployment(lab, topology(count=3, protocol="rel2"), loop), os.urandom(500_000))


def _serve(machines: Machines) -> None:
    """
    Have a file where machines fetch it.
    """
    folder = machines.network.lab.directory / "served"
    folder.mkdir()
    (folder / "file").write_bytes(machines.content)
    host = machines.network.hosts[machines.target.name]
    host.start("files", *PYTHON, "http.server", "--bind", machines.target.inside, "--directory", str(folder), "8000")


def test_machinesAreOnTheNetwork(machines: Machines) -> None:
    """
    One machine behind a stream at a path and one behind datagrams of UDP, both started by nobody: each pings a node and
    has a file of it by TCP, is pinged, and when one is switched off its node goes on.
    """
    network, sockets = machines.network, machines.network.lab.directory / "sockets"
    one, two, target = network.topology.nodes
    machines.plug(one, local=str(sockets / "one"))
    machines.plug(two, netdev="dgram", local="127.0.0.1:5001", remote="127.0.0.1:5002")
    for node in (one, two):
        network.start(node, "--uid=65534", "--gid=65534")
    wait((sockets / "one").exists, 30, "the socket for a machine")
    (sockets / "one").chmod(0o666)
    stream = f"stream,id=card,server=off,addr.type=unix,addr.path={sockets}/one"
    datagrams = "dgram,id=card,local.type=inet,local.host=127.0.0.1,local.port=5002"
    booted = [
        machines.boot(one, stream),
        machines.boot(two, datagrams, "remote.type=inet,remote.host=127.0.0.1,remote.port=5001"),
    ]
    network.start(network.topology.server)
    network.start(target)
    network.awaitTables()
    _serve(machines)
    _check(machines, booted)
    booted[0].process.kill()
    wait(lambda: "the machine has left wan0" in network.programs[one.name].log.read_text(), 10, "the end")
    assert network.status(one) is not None


def _check(machines: Machines, booted: Sequence[Machine]) -> None:
    for machine in booted:
        wait(lambda machine=machine: machine.said("READY") or not machine.process.isRunning, PATIENCE, "a machine")
        assert machine.said("PINGED"), machine.process.tail()
        assert machine.said(hashlib.sha256(machines.content).hexdigest()), machine.process.tail()
    nodes = [machine.node for machine in booted]
    assert {echo.target for echo in machines.network.ping(machines.target, nodes)} == set(nodes)
