"""
Broadcasts on real taps: what wakes a host behind a bridge, and a storm that is held back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from typing import Final

from wand.lab import wait
from wand.lab.deployment import Deployment

#: The host that sleeps, on no LAN of these.
SLEEPER: Final = "02:00:5e:10:00:01"

#: How many broadcasts a second the host may send; one that is quiet needs few.
LIMIT: Final = 50

#: Broadcasts as fast as it goes, each with its number.
_FLOOD: Final = """
import socket, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packets:
    packets.bind(("wan0", 0))
    mac = packets.getsockname()[4]
    for number in range(int(sys.argv[1])):
        packets.send(b"\\xff" * 6 + mac + b"\\x88\\xb5" + number.to_bytes(46, "big"))
"""


def test_aHostBehindABridgeIsWoken(makeSealed: Callable[..., Deployment]) -> None:
    """
    The magic packet comes out at every member, and on the LAN behind a member's bridge.
    """
    network = makeSealed(3, joined=2)
    alice, bob, carol = network.topology.nodes
    host, sleeper = network.hosts[carol.name], network.lab.bare("sleeper")
    host.run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns", sleeper.namespace)
    host.run("ip", "link", "add", "br0", "type", "bridge")
    for interface in ("eth1", "wan0"):
        host.run("ip", "link", "set", interface, "master", "br0")
    for interface in ("eth1", "br0"):
        host.run("ip", "link", "set", interface, "up")
    sleeper.configure()
    network.admit(carol, bridge=True)
    # The bridge speaks, too, so more addresses than those of members may be known.
    members = {bob.mac, carol.mac}
    wait(lambda: members <= set(network.known(alice)), 20, "the table of alice")
    listening = [("tcpdump", "-Z", "root", "-l", "-c", "1", "-XX", "-i", each) for each in ("eth0", "wan0")]
    places = [(sleeper, listening[0]), (network.hosts[bob.name], listening[1])]
    listeners = [each.start(f"listener-{each.name}", *words, "ether proto 0x0842") for each, words in places]
    for each in listeners:
        wait(lambda each=each: "listening on" in each.tail(), 10, "the listener")  # type: ignore[misc]
    assert network.command(alice, "wake", SLEEPER) == f"sent what wakes {SLEEPER}\n"
    for each in listeners:
        wait(lambda each=each: not each.isRunning, 10, "the magic packet")  # type: ignore[misc]
        assert f"ffff ffff ffff {SLEEPER.replace(':', '')[:4]}" in each.log.read_text()


def test_aStormIsHeldBack(makeNetwork: Callable[..., Deployment]) -> None:
    """
    A host that floods sends the others only so many broadcasts, a note says so, and frames to one host are not held
    back.
    """
    network = makeNetwork(count=2)
    one, two = network.topology.nodes
    file = network.files.configuration(one)
    file.write_text(f"frame-service-settings = {{ storm = {{ frames = {LIMIT} }} }}\n" + file.read_text())
    network.startAll()
    for node in (one, two):
        network.admit(node)
    network.awaitTables()
    began, before = monotonic(), network.counters(one)["sent-group-frames"]
    network.hosts[one.name].run(sys.executable, "-c", _FLOOD, str(100 * LIMIT))
    wait(lambda: network.counters(one)["storm-frames"] > LIMIT, 10, "the storm control")
    counters = network.counters(one)
    passed, seconds = counters["sent-group-frames"] - before, monotonic() - began
    assert LIMIT <= passed <= (2 + seconds) * LIMIT
    assert f"more than {LIMIT} broadcast" in network.command(one, "status")
    network.awaitEcho(two, one)
