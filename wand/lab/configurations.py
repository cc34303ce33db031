"""
The configuration files of the programs of a lab, and where their other files are.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from wand.lab.topology import Node, Site, Topology


@attrs.frozen
class Files:
    """
    The files of a network's programs.

    @ivar directory: where all of them are.
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
            membership = f'name = "{node.name}"\njoin-file = "{self.token(node)}"'
        else:
            membership = f'addresses = ["{node.inside}/16"]\nservers = ["{topology.serverEndpoint}"]'
        return f"""\
protocol = "{topology.protocol}"
driver = "{topology.driver}"
interface = "wan0"
mac = "{node.mac}"
listen = "{node.address}"
port = {topology.nodePort}
{membership}
control = "{self.control(node)}"
state = "{self.directory / node.name}-state"
{extra}
"""
