"""
Garbage from the network and at the control socket: no traceback, no growth, and the programs still answer.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from random import Random

import pytest

from wand.control.client import connect
from wand.demo.loop import Loop
from wand.demo.namespaces import Namespaces
from wand.demo.topology import Site
from wand.lab import Host

_GROWTH = 5_000_000

#: Sends so many datagrams, at a rate at which the system does not drop many: noise, and noise that begins well.
_NOISE = """
import random, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(count)
port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), (host, port)
own = b"\\x02\\0\\0\\0\\0\\x01"
texts = [b"02:00:00:00:00:0", b"aa:bb:cc:dd:ee:ff\\0"]
begins = [b"", bytes(2), bytes(2) + b"\\xff" * 6, bytes(2) + own, *texts]
for number in range(count):
    port[0].sendto(chance.choice(begins) + chance.randbytes(chance.choice((0, 1, 13, 14, 60, 1400))), port[1])
    if number % 50 == 0:
        time.sleep(0.001)
"""


@pytest.mark.parametrize("kind", ["data", "directory", "server"])
def test_randomDatagramsChangeNothing(formed: Namespaces, loop: Loop, kind: str) -> None:
    """
    After 100,000 random datagrams to one of its UDP ports a program holds no more memory, logged no traceback, and
    works: the port of a node's data, the one from which it asks the server, and the server's.
    """
    one, two = formed.topology.nodes
    site = formed.topology.server if kind == "server" else one
    own = {formed.topology.nodePort, formed.topology.serverPort}
    ports = _ports(formed.hosts[site.name])
    port = next(each for each in ports if (each in own) == (kind != "directory"))
    noise = (sys.executable, "-c", _NOISE, site.address, str(port))
    formed.hosts[two.name].run(*noise, "5000")
    before, received = formed.programs[site.name].residentBytes, loop.wait(_received(formed, site, loop))
    formed.hosts[two.name].run(*noise, "100000", timeout=60)
    assert loop.wait(_received(formed, site, loop)) - received > 90_000
    _check(formed, site, before)
    assert formed.ping(one, [two])


def test_randomConnectionsChangeNothing(formed: Namespaces) -> None:
    """
    After 2,000 connections to the control socket that send random octets, a node holds no more memory, logged no
    traceback, and answers.
    """
    one, _ = formed.topology.nodes
    chance = Random(2)
    _connect(formed, one, chance, 200)
    before = formed.programs[one.name].residentBytes
    _connect(formed, one, chance, 2000)
    _check(formed, one, before)


def _ports(host: Host) -> list[int]:
    lines = host.run("cat", "/proc/net/udp").splitlines()[1:]
    return [int(line.split()[1].partition(":")[2], 16) for line in lines]


async def _received(network: Namespaces, site: Site, loop: Loop) -> int:
    client = await connect(loop.reactor, str(network.files.control(site)))
    try:
        return sum([each.value async for each in client.counters() if each.name == "udp-received-datagrams"])
    finally:
        client.close()


def _connect(network: Namespaces, site: Site, chance: Random, count: int) -> None:
    begins = [b"", b"\0\x04_ask\0\x011\0\x08_command\0\x06Status\0\0", b"\0\x04_ask\0\x011\0\x08_command", b"\0\xff"]
    for number in range(count):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(str(network.files.control(site)))
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(chance.choice(begins) + chance.randbytes(chance.randrange(300)))
                if number % 10 == 0:
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(99)


def _check(network: Namespaces, site: Site, before: int) -> None:
    one, two = network.topology.nodes
    assert two.mac in network.known(one)
    assert network.programs[site.name].residentBytes - before < _GROWTH
    assert "Traceback" not in network.programs[site.name].log.read_text()
