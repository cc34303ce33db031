"""
The original's programs, played by C{original.py}, and ours on one network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import original

from wand.lab import wait
from wand.lab.deployment import Deployment

_ORIGINAL = original.__file__

_MAC = "02:00:00:00:00:09"

#: Sends a frame to the original through the tap, and waits until that is back and one of the original's own came.
_EXCHANGE = """
import socket
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
port.bind(("wan0", 0x88B5))
port.settimeout(30)
port.send(bytes.fromhex("020000000009" "020000000001") + b"\\x88\\xb5" + b"from our host".ljust(46))
seen = set()
while len(seen) < 2:
    frame = port.recv(2048)
    if frame[:12].hex() == "020000000001" "020000000009":
        seen.add(frame[14:].decode().strip())
print(sorted(seen))
"""


def test_nodeOfTheOriginalWithOurServerAndOurNode(makeNetwork: Callable[..., Deployment]) -> None:
    """
    A node of the original registers with our server, learns of our node, and exchanges frames with it both ways.
    """
    network = makeNetwork(count=1, protocol="rel2")
    (ours,) = network.topology.nodes
    host = network.lab.host("original", "198.51.100.99/24")
    program = host.start("original", sys.executable, _ORIGINAL, "node", _MAC, network.topology.server.address)
    network.start(network.topology.server)
    network.start(ours)
    wait(lambda: network.known(ours) == {_MAC: "198.51.100.99:22222"}, 10, "the original in our table")
    table = f"table {ours.mac}={ours.address} {_MAC}=198.51.100.99"
    wait(lambda: table in program.tail(), 10, "our node in the original's table, and itself")
    seen = network.hosts[ours.name].run(sys.executable, "-c", _EXCHANGE)
    assert seen.strip() == "['from our host', 'from the original']"
    said = f"frame 0000 {ours.address} 22222 from our host"
    wait(lambda: said in program.log.read_text(), 10, "our frame at the original")


def test_ourNodesWithTheServerOfTheOriginal(makeNetwork: Callable[..., Deployment]) -> None:
    """
    Our nodes register with a server of the original in its own words, and find each other.
    """
    network = makeNetwork(count=2, protocol="rel2")
    server = network.hosts["server"].start("original", sys.executable, _ORIGINAL, "server")
    one, two = network.topology.nodes
    network.start(one)
    network.start(two)
    network.awaitTables()
    network.awaitEcho(one, two)
    requests = {bytes.fromhex(line.split()[1]) for line in server.tail().splitlines()}
    assert requests == {node.mac.encode() + b"\0" for node in (one, two)}
