"""
A network with two servers and one Redis, of real processes: each is killed, and the network between them is cut.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator

import attrs
import pytest
from probing import Probing

from wand.control.client import ControlClient
from wand.lab import PYTHON, execute, wait
from wand.lab.admission import Admission, admitted
from wand.lab.commands import Daemon
from wand.lab.deployment import Deployment
from wand.lab.probe import EchoProbe
from wand.lab.topology import Node, Site

OTHER = Site("other", "198.51.100.2")
REDIS = Site("redis", "198.51.100.3")
PASSWORD = "open-sesame"

#: The ends of a TCP connection.
ANSWERING = """
import socket, sys
with socket.create_server((sys.argv[1], 5001)) as server:
    print("listening", flush=True)
    connection, _ = server.accept()
while octets := connection.recv(4096):
    connection.sendall(octets)
"""
ASKING = """
import os, socket, sys, time
connection = socket.create_connection((sys.argv[1], 5001))
file = connection.makefile("rb")
while True:
    octets = os.urandom(500)
    connection.sendall(octets)
    assert file.read(500) == octets
    print("answered", flush=True)
    time.sleep(0.02)
"""


class Servers:
    """
    Two servers with the network key, and their Redis.
    """

    def __init__(self, network: Deployment) -> None:
        self.network = network
        self.first = network.topology.server
        self.both = (self.first, OTHER)
        directory = network.lab.directory
        (directory / "password").write_text(f"{PASSWORD}\n")
        store = (
            f'store = "redis"\nstore-settings = {{ url = "redis://{REDIS.address}", '
            f'password-file = "{directory / "password"}" }}\n'
        )
        for site in (OTHER, REDIS):
            network.hosts[site.name] = network.lab.host(site.name, f"{site.address}/24")
        for site in self.both:
            text = network.files._server(attrs.evolve(network.topology, server=site))
            network.files.configuration(site).write_text(f'{text}name = "{site.name}"\n{store}')
        (directory / "redis-data").mkdir()
        self.startRedis()
        network.start(self.first)
        self.token(self.first)
        network.start(OTHER)
        self._awaitBoth()
        network.kill(OTHER)
        self._copyKey()
        network.start(OTHER)
        self.token(OTHER)
        self._awaitBoth()

    def _awaitBoth(self) -> None:
        for site in self.both:
            wait(lambda site=site: self.states(site).count("running") == 1, 20, "both servers")  # type: ignore[misc]

    def startRedis(self) -> None:
        """
        Start Redis.
        """
        data = self.network.lab.directory / "redis-data"
        words = ["--bind", REDIS.address, "--requirepass", PASSWORD, "--dir", str(data), "--save", ""]
        kept = ["--appendonly", "yes", "--appendfsync", "always"]
        self.redis: Daemon = self.network.hosts["redis"].start("redis", "redis-server", *words, *kept)

    def states(self, site: Site) -> list[str]:
        """
        How the servers do, as one of them has it.
        """
        return [each["state"] for each in json.loads(self.network.command(site, "servers", "--json"))]

    def cut(self, site: Site, isCut: bool) -> None:
        """
        Lose all that a server and Redis send each other, or no more of it.
        """
        table = f"table bridge cut-{site.name}"
        script = f"add {table}\ndelete {table}\n"
        if isCut:
            ways = ((site.name, "redis"), ("redis", site.name))
            rules = "".join(f'iifname "{a}" oifname "{b}" drop; ' for a, b in ways)
            script += f"{table} {{ chain cut {{ type filter hook forward priority 0; {rules}}}; }}\n"
        execute(*self.network.lab.inSwitch("nft", "-f", "-"), sent=script)

    def token(self, site: Site) -> str:
        """
        An invitation that a server makes.
        """
        return self.network.ask(site, ControlClient.invite)

    def admit(self, node: Node, token: str) -> Admission:
        """
        Let a node that runs redeem an invitation.
        """
        reactor = self.network._loop.reactor
        return self.network.ask(node, lambda client: admitted(client, node, token, reactor))

    def members(self, site: Site) -> dict[str, str]:
        """
        The states of the members that a server knows, by their names.
        """

        async def members(client: ControlClient) -> dict[str, str]:
            return {each.name: each.state async for each in client.members()}

        return self.network.ask(site, members)

    def _copyKey(self) -> None:
        """
        Give the second server the network key, as docs/servers.md says.
        """
        directory = self.network.lab.directory
        shutil.copy2(directory / "server-state" / "network.key", directory / "other-state" / "network.key")


class FastProbing(Probing):
    """
    A hundred requests a second.
    """

    def __init__(self, network: Deployment, source: Node, target: Node) -> None:
        self._probe = EchoProbe(network.hosts[source.name], [target], interval=0.01)
        self.targets = (target,)
        wait(self.echoes, 10, "the first echo")


class Conversation:
    """
    One TCP connection, in which a node asks another fifty times a second, and ends if an answer is wrong.
    """

    def __init__(self, network: Deployment, source: Node, target: Node) -> None:
        answering = network.hosts[target.name].start("answering", *PYTHON[:1], "-c", ANSWERING, target.inside)
        wait(answering.log.read_text, 10, "somebody who answers")
        asking = network.hosts[source.name].start("asking", *PYTHON[:1], "-c", ASKING, target.inside)
        self._log = asking.log
        wait(self.lines, 10, "an answer")

    def lines(self) -> int:
        """
        How often it was answered.
        """
        return self._log.read_text().count("\n")


@pytest.fixture
def servers(makeNetwork: Callable[..., Deployment]) -> Iterator[Servers]:
    """
    Two servers that run, and four nodes that run and are no members yet.
    """
    network = makeNetwork(count=4)
    servers = Servers(network)
    for node in network.topology.nodes:
        network.start(node)
    yield servers


def test_nothingIsLost(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Servers are killed in turn, Redis is killed, and the network between one and Redis is cut, while two nodes talk: no
    echo of theirs is lost, nor does a TCP connection end; who joins meanwhile is a member in the end, and whoever was
    admitted or revoked stays so everywhere.
    """
    network = servers.network
    one, two, three, four = network.topology.nodes
    servers.admit(one, servers.token(servers.first))
    servers.admit(two, servers.token(OTHER))
    network.awaitTables([one, two])
    for node in (one, two):
        wait(lambda node=node: _answered(network, node) == 2, 20, "both servers in use")  # type: ignore[misc]
    probe = FastProbing(network, one, two)
    conversation = Conversation(network, two, one)
    try:
        token = servers.token(servers.first)
        network.kill(servers.first)
        probe.goOn(50)
        began = time.monotonic()
        network.ask(three, lambda client: client.join(token))
        wait(lambda: network.status(three).own.stage == "member", 30, "a member")  # type: ignore[union-attr]
        joined = time.monotonic() - began
        network.start(servers.first)
        assert servers.members(servers.first)["node-3"] == "member"
        network.kill(OTHER)
        probe.goOn(50)
        network.start(OTHER)
        assert servers.members(OTHER)["node-3"] == "member"

        token = servers.token(servers.first)
        servers.redis.kill()
        probe.goOn(50)
        network.ask(four, lambda client: client.join(token))
        probe.goOn(300)
        assert network.status(four).own.stage == "joining"  # type: ignore[union-attr]
        assert "node-3" in servers.members(servers.first)
        servers.startRedis()
        wait(lambda: network.status(four).own.stage == "member", 60, "the node that had to wait")  # type: ignore[union-attr]

        servers.cut(servers.first, True)
        probe.goOn(50)
        network.ask(OTHER, lambda client: client.revoke("node-3"))
        servers.cut(servers.first, False)
        wait(lambda: servers.members(servers.first)["node-3"] == "revoked", 30, "the revocation")
        wait(lambda: not network.ping(one, [three]), 20, "the end of the revoked")
        probe.goOn(50)
        assert probe.lost() == 0
        before = conversation.lines()
        wait(lambda: conversation.lines() > before, 10, "more of the TCP connection")
    finally:
        probe.stop()
    for site in servers.both:
        wanted = {"server": "member", "other": "member", "node-3": "revoked"}
        assert servers.members(site) == {**wanted, **dict.fromkeys(("node-1", "node-2", "node-4"), "member")}
    with capsys.disabled():
        print(f"\na node joined {joined:.1f} s after the first server of its invitation was killed")


def _answered(network: Deployment, node: Node) -> int:
    return [each.state for each in network.status(node).directories].count("answered")
