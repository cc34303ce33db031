"""
The contract of L{wand.host.changes.HostChanges}: the kernel and the simulated host tell the same.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import host_recorder
from host_recorder import Recorder
from simulated.host import SimulatedHost

from wand.lab import Host

#: Runs where the interface is, and prints what is told.
_SCRIPT = """
import select, subprocess, sys
from pathlib import Path
from twisted.internet.task import Clock
from wand.counters import Counters
from wand.host.netlink import NetlinkChanges
from wand.testing.context import failuresOf
sys.path.insert(0, sys.argv[1])
from host_recorder import Recorder

class Descriptors:
    def addReader(self, reader):
        self.reader = reader
    def removeReader(self, reader):
        pass

def listen():
    while select.select([descriptors.reader.fileno()], [], [], 0.3)[0]:
        descriptors.reader.doRead()

descriptors, recorder = Descriptors(), Recorder("eth0")
end = NetlinkChanges(Clock(), descriptors, failuresOf(Counters())).watch(recorder)
listen()
for step in sys.argv[2:]:
    if step == "overflow":
        import socket
        descriptors.reader._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        for number in range(100):
            subprocess.run(["ip", "address", "add", f"10.98.{number}.1/32", "dev", "lo"], check=True)
    else:
        subprocess.run(["ip", *step.split()], check=True)
    listen()
end()
print(*recorder.told, sep="\\n")
"""


def told(host: Host, *steps: str) -> list[str]:
    """
    What the kernel tells of C{eth0}.
    """
    command = host.command(sys.executable, "-c", _SCRIPT, str(Path(host_recorder.__file__).parent), *steps)
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()


def test_bothTellTheSame(host: Host) -> None:
    """
    What there is, then a new address, another one that goes, an MTU, a name, a MAC address, and a deletion.
    """
    real = told(
        host,
        "link set eth0 address 02:00:00:00:00:09",
        "address add 10.97.0.1/24 dev eth0",
        "address delete 10.97.0.1/24 dev eth0",
        "link set eth0 mtu 1400",
        "link set eth0 down",
        "link set eth0 name eth9",
        "link delete eth9",
    )
    simulated, recorder = SimulatedHost(), Recorder("eth0")
    eth0 = simulated.addLink("eth0", bytes.fromhex(real[0].split()[2]))
    simulated.addAddress(eth0, "10.99.0.1")
    simulated.watch(recorder)
    simulated.change(eth0, mac=b"\2\0\0\0\0\x09")
    simulated.addAddress(eth0, "10.97.0.1")
    simulated.changeRoute(eth0)
    simulated.removeAddress(eth0, "10.97.0.1")
    simulated.changeRoute(eth0)
    for change in ({"mtu": 1400}, {"isUp": False}, {"name": "eth9"}):
        simulated.change(eth0, **change)
    simulated.deleteLink(eth0)
    for words in (real, recorder.told):  # the kernel decides when it tells routes, and what goes with a link
        words[:] = [each for each in words if each not in ("route", "address gone 10.99.0.1")]
    assert real == recorder.told
    assert real[0].startswith("link eth0")


def test_overflowIsLostAndToldAnew(host: Host) -> None:
    """
    Where more happens than the socket's queue holds, that is told, and later everything again.
    """
    assert "lost" in told(host, "overflow")
