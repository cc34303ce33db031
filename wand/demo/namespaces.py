"""
The demo's network in a lab: every site a host, every program a process of C{twistd}, every port a tap device.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wand.control.client import connect
from wand.demo.figures import Transfer
from wand.demo.loop import Loop
from wand.demo.stage import Echo
from wand.demo.topology import Files, Node, Site, Topology
from wand.errors import WandError
from wand.lab import CommandFailed, Daemon, Host, Lab, entrance, wait

#: The TCP port of the transfer.
PORT = 5001

#: Seconds between the echoes of a ping and of a probe.
INTERVAL = 0.02

#: Python without the current directory on its path.
PYTHON = (sys.executable, "-P", "-m")


class Namespaces:
    """
    A L{wand.demo.stage.Stage} in a lab.

    @ivar hosts: the hosts of the lab by the names of the sites.
    @ivar files: where the files of the programs are.
    """

    way = "namespaces"
    carrier = "one TCP connection"

    def __init__(self, lab: Lab, topology: Topology, loop: Loop) -> None:
        self.topology = topology
        self.files = Files(lab.directory)
        self.programs: dict[str, Daemon] = {}
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

    def known(self, node: Node) -> dict[str, str]:
        """
        See L{wand.demo.stage.Stage}.
        """
        program = self.programs[node.name]
        if not program.isRunning:
            raise CommandFailed(f"{node.name} ended with {program.process.returncode}")
        return self._loop.wait(self._known(node))

    async def _known(self, node: Node) -> dict[str, str]:
        try:
            client = await connect(self._loop.reactor, str(self.files.control(node)))
        except WandError:
            return {}  # It has only just been started.
        try:
            return {entry.mac: entry.peer async for entry in client.entries()}
        finally:
            client.close()

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
