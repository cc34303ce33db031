"""
What is where in a lab: one server and some nodes.
"""

from __future__ import annotations

from typing import Final

import attrs

from wand.endpoint import NODE_PORT, SERVER_PORT, Endpoint

#: The first octets of the addresses on the one Ethernet, by protocol.
INSIDE: Final = {"sealed": "10.77.0.", "rel2": "10.1.0."}


@attrs.frozen
class Site:
    """
    A host with one program of ours.

    @ivar name: of the host and of the program.
    @ivar address: its IP address on the network between the sites, which stands for the Internet.
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
        Where a node listens.
        """
        return Endpoint(node.address, self.nodePort)

    @property
    def serverEndpoint(self) -> Endpoint:
        """
        Where the server listens.
        """
        return Endpoint(self.server.address, self.serverPort)


def topology(prefix: str = "198.51.100.", count: int = 3, protocol: str = "sealed") -> Topology:
    """
    A server and C{count} nodes.  Their addresses inside are those of their configurations or, in a sealed network,
    those that the server gives to nodes that join one after another.

    @param prefix: the first octets of all addresses between the sites; by default those that RFC 5737 reserves for
        examples.
    """
    inside = INSIDE[protocol]
    nodes = (
        Node(f"node-{number}", f"{prefix}{10 + number}", f"{inside}{number}", f"02:00:00:00:00:{number:02x}")
        for number in range(1, count + 1)
    )
    return Topology(Site("server", f"{prefix}1"), tuple(nodes), protocol=protocol)
