"""
Tests for L{wand.candidate_sources} against a real router: C{miniupnpd} and the NAT of the kernel.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from signal import SIGTERM

import pytest

from wand.lab import Host, Lab
from wand.lab.commands import execute, wait
from wand.lab.installation import Installation

#: Addresses of the network at home and of the world outside.  C{miniupnpd} maps nothing at those that are reserved for
#: examples, so these belong to somebody; nobody outside of these namespaces sees them.
HOME, INSIDE, ROUTER, WORLD = "192.168.7.2", "192.168.7.1", "9.9.1.1", "9.9.1.2"

_RULES = """
table inet filter {
    chain forward {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        iifname "eth0" accept
        jump miniupnpd
    }
    chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
    chain postrouting {
        type nat hook postrouting priority 100;
        jump postrouting_miniupnpd
        oifname "world" masquerade
    }
    chain miniupnpd { }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
}
"""

_DAEMON = """
ext_ifname=world
listening_ip=eth0
enable_natpmp=yes
enable_upnp=yes
min_lifetime=1
max_lifetime=86400
system_uptime=yes
uuid=6ac5d032-9d3d-40ed-a0d5-222e32631c17
allow 1024-65535 192.168.7.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""

#: Seconds for which a mapping lasts that is not renewed.
LIFETIME = 2

#: Opens a source with a real context, and says what that tells; echoes what comes to the port.
_SCRIPT = """
import json, sys
from twisted.internet import epollreactor
epollreactor.install()
from twisted.internet import reactor, stdio
from twisted.internet.protocol import DatagramProtocol
from twisted.protocols.basic import LineReceiver
import attrs
from wand.candidate_sources import dialects, port_mapping, upnp
from wand.candidate_sources.pcp import PCPSource
from wand.candidate_sources.upnp import DeviceSource
from wand.ethernet import MAC
from wand.interfaces import NodeContext
from wand.programs.real_context import realContext
from wand.table import Table

how, port, lifetime = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
port_mapping.LIFETIME = upnp.LIFETIME = lifetime
port_mapping.LIFETIME_MINIMUM = 0.4
port_mapping.RENEWAL_MINIMUM = upnp.FIRST_WAIT = 0.2
if how == "NAT-PMP":  # this router speaks both, and takes the newer one
    port_mapping.PCP = lambda client, port, nonce: dialects.PCP(client, port, nonce).older()

class Echo(DatagramProtocol):
    def datagramReceived(self, datagram, sender):
        self.transport.write(datagram, sender)

reactor.listenUDP(port, Echo())
base = realContext(reactor)
table = Table(base.clock, base.events, MAC(bytes(6)))
context = NodeContext(
    **attrs.asdict(base, recurse=False), table=table, mac=MAC(bytes(6)), port=port, transport=None
)
source = (DeviceSource() if how == "UPnP" else PCPSource()).open({}, context)

def tell(candidates):
    print(json.dumps([[str(each.endpoint), each.kind, each.about] for each in candidates]), flush=True)

class End(LineReceiver):
    delimiter = b"\\n"
    def lineReceived(self, line):
        ending = source.stop()
        if ending is None:
            reactor.stop()
        else:
            ending.addCallback(lambda _: reactor.stop())

stdio.StandardIO(End())
source.start(tell)
reactor.run()
print(json.dumps({"notes": base.notes.texts, "asks": base.counters.get("mapping-asks", 0)}), flush=True)
"""

_ASK = """
import socket, sys
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(1.0)
try:
    udp.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
    print(udp.recvfrom(100)[0].decode())
except OSError:
    print("silence")
"""


class Home:
    """
    A host behind a router that maps ports, and one outside.
    """

    def __init__(self, lab: Lab) -> None:
        self.directory = lab.directory
        self.host, self.router = lab.pair("home", "router")
        self.world = Host(lab, "world")
        link = ("link", "add", "name", "world", "type", "veth", "peer", "name", "eth0", "netns", self.world.namespace)
        execute("ip", "-n", self.router.namespace, *link)
        self.host.configure(f"{HOME}/24")
        self.router.configure(f"{INSIDE}/24")
        self.world.configure(f"{WORLD}/24")
        execute("ip", "-n", self.router.namespace, "link", "set", "world", "up")
        execute("ip", "-n", self.router.namespace, "address", "add", f"{ROUTER}/24", "dev", "world")
        execute("ip", "-n", self.host.namespace, "route", "add", "default", "via", INSIDE)
        self.router.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.router.run("nft", "-f", "-", sent=_RULES)
        configuration = lab.directory / "miniupnpd.conf"
        configuration.write_text(_DAEMON)
        self.daemon = self.router.start(
            "miniupnpd", "miniupnpd", "-d", "-f", str(configuration), "-P", str(lab.directory / "miniupnpd.pid")
        )

    def reaches(self, endpoint: str) -> bool:
        """
        Does a datagram of the host outside get there, and an answer back?
        """
        return self.world.run(sys.executable, "-c", _ASK, *endpoint.split(":")).strip() == "hello"

    def mapped(self) -> str:
        """
        What the router forwards.
        """
        return self.router.run("nft", "list", "chain", "inet", "filter", "prerouting_miniupnpd")


class Source:
    """
    A source at work in a process of its own.
    """

    def __init__(self, home: Home, how: str, port: int, lifetime: int) -> None:
        command = home.host.command(sys.executable, "-c", _SCRIPT, how, str(port), str(lifetime))
        # Not a pipe: a source that says nothing would be waited for for ever.
        self._said = home.directory / f"source-{how}-{port}-{lifetime}.{time.monotonic_ns()}"
        self._seen = 0
        with self._said.open("ab") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, text=True)

    def told(self) -> list[list[str]]:
        """
        What it tells next.
        """
        said = wait(lambda: self._lines()[self._seen :], 20, "what the source tells")
        self._seen += 1
        return json.loads(said[0])

    def _lines(self) -> list[str]:
        return [line for line in self._said.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def stop(self) -> dict[str, object]:
        """
        Have it stop.

        @return: its notes, and how often it asked.
        """
        self.process.communicate("stop\n", timeout=60)
        said: dict[str, object] = json.loads(self._lines()[-1])
        return said

    def end(self) -> None:
        """
        Leave nothing of it.
        """
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def home(lab: Lab) -> Home:
    """
    Everything, running.
    """
    if shutil.which("miniupnpd") is None:
        pytest.fail("these tests need a router: apt install miniupnpd-nftables", pytrace=False)
    return Home(lab)


@pytest.fixture
def start(home: Home) -> Iterator[Callable[..., Source]]:
    """
    Starts sources.
    """
    sources: list[Source] = []

    def begin(how: str, port: int, lifetime: int) -> Source:
        sources.append(Source(home, how, port, lifetime))
        return sources[-1]

    yield begin
    for each in sources:
        each.end()


def test_mappings(home: Home, start: Callable[..., Source]) -> None:
    """
    By each protocol a mapping is got, lets strangers in, is renewed while it is needed, and is given back.
    """
    ports = {"PCP": 40001, "NAT-PMP": 40002, "UPnP": 40003}
    sources = {how: start(how, port, LIFETIME) for how, port in ports.items()}
    for how, port in ports.items():
        [told] = sources[how].told()
        assert told == [f"{ROUTER}:{port}", "mapped", f"mapped by {how} at {INSIDE}"]
        wait(lambda place=told[0]: home.reaches(place), 5, how)  # type: ignore[misc]
    got = time.monotonic()
    wait(lambda: time.monotonic() > got + 2 * LIFETIME, 10, "longer than a mapping lasts")
    for how, port in ports.items():
        wait(lambda port=port: home.reaches(f"{ROUTER}:{port}"), 5, how)  # a renewal may be late
        assert sources[how].stop()["notes"] == []
        assert not home.reaches(f"{ROUTER}:{port}"), how
    assert "dnat" not in home.mapped()


def test_crash(home: Home, start: Callable[..., Source]) -> None:
    """
    A node that was killed gets the same mapping again, while the router still has the one from before.
    """
    first = start("PCP", 40004, lifetime=600)
    [told] = first.told()
    first.process.kill()
    first.process.wait()
    assert start("PCP", 40004, lifetime=600).told() == [told]
    wait(lambda: home.reaches(told[0]), 5, "an answer")


def test_node(home: Home, lab: Lab) -> None:
    """
    A node whose configuration says nothing has some port, maps it and gives it back, and has the same after a restart,
    also if it drops its privileges.
    """
    node = Installation("node", home.host, lab.directory)
    node.state.mkdir(mode=0o700)
    shutil.chown(node.state, "nobody")
    ports = set()
    for _ in range(2):
        node.start("wand-node", "--driver=memory", twistd=("--uid=65534",))
        wait(node.answers, 20, "the node")
        port = node.status()["listening"].partition(",")[0].rpartition(":")[2]
        wait(lambda port=port: port in home.mapped(), 10, "the mapping")  # type: ignore[misc]
        ports.add(port)
        assert node.counters()["mapping-asks"] == 1
        node.daemon.signal(SIGTERM)
        assert port not in home.mapped()
    assert len(ports) == 1
    assert ports.isdisjoint({"0", "22222"})
    assert "Traceback" not in node.log
