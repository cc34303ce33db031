"""
The demo's network in a lab: every site a host, every program a process of C{twistd}, every port a tap device.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.task import deferLater

from wand.control.client import ControlClient, connect
from wand.demo.figures import Admission, Capture, Silence, Transfer
from wand.demo.loop import Loop
from wand.demo.stage import Echo
from wand.demo.topology import Files, Node, Site, Topology
from wand.errors import MembershipRefused, NotRunning, TemporarilyUnavailable
from wand.lab import PATIENCE, CommandFailed, Daemon, Host, Lab, entrance, wait
from wand.status import EntryStatus, PeerStatus

#: Where somebody asks who is no member.
STRANGER = "198.51.100.99"

#: The TCP port of the transfer.
PORT = 5001

#: Seconds between the echoes of a ping and of a probe.
INTERVAL = 0.02

#: Seconds that a node may take to become a member.
ADMISSION = 10.0

#: Python without the current directory on its path.
PYTHON = (sys.executable, "-P", "-m")

T = TypeVar("T")


class Namespaces:
    """
    A L{wand.demo.stage.Stage} in a lab.

    @ivar lab: the lab.
    @ivar hosts: the hosts of the lab by the names of the sites.
    @ivar files: where the files of the programs are.
    """

    way = "namespaces"
    carrier = "one TCP connection"

    def __init__(self, lab: Lab, topology: Topology, loop: Loop) -> None:
        self.topology = topology
        self.files = Files(lab.directory)
        self.programs: dict[str, Daemon] = {}
        self.lab = lab
        self._loop = loop
        sites = (topology.server, *topology.nodes)
        self.hosts: dict[str, Host] = {site.name: lab.host(site.name, f"{site.address}/24") for site in sites}
        self.files.write(topology)

    def start(self, site: Site) -> None:
        """
        See L{wand.demo.stage.Stage}.
        """
        command = "wand-node" if isinstance(site, Node) else "wand-server"
        configuration = str(self.files.configuration(site))
        self.programs[site.name] = self.hosts[site.name].start(
            site.name, *PYTHON, "twisted", command, "--config", configuration
        )

    def kill(self, site: Site) -> None:
        """
        See L{wand.demo.stage.Stage}.
        """
        self.programs[site.name].kill()

    def ask(self, site: Site, question: Callable[[ControlClient], Awaitable[T]]) -> T:
        """
        Ask a program at its control socket, and wait until it can answer if it has only just been started.

        @param question: gets the client.
        @return: what it gave.
        @raise CommandFailed: if the program ended.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._loop.wait(self._ask(site, question))
            except (NotRunning, TemporarilyUnavailable):
                if not self.programs[site.name].isRunning:
                    raise CommandFailed(self._ended(site)) from None
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    async def _ask(self, site: Site, question: Callable[[ControlClient], Awaitable[T]]) -> T:
        client = await connect(self._loop.reactor, str(self.files.control(site)))
        try:
            return await question(client)
        finally:
            client.close()

    def _ended(self, site: Site) -> str:
        return f"{site.name} ended with {self.programs[site.name].process.returncode}"

    def invite(self, node: Node, **wishes: Any) -> Path:
        """
        Write an invitation of the server's to the file where a node looks for one; see
        L{wand.control.membership_client.MembershipClient.invite}.
        """
        file = self.files.token(node)
        file.write_text(self.ask(self.topology.server, lambda server: server.invite(**wishes)))
        file.chmod(0o600)
        return file

    def admit(self, node: Node) -> Admission:
        """
        See L{wand.demo.stage.Stage}.
        """
        token = self.invite(node).read_text()

        async def join(client: ControlClient) -> Admission:
            return await admitted(client, node, token, self._loop.reactor)

        return self.ask(node, join)

    def revoke(self, node: Node) -> None:
        """
        See L{wand.demo.stage.Stage}.
        """
        self.ask(self.topology.server, lambda server: server.revoke(node.name))

    def knock(self) -> Silence:
        """
        See L{wand.demo.stage.Stage}.
        """
        host = self.lab.hosts.get("stranger") or self.lab.host("stranger", f"{STRANGER}/24")
        endpoints = (self.topology.serverEndpoint, *map(self.topology.endpoint, self.topology.nodes))
        document = json.loads(host.run(*PYTHON, "wand.demo.stranger", STRANGER, *map(str, endpoints)))
        return Silence(document["sent"], document["answers"])

    @contextmanager
    def listen(self, patterns: Mapping[str, bytes]) -> Iterator[Callable[[], Capture]]:
        """
        See L{wand.demo.stage.Stage}.
        """
        words = [f"{name}={octets.hex()}" for name, octets in patterns.items()]
        listener = self.lab.startInSwitch("capture", *PYTHON, "wand.demo.capture", *words)
        wait(lambda: _last(listener), 10, "somebody who listens on the switch")
        before = _last(listener)["datagrams"]

        def capture() -> Capture:
            time.sleep(0.15)  # what passed is reported some times a second
            document = _last(listener)
            return Capture(document["datagrams"] - before, document["octets"], document["found"])

        try:
            yield capture
        finally:
            listener.kill()

    def known(self, node: Node) -> dict[str, str]:
        """
        See L{wand.demo.stage.Stage}.
        """
        if not self.programs[node.name].isRunning:
            raise CommandFailed(self._ended(node))
        try:
            return self._loop.wait(self._ask(node, _known))
        except NotRunning:
            return {}  # It has only just been started.

    def ping(self, source: Node, targets: Sequence[Node]) -> Sequence[Echo]:
        """
        See L{wand.demo.stage.Stage}.
        """
        lines = self.hosts[source.name].run(*_echo(5, targets))
        return _echoes(lines, targets)

    def probe(self, source: Node, targets: Sequence[Node]) -> EchoProcess:
        """
        See L{wand.demo.stage.Stage}.
        """
        return EchoProcess(self.hosts[source.name].start(f"echo-{source.name}", *_echo(0, targets)), targets)

    def transfer(self, source: Node, target: Node, seconds: float) -> Iterator[Transfer]:
        """
        See L{wand.demo.stage.Stage}.
        """
        transfer = (*PYTHON, "wand.demo.transfer")
        receiver = self.hosts[target.name].start("receive", *transfer, "receive", target.inside, str(PORT))
        wait(lambda: _last(receiver), 10, "a TCP port to send to")
        sender = self.hosts[source.name].start("send", *transfer, "send", target.inside, str(PORT), str(seconds))
        while receiver.isRunning and (sender.isRunning or sender.process.returncode == 0):
            yield _transfer(source, target, _last(receiver))
        sent = wait(lambda: _finished(sender), 10, "the end of the sender")
        received = wait(lambda: _finished(receiver), 10, "the end of the receiver")
        yield _transfer(source, target, received, sent["digest"] == received["digest"])

    def evidence(self) -> Sequence[tuple[str, str]]:
        """
        See L{wand.demo.stage.Stage}.
        """
        programs = self.programs.values()
        ended = [program for program in programs if not program.isRunning]
        return [(program.name, program.tail()) for program in ended or programs]

    def visit(self) -> Sequence[tuple[str, str]]:
        """
        See L{wand.demo.stage.Stage}.
        """
        node, other = self.topology.nodes[:2]
        host = self.hosts[node.name]
        wand = f"{entrance()}{Path(sys.argv[0]).absolute()} --control {self.files.control(node)}"
        return [
            (f"{entrance()}ip netns exec {host.namespace} bash", f"a shell on {node.name}"),
            (f"{entrance()}ip netns exec {host.namespace} ping {other.inside}", f"ping {other.name} from there"),
            (f"{wand} table", f"the table of {node.name}"),
            (f"{wand} watch", "what happens, as it happens"),
        ]


async def admitted(client: ControlClient, node: Node, token: str, reactor: Any) -> Admission:
    """
    Let a node redeem an invitation, and wait until it has.

    @raise MembershipRefused: if it is not admitted, or not in time.
    """
    began = time.monotonic()
    await client.join(token)
    while True:
        status = await client.status()
        own, seconds = status.own, time.monotonic() - began
        if own is not None and own.stage == "member":
            return Admission(node.name, own.name, own.addresses[0], seconds)
        if own is None or own.stage == "new" or seconds > ADMISSION:
            raise MembershipRefused("; ".join(status.notes[: status.attention]) or f"{node.name} is not admitted")
        await deferLater(reactor, 0.01)


def whereabouts(entries: Sequence[EntryStatus], peers: Sequence[PeerStatus]) -> dict[str, str]:
    """
    Where each MAC address of a table is: the endpoint of its peer or, as long as there is no session, the peer.
    """
    endpoints = {peer.peer: peer.endpoint for peer in peers}
    return {entry.mac: endpoints.get(entry.peer) or entry.peer for entry in entries}


async def _known(client: ControlClient) -> dict[str, str]:
    peers = [peer async for peer in client.peers()]
    return whereabouts([entry async for entry in client.entries()], peers)


class EchoProcess:
    """
    A L{wand.demo.stage.Probe}.
    """

    def __init__(self, process: Daemon, targets: Sequence[Node]) -> None:
        self._process = process
        self._targets = targets

    def echoes(self) -> Sequence[Echo]:
        """
        See L{wand.demo.stage.Probe}.
        """
        return _echoes(self._process.log.read_text().rpartition("\n")[0], self._targets)

    def stop(self) -> None:
        """
        See L{wand.demo.stage.Probe}.
        """
        self._process.kill()


def _echo(count: int, targets: Sequence[Node]) -> list[str]:
    return [*PYTHON, "wand.demo.echo", str(INTERVAL), str(count), *(node.inside for node in targets)]


def _echoes(lines: str, targets: Sequence[Node]) -> Sequence[Echo]:
    nodes = {node.inside: node for node in targets}
    documents = map(json.loads, lines.splitlines())
    return [Echo(nodes[each["target"]], each["sequence"], each["sent"], each["milliseconds"]) for each in documents]


def _last(daemon: Daemon) -> dict[str, Any]:
    lines = daemon.log.read_text().rpartition("\n")[0].splitlines()
    document: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return document


def _finished(daemon: Daemon) -> dict[str, Any]:
    if daemon.isRunning:
        return {}
    if daemon.process.returncode:
        raise CommandFailed(f"{daemon.name} failed", daemon.tail(3))
    return _last(daemon)


def _transfer(source: Node, target: Node, document: dict[str, Any], intact: bool | None = None) -> Transfer:
    octets, seconds = document.get("octets", 0), document.get("seconds", 0.0)
    return Transfer(source.name, target.name, octets, seconds, intact)
