"""
The demo's network: where everything is, and the configuration of each program, which is written nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs

from wand.endpoint import NODE_PORT, SERVER_PORT, Endpoint

#: What the addresses on the one Ethernet begin with, by the protocol.
INSIDE: Final = {"sealed": "10.77.0.", "rel2": "10.1.0."}


@attrs.frozen
class Site:
    """
    A place with one program of ours.

    @ivar name: of the host and of the program.
    @ivar address: on the network between the sites, as if it were the Internet.
    """

    name: str
    address: str


@attrs.frozen
class Node(Site):
    """
    A site with a node.

    @ivar inside: its IP address on the one Ethernet.
    @ivar mac: its MAC address there.
    """

    inside: str
    mac: str


@attrs.frozen
class Topology:
    """
    One server and some nodes.

    @ivar nodePort: the UDP port of every node.
    @ivar serverPort: the UDP port of the server.
    @ivar driver: the tap driver of every node.
    @ivar protocol: C{sealed} or C{rel2}.
    """

    server: Site
    nodes: tuple[Node, ...]
    nodePort: int = NODE_PORT
    serverPort: int = SERVER_PORT
    driver: str = "tuntap"
    protocol: str = "sealed"

    @property
    def isSealed(self) -> bool:
        """
        Do nodes have to be members?
        """
        return self.protocol == "sealed"

    def node(self, name: str) -> Node:
        """
        The node of this name.
        """
        return next(node for node in self.nodes if node.name == name)

    def endpoint(self, node: Node) -> Endpoint:
        """
        Where a node receives its data.
        """
        return Endpoint(node.address, self.nodePort)

    @property
    def serverEndpoint(self) -> Endpoint:
        """
        Where the server is asked.
        """
        return Endpoint(self.server.address, self.serverPort)


def topology(prefix: str = "198.51.100.", count: int = 3, protocol: str = "sealed") -> Topology:
    """
    A server and C{count} nodes.  The addresses inside are those of the configuration, or, in a sealed network, those
    that a server gives to nodes that join one after the other.

    @param prefix: the first octets of all addresses between the sites; by default those that RFC 5737 keeps for
        examples.
    """
    inside = INSIDE[protocol]
    nodes = (
        Node(f"node-{number}", f"{prefix}{10 + number}", f"{inside}{number}", f"02:00:00:00:00:{number:02x}")
        for number in range(1, count + 1)
    )
    return Topology(Site("server", f"{prefix}1"), tuple(nodes), protocol=protocol)


@attrs.frozen
class Files:
    """
    Where the files of a network's programs are.

    @ivar directory: that of them all.
    """

    directory: Path

    def configuration(self, site: Site) -> Path:
        """
        The configuration file of a site's program.
        """
        return self.directory / f"{site.name}.toml"

    def control(self, site: Site) -> Path:
        """
        The control socket of a site's program.
        """
        return self.directory / f"{site.name}.sock"

    def token(self, node: Node) -> Path:
        """
        The file with a node's invitation.
        """
        return self.directory / f"{node.name}.token"

    def write(self, topology: Topology) -> None:
        """
        Write the configuration of every program.
        """
        self.configuration(topology.server).write_text(self._server(topology))
        for node in topology.nodes:
            self.configuration(node).write_text(self._node(topology, node))

    def _server(self, topology: Topology) -> str:
        return f"""\
protocol = "{topology.protocol}"
listen = "{topology.server.address}"
port = {topology.serverPort}
control = "{self.control(topology.server)}"
state = "{self.directory / topology.server.name}-state"
"""

    def _node(self, topology: Topology, node: Node) -> str:
        # Each node in memory is on a LAN of its own; a tap device has no settings.
        extra = f'driver-settings = {{ lan = "{node.name}" }}' if topology.driver == "memory" else ""
        if topology.isSealed:
            entrance = f'name = "{node.name}"\njoin-file = "{self.token(node)}"'
        else:
            entrance = f'addresses = ["{node.inside}/16"]\nservers = ["{topology.serverEndpoint}"]'
        return f"""\
protocol = "{topology.protocol}"
driver = "{topology.driver}"
interface = "wan0"
mac = "{node.mac}"
listen = "{node.address}"
port = {topology.nodePort}
{entrance}
control = "{self.control(node)}"
state = "{self.directory / node.name}-state"
{extra}
"""
