"""
A network of ours in a lab: every site a host, every program a process of C{twistd}, every port a tap device.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, TypeVar

from wand.control.client import ControlClient, connect
from wand.errors import NotRunning, TemporarilyUnavailable
from wand.lab.admission import Admission, admitted
from wand.lab.capture import Capture, listening
from wand.lab.commands import PROGRAMS, PYTHON, CommandFailed, Daemon, execute, wait
from wand.lab.configurations import Files
from wand.lab.loop import Loop
from wand.lab.network import Host, Lab
from wand.lab.probe import Echo, EchoProbe, ping
from wand.lab.topology import Node, Site, Topology
from wand.lab.transfer import Transfer, transfers
from wand.status import EntryStatus, PeerStatus, ProgramStatus

#: Seconds for a program to answer at its control socket after its start.
START_PATIENCE: Final = 30.0

T = TypeVar("T")


class Deployment:
    """
    A server and nodes in a lab.  Methods wait until they are done; they raise L{wand.errors.WandError}.

    @ivar topology: what is where.
    @ivar lab: the lab.
    @ivar files: the files of the programs.
    @ivar hosts: the hosts of the lab, by the names of the sites.
    @ivar programs: the programs that were started, by the names of the sites.
    """

    def __init__(self, lab: Lab, topology: Topology, loop: Loop, hosts: dict[str, Host] | None = None) -> None:
        """
        Make the hosts, unless there are some, and write the configurations; nothing is started.

        @param loop: for the connections to control sockets.
        @param hosts: the hosts of the sites, if they are not to hang on the switch.
        """
        self.topology = topology
        self.lab = lab
        self.files = Files(lab.directory)
        self.programs: dict[str, Daemon] = {}
        self._loop = loop
        sites = (topology.server, *topology.nodes)
        self.hosts: dict[str, Host] = hosts or {site.name: lab.host(site.name, f"{site.address}/24") for site in sites}
        self.files.write(topology)

    def start(self, site: Site, *options: str) -> None:
        """
        Start the program of a site.

        @param options: for C{twistd}, which runs it then; otherwise C{python -m twisted} does.
        """
        twist = (*PYTHON, "twisted", "--reactor=prompt")  # as twistd chooses it
        twistd = (str(PROGRAMS / "twistd"), "-n", "--pidfile=", *options) if options else twist
        program = "wand-node" if isinstance(site, Node) else "wand-server"
        self.programs[site.name] = self.hosts[site.name].start(
            site.name, *twistd, program, "--config", str(self.files.configuration(site))
        )

    def startAll(self) -> None:
        """
        Start the server and every node.
        """
        for site in (self.topology.server, *self.topology.nodes):
            self.start(site)

    def kill(self, site: Site) -> None:
        """
        End the program of a site at once, as a crash does.
        """
        self.programs[site.name].kill()

    # Through the control sockets.

    def ask(self, site: Site, question: Callable[[ControlClient], Awaitable[T]]) -> T:
        """
        Ask a program at its control socket, and wait until it answers: it may have only just been started.

        @param question: called with the client.
        @return: the result of C{question}.
        @raise CommandFailed: if the program has ended.
        """
        until = time.monotonic() + START_PATIENCE
        while True:
            try:
                return self._loop.wait(self._ask(site, question))
            except (NotRunning, TemporarilyUnavailable):
                self._checkRunning(site)
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    async def _ask(self, site: Site, question: Callable[[ControlClient], Awaitable[T]]) -> T:
        client = await connect(self._loop.reactor, str(self.files.control(site)))
        try:
            return await question(client)
        finally:
            client.close()

    def _checkRunning(self, site: Site) -> None:
        if not (program := self.programs[site.name]).isRunning:
            raise CommandFailed(f"{site.name} ended with {program.process.returncode}")

    def command(self, site: Site, *words: str) -> str:
        """
        Run the C{wand} command against a program.

        @return: its output.
        """
        return execute(*PYTHON, "wand.cli.main", "--control", str(self.files.control(site)), *words)

    def status(self, site: Site) -> ProgramStatus:
        """
        The status of a program.
        """
        return self.ask(site, ControlClient.status)

    def counters(self, site: Site) -> Counter[str]:
        """
        The counters of a program; those that it has not declared are 0, since some parts declare theirs when they are
        first used.
        """

        async def counters(client: ControlClient) -> Counter[str]:
            return Counter({each.name: each.value async for each in client.counters()})

        return self.ask(site, counters)

    def known(self, node: Node) -> dict[str, str]:
        """
        The table of a node: where each MAC address is.  It is empty until the node answers.
        """
        self._checkRunning(node)
        try:
            return self._loop.wait(self._ask(node, _known))
        except (NotRunning, TemporarilyUnavailable):
            return {}  # it has only just been started

    def awaitTables(self, nodes: Sequence[Node] = ()) -> None:
        """
        Wait until each of some nodes, or of all, knows every other; guests behind a bridge may be known besides.
        """
        nodes = nodes or self.topology.nodes
        for node in nodes:
            others = {other.mac for other in nodes if other is not node}
            wait(lambda node=node, others=others: others <= set(self.known(node)), 20, f"the table of {node.name}")  # type: ignore[misc]

    # Members of a sealed network.

    def invite(self, node: Node, by: Site | None = None, **wishes: Any) -> Path:
        """
        Write an invitation to the file where a node looks for one; see
        L{wand.control.membership_client.MembershipClient.invite}.

        @param by: who invites; without it the server.
        """
        file = self.files.token(node)
        file.write_text(self.ask(by or self.topology.server, lambda server: server.invite(**wishes)))
        file.chmod(0o600)
        return file

    def admit(self, node: Node, by: Site | None = None, **wishes: Any) -> Admission:
        """
        Give an invitation to a node that runs, and wait until it is a member; see L{invite}.
        """
        token = self.invite(node, by, **wishes).read_text()
        return self.ask(node, lambda client: admitted(client, node, token, self._loop.reactor))

    def revoke(self, node: Node) -> None:
        """
        Revoke a member.
        """
        self.ask(self.topology.server, lambda server: server.revoke(node.name))

    # Traffic.

    def ping(self, source: Node, targets: Sequence[Node]) -> Sequence[Echo]:
        """
        Send a few echo requests.

        @return: the echoes that came back.
        """
        return ping(self.hosts[source.name], targets)

    def awaitEcho(self, source: Node, target: Node) -> None:
        """
        Wait until a node has an echo of another; the first requests may still look for the way.
        """
        wait(lambda: self.ping(source, [target]), 20, f"an echo of {target.name}")

    def probe(self, source: Node, targets: Sequence[Node]) -> EchoProbe:
        """
        Begin to send echo requests, fifty a second.
        """
        return EchoProbe(self.hosts[source.name], targets)

    def transfer(self, source: Node, target: Node, seconds: float) -> Iterator[Transfer]:
        """
        Send as much as goes through a TCP connection; see L{transfers}.
        """
        return transfers(self.hosts[source.name], self.hosts[target.name], source, target, seconds)

    def listen(self, patterns: Mapping[str, bytes]) -> AbstractContextManager[Callable[[], Capture]]:
        """
        Listen on the network between the sites; see L{listening}.
        """
        return listening(self.lab, patterns)


def whereabouts(entries: Sequence[EntryStatus], peers: Sequence[PeerStatus]) -> dict[str, str]:
    """
    Where each MAC address of a table is: the endpoint of its peer or, until there is a session, the peer.
    """
    endpoints = {peer.peer: peer.endpoint for peer in peers}
    return {entry.mac: endpoints.get(entry.peer) or entry.peer for entry in entries}


async def _known(client: ControlClient) -> dict[str, str]:
    peers = [peer async for peer in client.peers()]
    return whereabouts([entry async for entry in client.entries()], peers)
