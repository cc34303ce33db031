"""
The fast path of the sealed protocol with real kernels: what a host sends in superframes arrives as it was sent,
whatever the network between does to the datagrams, and nothing else has to wait for it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from wand.control.client import ControlClient
from wand.lab import Daemon, execute, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node

pytestmark = pytest.mark.alone

Make = Callable[..., Deployment]

#: What both ends of a transfer know: C{ADDRESS}, C{SEED}, C{OCTETS}, C{CONGESTION}.
_COMMON = """
import json, random, socket, sys, time
from hashlib import sha256
address, seed, octets, congestion = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
"""

_TAKE_TCP = (
    _COMMON
    + """
longest = 0.0
with socket.create_server((address, 5001 + seed), family=family) as server:
    print("ready", flush=True)
    connection, _ = server.accept()
    connection.settimeout(15)
    digest, count, before = sha256(), 0, time.monotonic()
    while data := connection.recv(1 << 20):
        now = time.monotonic()
        longest, before = max(longest, now - before), now
        digest.update(data)
        count += len(data)
print(json.dumps({"octets": count, "digest": digest.hexdigest(), "longest": longest}), flush=True)
"""
)

_GIVE_TCP = (
    _COMMON
    + """
block = random.Random(seed).randbytes(1 << 20)
connection = socket.socket(family)
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
connection.connect((address, 5001 + seed))
left, digest = octets, sha256()
while left:
    piece = block[: min(left, len(block) - left % 1000)]
    connection.sendall(piece)
    digest.update(piece)
    left -= len(piece)
connection.close()
print(json.dumps({"digest": digest.hexdigest()}), flush=True)
"""
)

_TAKE_UDP = (
    _COMMON
    + """
with socket.socket(family, socket.SOCK_DGRAM) as udp:
    udp.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
    udp.bind((address, 5001 + seed))
    print("ready", flush=True)
    good = bad = doubled = 0
    seen = set()
    while (data := udp.recv(70000)) != b"end":
        number, size = int.from_bytes(data[:4], "big"), len(data)
        isRight = data[4:] == random.Random(number).randbytes(size - 4)
        good, bad = good + (isRight and number not in seen), bad + (not isRight)
        doubled += number in seen
        seen.add(number)
print(json.dumps({"good": good, "bad": bad, "doubled": doubled}), flush=True)
"""
)

_GIVE_UDP = (
    _COMMON
    + """
with socket.socket(family, socket.SOCK_DGRAM) as udp:
    number = 0
    for size in (4, 64, 300, 1200, 1400, 1452):
        for burst in range(octets // 30):
            for _ in range(30):
                data = number.to_bytes(4, "big") + random.Random(number).randbytes(size - 4)
                udp.sendto(data, (address, 5001 + seed))
                number += 1
            time.sleep(0.004)
    for size in (300, 1200):
        udp.setsockopt(17, 103, size)
        for burst in range(octets // 30):
            train = b""
            for _ in range(30):
                train += number.to_bytes(4, "big") + random.Random(number).randbytes(size - 4)
                number += 1
            udp.sendto(train, (address, 5001 + seed))
            time.sleep(0.004)
    udp.setsockopt(17, 103, 0)
    for _ in range(50):
        time.sleep(0.01)
        udp.sendto(b"end", (address, 5001 + seed))
print(json.dumps({"sent": number}), flush=True)
"""
)


def start(network: Deployment, node: Node, script: str, *arguments: object) -> Daemon:
    """
    Run a script on a node's host.
    """
    name = f"script-{time.monotonic_ns()}"
    return network.hosts[node.name].start(name, sys.executable, "-c", script, *map(str, arguments))


def result(daemon: Daemon, seconds: float = 60) -> dict[str, Any]:
    """
    What a script printed last.
    """
    wait(lambda: "{" in daemon.tail(), seconds, "the end of a transfer")
    document: dict[str, Any] = daemon.lastDocument()
    return document


def begin(network: Deployment, take: str, give: str, address: str, *rest: object, back: bool = False) -> list[Daemon]:
    """
    Begin a transfer between the nodes.

    @return: who gives and who takes.
    """
    one, two = reversed(network.topology.nodes) if back else network.topology.nodes
    taking = start(network, two, take, address, *rest)
    wait(taking.tail, 10, "a listener")
    return [start(network, one, give, address, *rest), taking]


def addresses(network: Deployment, back: bool = False) -> list[str]:
    """
    Of the second node (of the first for the way back): IPv4, and an IPv6 address that it gets now.
    """
    for number, node in enumerate(network.topology.nodes, 1):
        network.hosts[node.name].run("ip", "address", "replace", f"fd00::{number}/64", "dev", "wan0", "nodad")
    node = network.topology.nodes[0 if back else 1]
    return [node.inside, f"fd00::{1 if back else 2}"]


def harm(network: Deployment, percent: int) -> None:
    """
    From now on each datagram travels alone, some are lost, and one in twenty is late: it goes through a slow class.
    """
    for node in network.topology.nodes:
        network.hosts[node.name].run("ip", "link", "set", "eth0", "gso_max_segs", "1")
        port = ("dev", node.name)
        for command in (
            ("qdisc", "add", *port, "root", "handle", "1:", "htb", "default", "10"),
            ("class", "add", *port, "parent", "1:", "classid", "1:10", "htb", "rate", "20gbit", "burst", "1m"),
            ("class", "add", *port, "parent", "1:", "classid", "1:20", "htb", "rate", "80mbit", "burst", "2000"),
        ):
            execute("tc", "-n", network.lab.switch, *command)
    script = (
        "table bridge harm { chain harm { type filter hook forward priority 0; "
        f"ip protocol udp numgen random mod 100 < {percent} drop; "
        "ip protocol udp numgen random mod 20 < 1 meta priority set 0x10020; }; }\n"
    )
    execute(*network.lab.inSwitch("nft", "-f", "-"), sent=script)


@pytest.mark.parametrize("harmed", [False, True], ids=["whole", "harmed"])
def test_whatWasSentArrives(makeSealed: Make, harmed: bool) -> None:
    """
    TCP over IPv4 and IPv6 arrives as it was sent, both ways at once, with either congestion control; of UDP in all
    sizes nothing arrives that was not sent, or twice, and on a good network next to nothing is missing.
    """
    network = makeSealed(2)
    there, back = addresses(network), addresses(network, back=True)
    if harmed:
        harm(network, 1)
    octets = (15 if harmed else 60) * 1_000_000
    transfers = [
        begin(network, _TAKE_TCP, _GIVE_TCP, address, number, octets, congestion, back=isBack)
        for number, (address, congestion, isBack) in enumerate(
            [(there[0], "cubic", False), (there[1], "bbr", False), (back[0], "bbr", True), (back[1], "cubic", True)]
        )
    ]
    for giving, taking in transfers:
        given, taken = result(giving), result(taking)
        assert (taken["octets"], taken["digest"]) == (octets, given["digest"])
        assert taken["longest"] < 5.0, "a flow stalled"
    for number, address in enumerate(there, 10):
        giving, taking = begin(network, _TAKE_UDP, _GIVE_UDP, address, number, 300, "")
        given, taken = result(giving), result(taking)
        assert taken["bad"] == 0
        assert taken["doubled"] == 0
        assert taken["good"] >= given["sent"] * (0.9 if harmed else 0.98)
    for node in network.topology.nodes:
        counters = network.counters(node)
        assert {name: count for name, count in counters.items() if name.startswith("drop-chunk") and count} == {}
        assert counters["tap-read-bytes"] > 10_000 * counters["tap-read-frames"] / 10


def test_nothingElseHasToWait(makeSealed: Make) -> None:
    """
    While TCP and UDP load the network, the control socket answers within a tenth of a second, and echoes return.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    there = addresses(network)
    load = begin(network, _TAKE_TCP, _GIVE_TCP, there[0], 1, 1_500_000_000, "cubic")
    begin(network, _TAKE_UDP, _GIVE_UDP, there[1], 2, 3_000, "")
    waits = []
    for _ in range(15):
        began = time.monotonic()
        network.status(two)
        waits.append(time.monotonic() - began)
        time.sleep(0.1)  # between samples, so that there are some from all of the load
    network.awaitEcho(one, two)
    assert "{" not in load[1].tail(), "the load ended too early"
    assert sorted(waits)[len(waits) // 2] < 0.1, waits
    assert sorted(waits)[-2] < 0.5, waits  # one may have met whatever else the machine did


def test_jumboFramesAndNarrowPaths(makeSealed: Make) -> None:
    """
    Hosts may use an MTU of 9000 over a path of 1500; when the path becomes narrower, and when it widens again, frames
    of all sizes go on.
    """
    network = makeSealed(2, change=("interface =", "mtu = 9000\ninterface ="))
    one, two = network.topology.nodes
    host = network.hosts[one.name]

    def echoes(size: int) -> bool:
        return " 0% packet loss" in host.run(
            "sh", "-c", f"ping -M do -c 3 -i 0.2 -W 1 -s {size} {two.inside} || true", timeout=20
        )

    assert echoes(8_972)
    assert echoes(1_400)
    execute("ip", "-n", network.lab.switch, "link", "set", two.name, "mtu", "1300")
    wait(lambda: echoes(8_972), 30, "echoes over the narrow path")
    execute("ip", "-n", network.lab.switch, "link", "set", two.name, "mtu", "1500")
    assert echoes(8_972)


def test_ownInterfaceBecomesNarrow(makeSealed: Make) -> None:
    """
    When a node's own interface gets a smaller MTU, datagrams are smaller with the next frame, and not only after lost
    probes; the peers' status shows the size.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    host = network.hosts[one.name]

    async def size(client: ControlClient) -> int | None:
        sizes = [peer.pathSize async for peer in client.peers() if str(two.mac) in peer.macs]
        return sizes[0]

    def send(times: int) -> None:
        host.run("sh", "-c", f"ping -q -c {times} -i 0.05 -W 0.1 -s 1300 {two.inside} || true", timeout=20)

    send(10)
    assert network.ask(one, size) == 1_472
    host.run("ip", "link", "set", "eth0", "mtu", "1300")
    send(10)
    assert network.ask(one, size) == 1_232
    assert 1 <= network.counters(one)["drop-udp-too-long"] < 10
