"""
The Internet of a lab and its routers are what they are called, as small programs with sockets see them: nothing of ours
runs here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from wand.lab import CommandFailed, Daemon, Host, Lab, wait
from wand.lab.internet import BOTH, IPV4, Internet
from wand.lab.router_rules import BLOCKED, CONE, FULL, RESTRICTED, SYMMETRIC
from wand.lab.routers import Router, guard

#: Answers each datagram with where it came from, on two UDP ports.
_MIRROR = """
import select, socket
ports = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for number, port in enumerate(ports):
    port.bind(("0.0.0.0", 3478 + number))
print("ready", flush=True)
while True:
    for port in select.select(ports, [], [])[0]:
        data, sender = port.recvfrom(65535)
        port.sendto(f"{sender[0]} {sender[1]}".encode(), sender)
"""

#: Sends a datagram to each of some places, from one port, and shows what each answered.
_ASK = """
import json, socket, sys
port, size, patience, *places = json.loads(sys.argv[1])
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.setsockopt(socket.IPPROTO_IP, 10, 3)  # IP_MTU_DISCOVER, IP_PMTUDISC_PROBE: whole, whatever the path carries
asking.bind(("0.0.0.0", port))
asking.settimeout(patience)
seen = []
for place in places:
    asking.sendto(bytes(size), tuple(place))
    try:
        host, number = asking.recv(99).decode().split()
        seen.append([host, int(number)])
    except TimeoutError:
        seen.append(None)
print(json.dumps(seen))
"""

#: Says who sends to a port; what it reads from a file are places to send to.
_HEAR = """
import json, os, socket, sys
port, orders = json.loads(sys.argv[1])
hearing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
hearing.bind(("0.0.0.0", port))
hearing.settimeout(0.02)
print(json.dumps([]), flush=True)
heard, done = [], 0
while True:
    lines = open(orders).read().splitlines() if os.path.exists(orders) else []
    for line in lines[done:]:
        hearing.sendto(b"?", tuple(json.loads(line)))
    done = len(lines)
    try:
        data, sender = hearing.recvfrom(99)
        heard.append([data.decode(), *sender])
        print(json.dumps(heard), flush=True)
    except TimeoutError:
        pass
"""

_SAY = """
import json, socket, sys
text, port, place = json.loads(sys.argv[1])
saying = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
saying.bind(("0.0.0.0", port))
saying.sendto(text.encode(), tuple(place))
"""

#: Says what is sent to a group.
_JOIN = """
import socket
member = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
member.bind(("239.1.2.3", 7000))
member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + bytes(4))
print("ready", flush=True)
while True:
    print(member.recv(99).decode(), flush=True)
"""

_LISTEN = """
import socket, sys, time
server = socket.create_server(("", int(sys.argv[1])))
print("ready", flush=True)
time.sleep(1000)
"""

_LISTEN6 = _LISTEN.replace('(("", int(sys.argv[1])))', '(("::", int(sys.argv[1])), family=socket.AF_INET6)')

_CONNECT = """
import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))
"""


#: Seconds after which an answer does not come any more.
SILENCE = 0.3


class Ground:
    """
    An Internet with two servers, each of which says from two ports where somebody is.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.internet = Internet(lab)
        self.servers = [self.public(f"server-{number}") for number in (1, 2)]
        for server in self.servers:
            mirror = server.start(f"mirror-{server.name}", sys.executable, "-c", _MIRROR)
            wait(mirror.tail, 10, "a mirror")
        self.mirrors = [[self.address(server), port] for server in self.servers for port in (3478, 3479)]

    def public(self, name: str) -> Host:
        """
        Add a public host.
        """
        host = self.lab.bare(name)
        self.internet.connect(host, BOTH)
        return host

    def router(self, name: str, kind: str, *, hairpin: bool = False, versions: Sequence[str] = (IPV4,)) -> Router:
        """
        Add a router.
        """
        router = Router(self.lab, name, self.internet, kind, hairpin=hairpin)
        router.onInternet(versions)
        return router

    def inside(self, router: Router, name: str) -> Host:
        """
        Add a host behind a router.
        """
        host = self.lab.bare(name)
        router.plug(host)
        return host

    def address(self, host: Host) -> str:
        """
        The public address of a host.
        """
        return self.internet.sites[host.name].addresses[0]

    def ask(
        self, host: Host, port: int = 5000, size: int = 1, places: list[Any] | None = None, patience: float = 10.0
    ) -> list[Any]:
        """
        Where the servers see a host's port.

        @param patience: seconds for each answer.
        """
        words = json.dumps([port, size, patience, *(places or self.mirrors)])
        seen: list[Any] = json.loads(host.run(sys.executable, "-c", _ASK, words))
        return seen

    def say(self, host: Host, text: str, place: list[Any], port: int = 6000) -> None:
        """
        Send a datagram.
        """
        host.run(sys.executable, "-c", _SAY, json.dumps([text, port, place]))


class Ear:
    """
    Somebody who listens on a port, and sends from it when told to.
    """

    def __init__(self, host: Host, port: int) -> None:
        name = f"ear-{host.name}"
        self._daemon: Daemon = host.start(name, sys.executable, "-c", _HEAR, json.dumps([port, f"{name}.orders"]))
        wait(self._daemon.tail, 10, "an ear")
        self._orders = self._daemon.log.with_name(f"{name}.orders")

    def send(self, place: list[Any]) -> None:
        """
        Send to a place.
        """
        with self._orders.open("a") as orders:
            orders.write(json.dumps(place) + "\n")

    def heard(self) -> list[Any]:
        """
        What came, and from where.
        """
        found: list[Any] = self._daemon.lastDocument()
        return found

    def mapped(self, mirror: list[Any]) -> list[Any]:
        """
        Where a mirror sees it.
        """
        before = len(self.heard())
        self.send(mirror)
        wait(lambda: len(self.heard()) > before, 5, "the mirror")
        host, port = self.heard()[-1][0].split()
        return [host, int(port)]

    def hears(self, text: str) -> bool:
        """
        Did it hear this?
        """
        return any(each[0] == text for each in self.heard())


@pytest.fixture(scope="module")
def ground(lab: Lab) -> Ground:
    """
    The Internet.
    """
    return Ground(lab)


def test_sitesReachEachOtherOverBothVersions(ground: Ground) -> None:
    """
    Public hosts reach each other over IPv4 and IPv6.
    """
    one, two = ground.servers
    for address in ground.internet.sites[two.name].addresses:
        one.run("ping", "-c1", "-w20", address)


def test_multicastStaysOnItsLink(ground: Ground) -> None:
    """
    What a host sends to a group is heard in its LAN, and nowhere else: no site is on a link with another.
    """
    router = ground.router("multicast", CONE)
    inside = [ground.inside(router, f"group-{number}") for number in (1, 2)]
    ears = [host.start(f"member-{host.name}", sys.executable, "-c", _JOIN) for host in (ground.servers[1], inside[1])]
    for ear in ears:
        wait(ear.tail, 10, "a member of the group")
    for speaker in (ground.servers[0], inside[0]):
        ground.say(speaker, speaker.name, ["239.1.2.3", 7000])
    wait(lambda: ears[1].tail().splitlines()[1:], 5, "the group")
    assert [ear.tail().splitlines()[1:] for ear in ears] == [[], ["group-1"]]


def test_coneNATKeepsOneMappingForEverybody(ground: Ground) -> None:
    """
    All four places see one port behind a cone NAT: that which the host has.
    """
    router = ground.router("cone", CONE)
    seen = ground.ask(ground.inside(router, "cone-in"))
    assert seen == [[ground.address(router.host), 5000]] * 4


def test_symmetricNATHasAMappingForEachPlace(ground: Ground) -> None:
    """
    All four places see another port behind a symmetric NAT, and none the host's.
    """
    router = ground.router("symmetric", SYMMETRIC)
    seen = ground.ask(ground.inside(router, "symmetric-in"))
    assert {host for host, _ in seen} == {ground.address(router.host)}
    assert len({port for _, port in seen} | {5000}) == 5


def test_secondHostWithAPortGetsAnother(ground: Ground) -> None:
    """
    Of two hosts behind a cone NAT that use one port, the second is seen at another by those who know the first.
    """
    router = ground.router("shared", CONE)
    first, second = ground.inside(router, "shared-1"), ground.inside(router, "shared-2")
    place = ground.mirrors[:1]
    assert ground.ask(first, places=place) == [[ground.address(router.host), 5000]]
    [[host, port]] = ground.ask(second, places=place)
    assert host == ground.address(router.host)
    assert port != 5000


@pytest.mark.parametrize("kind", ["cone-f", "symmetric-f", "guard-f", "carrier-f"])
def test_filteringIsByAddressAndPort(ground: Ground, kind: str) -> None:
    """
    Only from where a host sent to does anything come in; and a datagram that came too early does no harm.
    """
    host = _behind(ground, kind)
    ear = Ear(host, 5000)
    mapped = ear.mapped(ground.mirrors[0])
    ground.say(ground.servers[1], "unasked", mapped)
    ground.say(ground.servers[0], "other port", mapped)
    if kind != "symmetric-f":  # there, nobody can know which port this opens
        wait(lambda: _arrives(ground, ear, mapped), 5, "what was asked for")
    assert not ear.hears("unasked")
    assert not ear.hears("other port")


def _arrives(ground: Ground, ear: Ear, mapped: list[Any]) -> bool:
    ear.send([ground.address(ground.servers[1]), 6000])
    ground.say(ground.servers[1], "asked", mapped)
    return ear.hears("asked")


def _behind(ground: Ground, kind: str) -> Host:
    if kind == "guard-f":
        host = ground.public(kind)
        guard(host)
        return host
    if kind == "carrier-f":
        carrier = Router(ground.lab, "isp", ground.internet)
        carrier.asCarrier()
        home = Router(ground.lab, "isp-home", ground.internet)
        home.behind(carrier)
        return ground.inside(home, kind)
    return ground.inside(ground.router(f"{kind}-nat", kind.partition("-")[0]), kind)


def test_carrierIsWhatTheWorldSees(ground: Ground) -> None:
    """
    Behind two NATs, the outer one's address is seen, and one port by everybody.
    """
    carrier, home = (Router(ground.lab, name, ground.internet) for name in ("cgn", "cgn-home"))
    carrier.asCarrier()
    home.behind(carrier)
    seen = ground.ask(ground.inside(home, "cgn-in"))
    assert seen == [[ground.address(carrier.host), 5000]] * 4
    with pytest.raises(KeyError):
        ground.address(home.host)


@pytest.mark.parametrize("hairpin", [False, True])
def test_hairpinOnlyWhereItIsAskedFor(ground: Ground, hairpin: bool) -> None:
    """
    A host reaches its neighbour at the outer address of both if the router has a hairpin, and else does not.
    """
    name = "pin" if hairpin else "nopin"
    router = ground.router(name, CONE, hairpin=hairpin)
    one, two = ground.inside(router, f"{name}-1"), ground.inside(router, f"{name}-2")
    ear = Ear(one, 5000)
    mapped = ear.mapped(ground.mirrors[0])
    ground.say(two, "neighbour", mapped, port=5001)
    ground.say(two, "direct", ["192.168.1.10", 5000], port=5002)
    wait(lambda: ear.hears("direct"), 5, "the LAN")
    if hairpin:
        wait(lambda: ear.hears("neighbour"), 5, "the neighbour")
    assert ear.hears("neighbour") is hairpin


def test_hairpinShowsThePlaceOutside(ground: Ground) -> None:
    """
    Between two homes of a carrier that have one port, each sees the other at its place outside (RFC 4787, REQ-9): so
    the NATs of the homes let in what their hosts asked for.
    """
    carrier = Router(ground.lab, "pin-isp", ground.internet, hairpin=True)
    carrier.asCarrier()
    ears, places = [], []
    for number in (1, 2):
        home = Router(ground.lab, f"pin-home-{number}", ground.internet)
        home.behind(carrier)
        ears.append(Ear(ground.inside(home, f"pin-in-{number}"), 5000))
        places.append(ears[-1].mapped(ground.mirrors[0]))
    assert places[0][0] == places[1][0]
    assert places[0][1] != places[1][1]

    def reached() -> bool:
        for ear, place in zip(ears, reversed(places), strict=True):
            ear.send(place)
        return all(ear.heard()[-1][1:] == place for ear, place in zip(ears, reversed(places), strict=True))

    wait(reached, 5, "each other")


@pytest.mark.parametrize("kind", [RESTRICTED, FULL])
def test_filteringThatLetsOthersIn(ground: Ground, kind: str) -> None:
    """
    By address, any port comes in from where a host sent to; without a filter, everybody comes in.  Both are answered.
    """
    ear = Ear(ground.inside(ground.router(f"{kind}-nat", kind), f"{kind}-in"), 5000)
    mapped = ear.mapped(ground.mirrors[0])
    ground.say(ground.servers[0], "other port", mapped)
    wait(lambda: ear.hears("other port"), 5, "another port")
    ground.say(ground.servers[1], "stranger", mapped)
    if kind == FULL:
        wait(lambda: ear.hears("stranger"), 5, "a stranger")
    assert ear.mapped(ground.mirrors[1]) == ear.mapped(ground.mirrors[2]) == mapped
    assert ear.hears("stranger") is (kind == FULL)


def test_routerWithIPv6HasAFirewallForIt(ground: Ground) -> None:
    """
    Behind a router with both versions, a host reaches others over IPv6 from its own address; nobody reaches it unasked.
    """
    router = ground.router("dual", CONE, versions=BOTH)
    host, neighbour = (ground.inside(router, f"dual-{number}") for number in (1, 2))
    server = ground.servers[0]
    host.run("ping", "-c1", "-w20", ground.internet.sites[server.name].addresses[1])
    [interface] = json.loads(host.run("ip", "-j", "-6", "address", "show", "dev", "eth0", "scope", "global"))
    [own] = [each["local"] for each in interface["addr_info"] if each]
    wait(host.start("tcp6", sys.executable, "-c", _LISTEN6, "443").tail, 10, "a TCP port")
    neighbour.run(sys.executable, "-c", _CONNECT, own, "443", "10")
    with pytest.raises(CommandFailed):
        server.run(sys.executable, "-c", _CONNECT, own, "443", "0.5")


def _isMapped(router: Host) -> bool:
    return " sport=5000 " in router.run("cat", "/proc/net/nf_conntrack")


def test_mappingIsForgotten(ground: Ground) -> None:
    """
    A router that forgets soon lets nobody in once its time is over.
    """
    router = ground.router("forgetful", CONE)
    router.forgetAfter(1)
    ear = Ear(ground.inside(router, "forgetful-in"), 5000)
    mapped = ear.mapped(ground.mirrors[0])
    wait(lambda: _arrives(ground, ear, mapped), 5, "an answer")
    wait(lambda: not _isMapped(router.host), 5, "that it is forgotten")
    ground.say(ground.servers[1], "later", mapped)
    ear.mapped(ground.mirrors[0])
    assert not ear.hears("later")


def test_hostThatComesHome(ground: Ground) -> None:
    """
    A public host that is plugged into a router is seen at the router's address.
    """
    router, host = ground.router("homely", CONE), ground.public("homely-in")
    assert ground.ask(host)[0][0] == ground.address(host)
    router.adopt(host)
    assert ground.ask(host)[0][0] == ground.address(router.host)


def test_blockedLeavesTCP443Alone(ground: Ground) -> None:
    """
    Where UDP is blocked, no datagram comes back, and only TCP port 443 can be reached.
    """
    host = ground.inside(ground.router("blocked", BLOCKED), "blocked-in")
    server = ground.servers[0]
    for port in ("443", "444"):
        wait(server.start(f"tcp-{port}", sys.executable, "-c", _LISTEN, port).tail, 10, f"TCP port {port}")
    assert ground.ask(host, patience=SILENCE) == [None] * 4
    host.run(sys.executable, "-c", _CONNECT, ground.address(server), "443", "10")
    with pytest.raises(CommandFailed):
        host.run(sys.executable, "-c", _CONNECT, ground.address(server), "444", "0.5")


def test_holesSwallowWhatIsTooLong(ground: Ground) -> None:
    """
    Beyond a hole, packets of its size come through, and longer ones vanish: no error comes back.
    """
    host = ground.public("hole")
    ground.internet.hole(host, 1280)
    place = ground.mirrors[:1]
    assert ground.ask(host, size=1252, places=place) != [None]
    assert ground.ask(host, size=1253, places=place, patience=SILENCE) == [None]


def test_forbiddenSitesAreCutOffFromEachOtherAlone(ground: Ground) -> None:
    """
    UDP between two sites that is forbidden does not pass, other UDP does; and it passes again later.
    """
    host = ground.public("forbidden")
    ground.internet.forbid(host, ground.servers[0])
    assert ground.ask(host, places=ground.mirrors[:2], patience=SILENCE) == [None, None]
    assert all(ground.ask(host, places=ground.mirrors[2:]))
    ground.internet.forbid(host, ground.servers[0], False)
    assert all(ground.ask(host))


def test_restartForgetsWhoMaySend(ground: Ground) -> None:
    """
    After a router's restart, nobody comes in until the host sends again; and the mapping may have another port then.
    """
    router = ground.router("restart", CONE)
    host = ground.inside(router, "restart-in")
    ear = Ear(host, 5000)
    mapped = ear.mapped(ground.mirrors[0])
    wait(lambda: _arrives(ground, ear, mapped), 5, "an answer before")
    router.remap(40404)
    router.fail()
    router.restore()
    ground.say(ground.servers[1], "later", mapped)
    assert ear.mapped(ground.mirrors[0]) == [mapped[0], 40404]
    assert not ear.hears("later")


def test_hostThatMovesIsSeenElsewhere(ground: Ground) -> None:
    """
    A host that moves to another LAN keeps its interface, and is seen at the other router's address.
    """
    former, new = ground.router("former", CONE), ground.router("new", CONE)
    host = ground.inside(former, "mover")
    assert ground.ask(host)[0][0] == ground.address(former.host)
    new.adopt(host, former)
    assert ground.ask(host)[0][0] == ground.address(new.host)


def test_renumberedSiteHasItsNewAddressAlone(ground: Ground) -> None:
    """
    A site that was renumbered is seen at its new address, and can no longer be reached at the former one.
    """
    host = ground.public("renumbered")
    former = ground.address(host)
    assert ground.ask(host)[0][0] == former
    ground.internet.renumber(host)
    assert ground.ask(host)[0][0] == ground.address(host) != former
    with pytest.raises(CommandFailed):
        ground.servers[0].run("ping", "-c1", "-W1", former)
