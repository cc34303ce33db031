"""
Frames to groups that members hand on, with real taps and a real server.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from wand.lab import CommandFailed, Host, execute, wait
from wand.lab.deployment import Deployment

#: Prints a word for each frame that comes out of the tap.
_LISTEN = """
import socket
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
port.bind(("wan0", 3))
print("listening", flush=True)
while True:
    frame, (_, _, kind, *_) = port.recvfrom(65535)
    if kind == 4:
        continue
    for pattern in (b"DISCOVER", b"_services"):
        if pattern in frame:
            print(pattern.decode(), flush=True)
    if frame[12:14] == b"\\x08\\x06" and frame[21] == 1 and frame[38:42] == bytes((10, 77, 1, 3)):
        print("who has it", flush=True)
"""

#: What a DHCP client and an mDNS responder send, as far as it matters here.
_SEND = """
import socket
port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
port.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"wan0")
port.bind(("", 68))
port.sendto(b"DISCOVER".ljust(300), ("255.255.255.255", 67))
port.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
port.sendto(b"_services" * 120, ("224.0.0.251", 5353))
"""

_SETTINGS = "group-direct = 0\ndirectories = { wansd = { everybody-up-to = 0 } }\n"


def test_everybodyOnce(makeNetwork: Callable[..., Deployment]) -> None:
    """
    Where nobody is told of everybody, and frames to groups go along the tree: a DHCP client's broadcast and a multicast
    of mDNS come out at every host once, and a host behind a bridge is found.
    """
    network = makeNetwork(count=4)
    one, *others = nodes = network.topology.nodes
    for node in nodes:
        file = network.files.configuration(node)
        file.write_text(_SETTINGS + file.read_text())
    network.startAll()
    for node in nodes[:3]:
        network.admit(node)
    bridge = nodes[3]
    network.invite(bridge, bridge=True)
    network.kill(bridge)
    network.start(bridge)
    wait(lambda: network.status(bridge).own is not None and network.status(bridge).own.bridge, 10, "the bridge right")
    hosts = [network.hosts[node.name] for node in nodes]
    for node in others:
        wait(lambda inside=node.inside: _answers(hosts[0], inside), 10, "an echo")
    ears = [host.start(f"ears-{host.name}", sys.executable, "-c", _LISTEN) for host in hosts[1:]]
    wait(lambda: all("listening" in each.tail() for each in ears), 10, "ears")
    hosts[0].run(sys.executable, "-c", _SEND)
    wait(lambda: all("_services" in each.tail() and "DISCOVER" in each.tail() for each in ears), 10, "both everywhere")
    _behind(hosts[3], "10.77.1.3")
    wait(lambda: _answers(hosts[0], "10.77.1.3"), 10, "the host behind the bridge")
    wait(lambda: all("who has it" in each.tail() for each in ears), 5, "its question everywhere")
    for each in ears:
        heard = each.tail().split("\n")
        assert (heard.count("DISCOVER"), heard.count("_services")) == (1, 1)
    assert network.counters(one)["groups-sent"] > 2
    assert network.counters(one)["sent-group-frames"] == 0
    for node in others:
        counted = network.counters(node)
        assert counted["groups-received"] > 2
        assert {name for name in counted if name.startswith("drop-groups") and counted[name]} == set()


def _behind(host: Host, address: str) -> None:
    name = f"{host.namespace}-behind"
    execute("ip", "netns", "add", name)
    host.run("ip", "link", "add", "link", "wan0", "name", "behind", "netns", name, "type", "macvlan", "mode", "bridge")
    execute("ip", "-n", name, "address", "add", f"{address}/16", "dev", "behind")
    execute("ip", "-n", name, "link", "set", "behind", "up")


def _answers(host: Host, address: str) -> bool:
    try:
        host.run("ping", "-c", "1", "-W", "1", address)
    except CommandFailed:
        return False
    return True
