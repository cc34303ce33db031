"""
The stage in a lab, where every program is a process of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wand.demo.figures import Silence
from wand.lab import PYTHON, entrance
from wand.lab.deployment import Deployment

#: The address of the stranger.
STRANGER: Final = "198.51.100.99"


class Namespaces(Deployment):
    """
    A L{wand.demo.stage.Stage} in a lab.
    """

    way = "namespaces"
    carrier = "one TCP connection"

    def knock(self) -> Silence:
        """
        See L{wand.demo.stage.Stage}.
        """
        host = self.lab.hosts.get("stranger") or self.lab.host("stranger", f"{STRANGER}/24")
        endpoints = (self.topology.serverEndpoint, *map(self.topology.endpoint, self.topology.nodes))
        document = json.loads(host.run(*PYTHON, "wand.demo.stranger", STRANGER, *map(str, endpoints)))
        return Silence(document["sent"], document["answers"])

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
