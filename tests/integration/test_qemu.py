"""
Tests for L{wand.drivers.qemu} with a real virtual machine, which an unprivileged user starts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from grp import getgrgid

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

#: What the machine does with one network card after the other: it pings a node, fetches a file of it by TCP, and tells
#: of both.  The last card stays up.
SCRIPT = """\
for card in eth0 eth1; do
    ip address flush dev eth0
    eval address=\\$GUEST_$card
    ip link set $card up && ip address add $address/24 dev $card
    for attempt in $(seq 40); do ping -c 1 -W 1 $GUEST_TARGET >/dev/null && echo PINGED $card && break; done
    for attempt in $(seq 20); do wget -q -O /$card http://$GUEST_TARGET:8000/file && break; sleep 1; done
    sha256sum /$card
done
echo READY
exec sleep 1000
"""

CONSOLE = "console=ttyS0 quiet panic=-1 mitigations=off"


@attrs.frozen
class Machinery:
    """
    A network of two nodes that a virtual machine is plugged into, and one with a tap, which has a file for it.
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

    def boot(self, *netdevs: str) -> Daemon:
        """
        Start a machine with a network card for each of the first nodes.
        """
        nodes = self.network.topology.nodes[: len(netdevs)]
        variables = [f"GUEST_eth{number}={node.inside}" for number, node in enumerate(nodes)]
        variables.append(f"GUEST_TARGET={self.target.inside}")
        directory = self.network.lab.directory
        words = ["qemu-system-x86_64", "-accel", "tcg", "-m", "128", "-display", "none", "-nodefaults", "-no-reboot"]
        words += ["-serial", "stdio", "-kernel", str(directory / "vmlinuz"), "-initrd", str(directory / "initrd")]
        words += ["-append", " ".join((CONSOLE, *variables))]
        for number, (node, netdev) in enumerate(zip(nodes, netdevs, strict=True)):
            kind, _, places = netdev.partition(",")
            words += ["-netdev", f"{kind},id=card{number},{places}"]
            words += ["-device", f"virtio-net-pci,netdev=card{number},romfile=,mac={node.mac}"]
        return self.network.hosts[nodes[0].name].start("machine", *NOBODY, *words)


@pytest.fixture(scope="module")
def machinery(lab: Lab, loop: Loop) -> Iterator[Machinery]:
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
    yield Machinery(Deployment(lab, topology(count=3, protocol="rel2"), loop), os.urandom(500_000))


def _serve(machinery: Machinery) -> None:
    """
    Have a file where the machine fetches it.
    """
    folder = machinery.network.lab.directory / "served"
    folder.mkdir()
    (folder / "file").write_bytes(machinery.content)
    host = machinery.network.hosts[machinery.target.name]
    host.start("files", *PYTHON, "http.server", "--bind", machinery.target.inside, "--directory", str(folder), "8000")


def test_machineIsOnTheNetwork(machinery: Machinery) -> None:
    """
    A machine that nobody started, behind a stream and behind datagrams: on either way it pings a node and has a file
    of it by TCP, it is pinged, and when it is switched off the nodes go on.
    """
    network, sockets = machinery.network, machinery.network.lab.directory / "sockets"
    one, two, target = network.topology.nodes
    group = getgrgid(65534).gr_name
    machinery.plug(one, local=str(sockets / "one"), group=group)
    machinery.plug(two, netdev="dgram", local=str(sockets / "two"), remote=str(sockets / "machine"), group=group)
    for node in (one, two):
        network.start(node, "--uid=65534", "--gid=65534")
    network.start(network.topology.server)
    network.start(target)
    for control in map(network.files.control, (one, two)):
        wait(control.exists, 30, "the nodes")
    machine = machinery.boot(
        f"stream,server=off,addr.type=unix,addr.path={sockets}/one",
        f"dgram,local.type=unix,local.path={sockets}/machine,remote.type=unix,remote.path={sockets}/two",
    )
    network.awaitTables()
    _serve(machinery)
    wait(lambda: "READY" in machine.log.read_text() or not machine.isRunning, PATIENCE, "the machine")
    said = machine.log.read_text()
    digest = hashlib.sha256(machinery.content).hexdigest()
    for card in ("eth0", "eth1"):
        assert f"PINGED {card}" in said, machine.tail()
        assert f"{digest}  /{card}" in said, machine.tail()
    network.awaitEcho(target, two)
    machine.kill()
    wait(lambda: "the machine has left wan0" in network.programs[one.name].log.read_text(), 10, "the end")
    assert network.status(one) is not None
    assert network.status(two) is not None
