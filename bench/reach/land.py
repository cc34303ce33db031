"""
The land: a lab with the Internet, a public server, and the ends with their routers and their nodes.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

from bench.reach.ends import End
from bench.reach.ground import Ground
from wand.config import ServerConfiguration
from wand.control.client import ControlClient
from wand.errors import WandError
from wand.lab import Daemon, Host, Lab
from wand.lab.deployment import Deployment
from wand.lab.internet import BOTH
from wand.lab.loop import Loop
from wand.lab.probe import EchoProbe
from wand.lab.topology import Node, Site, Topology
from wand.status import PeerStatus
from wand.underlay.place_kinds import RELAY, STREAM, kindOf

#: Seconds between two pings.
PING_INTERVAL: Final = 0.1

#: How the frames of a member go.
DIRECT: Final = "direct"
WAYS: Final = {RELAY: "relay", STREAM: "stream"}

#: What the nodes sign up with: an invitation for all of them.
_USES: Final = 1000


class Land:
    """
    Everything that a matrix needs, started once.

    @ivar ground: the hosts and the routers.
    """

    def __init__(
        self, lab: Lab, loop: Loop, ends: Sequence[End], *, trains: bool = False, versions: Sequence[str] = BOTH
    ) -> None:
        """
        Make the hosts and the routers, and start the server; no node runs yet.

        @param trains: see L{Internet}.
        @param versions: the versions of IP that the server has.
        """
        self.ground = Ground(lab, trains=trains)
        here = self.ground.internet.connect(lab.bare("server"), versions)
        for end in ends:
            self.ground.build(end)
        self._pings = itertools.count(1)
        self._nodes = {end.name: _node(end, number) for number, end in enumerate(ends, 1)}
        topology = Topology(Site("server", "0.0.0.0"), tuple(self._nodes.values()))
        self._network = Deployment(lab, topology, loop, lab.hosts)
        self._configure(ends, [f"[{each}]" if ":" in each else each for each in here.addresses])
        self._network.start(topology.server)
        self._token = self._network.invite(topology.nodes[0], uses=_USES).read_text()

    def start(self, end: End) -> None:
        """
        Start the node of an end, which joins.
        """
        node = self._nodes[end.name]
        token = self._network.files.token(node)
        token.write_text(self._token)
        token.chmod(0o600)
        self._network.start(node)

    def restart(self, end: End, settings: str = "") -> None:
        """
        Kill the node of an end and start it again.

        @param settings: more lines of its configuration.
        """
        node = self._nodes[end.name]
        self._network.kill(node)
        with self._network.files.configuration(node).open("a") as file:
            file.write(f"{settings}\n")
        self._network.start(node)

    def isMember(self, end: End) -> bool:
        """
        Has the node of an end joined?
        """
        node = self._nodes[end.name]
        if node.inside:
            return True
        own = self._network.status(node).own
        if own is None or own.stage != "member" or not own.addresses:
            return False
        self._nodes[end.name] = attrs.evolve(node, inside=own.addresses[0].partition("/")[0])
        return True

    def isUp(self, end: End) -> bool:
        """
        Does the node of an end run as a member?
        """
        try:
            own = self._network.status(self._nodes[end.name]).own
        except WandError:
            return False
        return own is not None and own.stage == "member"

    def isSilent(self, end: End) -> bool:
        """
        Has the host of an end sent nothing through its tap?
        """
        sent = "/sys/class/net/wan0/statistics/tx_packets"
        return self.host(end).run("sh", "-c", f"[ ! -e {sent} ] || cat {sent}").strip() in ("", "0")

    def know(self, one: End, two: End) -> bool:
        """
        Are two ends members that know each other?  If so, neither needs to ask for the other's MAC address.
        """
        nodes = [self._nodes[each.name] for each in (one, two)]
        for node, other in (nodes, nodes[::-1]):
            if not node.inside or other.mac not in self._network.known(node):
                return False
        for node, other in (nodes, nodes[::-1]):
            self._network.hosts[node.name].run(
                "ip", "neighbour", "replace", other.inside, "lladdr", other.mac, "dev", "wan0", "nud", "permanent"
            )
        return True

    def ping(self, one: End, two: End, *, whole: bool = False, interval: float = PING_INTERVAL) -> EchoProbe:
        """
        Begin to ping.

        @param whole: with frames as long as the tap's MTU.
        @param interval: seconds between two pings.
        """
        host, node = self._network.hosts[one.name], self._nodes[two.name]
        size = int(host.run("cat", "/sys/class/net/wan0/mtu")) - 20 if whole else 0
        name = f"ping-{next(self._pings)}-{one.name}-{two.name}"
        return EchoProbe(host, [node], name=name, interval=interval, size=size)

    def peer(self, one: End, two: End) -> PeerStatus | None:
        """
        What the node of an end says of another.
        """
        mac = self._nodes[two.name].mac

        async def peer(client: ControlClient) -> PeerStatus | None:
            return next(iter([each async for each in client.peers() if mac in each.macs]), None)

        return self._network.ask(self._nodes[one.name], peer)

    def way(self, one: End, two: End) -> str:
        """
        How frames from an end to another go; empty if they do not.
        """
        peer = self.peer(one, two)
        if peer is None or not peer.endpoint:
            return ""
        return WAYS.get(kindOf(peer.endpoint.rpartition(":")[0]), DIRECT)

    def usesStream(self, end: End) -> bool:
        """
        Does the node of an end reach the server by a stream?
        """
        return any("stream" in note for note in self._network.status(self._nodes[end.name]).notes)

    def host(self, end: End) -> Host:
        """
        The host of an end.
        """
        return self._network.hosts[end.name]

    def overlay(self, end: End) -> str:
        """
        The overlay address of an end.
        """
        return self._nodes[end.name].inside

    def program(self, end: End | None = None) -> Daemon:
        """
        The program of an end, or the server.
        """
        return self._network.programs[end.name if end else "server"]

    def _configure(self, ends: Sequence[End], addresses: Sequence[str]) -> None:
        files, topology = self._network.files, self._network.topology
        public, stream = [f"{address}:44444" for address in addresses], ""
        if "tcp" in _keys(ServerConfiguration):
            public += [f"tls://{address}:443" for address in addresses]
            stream = 'tcp = "0.0.0.0:443"\n'
        files.configuration(topology.server).write_text(f"""\
public = {msgspec.json.encode(public).decode()}
control = "{files.control(topology.server)}"
state = "{files.directory}/server-state"
{stream}""")
        for end in ends:
            node = self._nodes[end.name]
            files.configuration(node).write_text(f"""\
name = "{end.name}"
mac = "{node.mac}"
join-file = "{files.token(node)}"
control = "{files.control(node)}"
state = "{files.directory}/{end.name}-state"
{end.settings}
""")


def _keys(kind: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)}


def _node(end: End, number: int) -> Node:
    return Node(end.name, "", "", f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}")


def settle(land: Land, ends: Sequence[End], seconds: float, pause: float) -> list[End]:
    """
    Wait until all nodes have joined, or none has for a while although others have: the rest cannot.

    @param seconds: for all of them.
    @param pause: seconds in which one more should join.
    @return: those that have not joined.
    """
    waiting, until, latest = list(ends), time.monotonic() + seconds, float("inf")
    while waiting and time.monotonic() < min(until, latest + pause):
        left = [end for end in waiting if not _joined(land, end)]
        if len(left) < len(waiting):
            latest = time.monotonic()
        waiting = left
        time.sleep(0.05)
    return waiting


def _joined(land: Land, end: End) -> bool:
    try:
        return land.isMember(end)
    except WandError:
        return False
