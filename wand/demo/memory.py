# mypy: allow-untyped-calls
# (The methods that Twisted's services hand down have no types.)
"""
The stage without privileges: all programs in this process, every tap a LAN in memory, UDP on loopback.
"""

from __future__ import annotations

import itertools
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self, cast

import attrs
from twisted.application.service import IService
from twisted.internet.defer import maybeDeferred
from twisted.logger import Logger, globalLogBeginner, textFileLogObserver

from wand.config import EtudConfiguration, NodeConfiguration, ServerConfiguration, WansdConfiguration, load
from wand.control.client import connect
from wand.control.network_administration import InvitationSettings
from wand.demo import stranger
from wand.demo.figures import Silence
from wand.demo.hosts import MemoryHost
from wand.demo.overhearing import OverheardUnderlay
from wand.discovery.catalogue import discover
from wand.drivers.memory import MemoryDriver
from wand.ethernet import MAC
from wand.health.failures import Failures
from wand.interfaces import Context, ITapDriver
from wand.lab.admission import Admission, admitted
from wand.lab.capture import Capture, Eavesdropper
from wand.lab.configurations import Files
from wand.lab.deployment import whereabouts
from wand.lab.loop import Loop
from wand.lab.probe import ECHO_INTERVAL, Echo
from wand.lab.topology import Node, Site, Topology, topology
from wand.lab.transfer import Transfer
from wand.programs.control_socket import ControlService
from wand.programs.node import NodeService
from wand.programs.program import Kind, Surroundings
from wand.programs.real_context import realContext
from wand.programs.rel2_server import REL2ServerProgram
from wand.programs.sealed_server import SealedServer
from wand.state import UNCHANGED
from wand.timing.repeating import Repeating


class Memory:
    """
    A L{wand.demo.stage.Stage} in this process.
    """

    _logger = Logger()

    way = "memory"
    carrier = "test frames"

    def __init__(self, loop: Loop, directory: Path, protocol: str) -> None:
        self.topology: Topology = attrs.evolve(
            topology("127.0.0.", protocol=protocol), nodePort=_freePort(), serverPort=_freePort(), driver="memory"
        )
        self._loop = loop
        self._files = Files(directory)
        self._files.write(self.topology)
        self._log = directory / "log"
        self._heard: Callable[[bytes], object] = lambda datagram: None
        self._programs: dict[str, IService] = {}
        self._hosts: dict[str, MemoryHost] = {}
        self._contexts: dict[str, Context] = {}

    @classmethod
    @contextmanager
    def opened(cls, loop: Loop, protocol: str) -> Iterator[Self]:
        """
        A stage, as long as this context lasts.
        """
        with tempfile.TemporaryDirectory(prefix="wand-") as directory:
            stage = cls(loop, Path(directory), protocol)
            with stage._log.open("w") as log:
                globalLogBeginner.beginLoggingTo([textFileLogObserver(log)], redirectStandardIO=False)
                try:
                    yield stage
                finally:
                    for site in (stage.topology.server, *stage.topology.nodes):
                        stage.kill(site)

    def start(self, site: Site) -> None:
        """
        See L{wand.demo.stage.Stage}.
        """
        self._loop.call(self._start, site)

    def _start(self, site: Site) -> None:
        service = self._programs[site.name] = self._program(site)
        control = str(self._files.control(site))
        context = self._contexts[site.name]
        ControlService(self._loop.reactor, control, "", UNCHANGED, service, context).setServiceParent(service)
        service.privilegedStartService()
        service.startService()
        if isinstance(site, Node):
            driver = cast(MemoryDriver, discover(ITapDriver).choose("memory"))
            self._hosts[site.name] = MemoryHost(MAC.parse(site.mac), driver.lans[site.name])

    def _program(self, site: Site) -> NodeService | SealedServer | REL2ServerProgram:
        if isinstance(site, Node):
            nodeKind: type[EtudConfiguration] = NodeConfiguration
            return NodeService(self._surroundings(site, nodeKind))
        if self.topology.isSealed:
            return SealedServer(self._surroundings(site, ServerConfiguration), lambda text: None)
        serverKind: type[WansdConfiguration] = ServerConfiguration
        return REL2ServerProgram(self._surroundings(site, serverKind))

    def _surroundings(self, site: Site, kind: type[Kind]) -> Surroundings[Kind]:
        context = self._contexts[site.name] = realContext(self._loop.reactor)
        file = str(self._files.configuration(site))
        return Surroundings(
            load=partial(load, kind, file),
            context=attrs.evolve(context, underlay=OverheardUnderlay(context.underlay, lambda each: self._heard(each))),
            owner=UNCHANGED,
            end=lambda: None,
            lost=partial(self._logger.error, "{site}: {reason}", site=site.name),
            origin=file,
        )

    def admit(self, node: Node) -> Admission:
        """
        See L{wand.demo.stage.Stage}.
        """
        return self._loop.wait(self._admit(node))

    async def _admit(self, node: Node) -> Admission:
        token = await cast(SealedServer, self._programs["server"]).network.invite(InvitationSettings(lifetime=3600.0))
        client = await connect(self._loop.reactor, str(self._files.control(node)))
        try:
            return await admitted(client, node, token, self._loop.reactor)
        finally:
            client.close()

    def revoke(self, node: Node) -> None:
        """
        See L{wand.demo.stage.Stage}.
        """
        self._loop.wait(cast(SealedServer, self._programs["server"]).network.revoke(node.name))

    def knock(self) -> Silence:
        """
        See L{wand.demo.stage.Stage}.
        """
        endpoints = [self.topology.serverEndpoint, *map(self.topology.endpoint, self.topology.nodes)]
        return stranger.knock("127.0.0.99", endpoints)

    @contextmanager
    def listen(self, patterns: Mapping[str, bytes]) -> Iterator[Callable[[], Capture]]:
        """
        See L{wand.demo.stage.Stage}.
        """
        listener = Eavesdropper(patterns)
        self._heard = listener.hear
        try:
            yield lambda: listener.capture
        finally:
            self._heard = lambda datagram: None

    def kill(self, site: Site) -> None:
        """
        See L{wand.demo.stage.Stage}.
        """
        self._loop.wait(self._kill(site.name))

    async def _kill(self, name: str) -> None:
        if (service := self._programs.pop(name, None)) is not None:
            await maybeDeferred(service.stopService)
        if (host := self._hosts.pop(name, None)) is not None:
            host.leave()

    def known(self, node: Node) -> dict[str, str]:
        """
        See L{wand.demo.stage.Stage}.
        """
        service = cast(NodeService, self._programs[node.name])
        limit = len(self.topology.nodes) + 1  # and the server
        return self._loop.call(lambda: whereabouts(service.entries(None, limit), service.peers(None, limit)))

    def ping(self, source: Node, targets: Sequence[Node]) -> Sequence[Echo]:
        """
        See L{wand.demo.stage.Stage}.
        """
        probe = self.probe(source, targets)
        time.sleep(5 * ECHO_INTERVAL)
        probe.stop()
        return probe.echoes()

    def probe(self, source: Node, targets: Sequence[Node]) -> MemoryProbe:
        """
        See L{wand.demo.stage.Stage}.
        """
        probe = MemoryProbe(self._loop, self._hosts[source.name], targets, self._contexts[source.name].failures)
        self._loop.call(probe.start)
        return probe

    def transfer(self, source: Node, target: Node, seconds: float) -> Iterator[Transfer]:
        """
        See L{wand.demo.stage.Stage}.
        """
        sender, receiver = self._hosts[source.name], self._hosts[target.name]
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            self._loop.call(sender.stream, MAC.parse(target.mac))
            yield Transfer(source.name, target.name, sender.octets, passed)
        self._loop.call(sender.stream, None)
        yield Transfer(source.name, target.name, sender.octets, passed, receiver.intact)

    def evidence(self) -> Sequence[tuple[str, str]]:
        """
        See L{wand.demo.stage.Stage}.
        """
        return [("all programs", "\n".join(self._log.read_text().splitlines()[-20:]))]

    def visit(self) -> Sequence[tuple[str, str]]:
        """
        See L{wand.demo.stage.Stage}.
        """
        control = self._files.control(self.topology.nodes[0])
        return [(f"{sys.argv[0]} --control {control} table", f"the table of {self.topology.nodes[0].name}")]


class MemoryProbe:
    """
    A L{wand.demo.stage.Probe}.
    """

    def __init__(self, loop: Loop, host: MemoryHost, targets: Sequence[Node], failures: Failures) -> None:
        self._loop = loop
        self._host = host
        self._nodes = {MAC.parse(node.mac): node for node in targets}
        self._sequence = itertools.count()
        self._echoes: list[Echo] = []
        self._asking = Repeating("probe", self._ask, loop.reactor, failures)

    def start(self) -> None:
        """
        Begin to send requests.
        """
        self._host.answered = self._answered
        self._asking.start(ECHO_INTERVAL)

    def stop(self) -> None:
        """
        See L{wand.demo.stage.Probe}.
        """
        self._loop.call(self._asking.stop)

    def echoes(self) -> Sequence[Echo]:
        """
        See L{wand.demo.stage.Probe}.
        """
        return list(self._echoes)

    def _ask(self) -> None:
        sequence = next(self._sequence)
        for mac in self._nodes:
            self._host.ask(mac, sequence)

    def _answered(self, mac: MAC, sequence: int, sent: float) -> None:
        if (node := self._nodes.get(mac)) is not None:
            self._echoes.append(Echo(node, sequence, sent, (time.monotonic() - sent) * 1000))


def _freePort() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
