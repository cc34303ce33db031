"""
What a node needs in a large network: one real server that lists thousands of members, and a real node that talks to a
few others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

import attrs

from bench.scale.realm import foundRealm
from bench.scale.server import processorOf, residentOf
from wand.lab import Lab, wait
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Node, topology

#: Seconds within which all are reached.
_PATIENCE: Final = 60.0

#: Seconds after which what was under way is over.
_QUIET: Final = 5.0


@attrs.frozen
class NodeFigures:
    """
    What was found.

    @ivar members: how many the directory lists.
    @ivar peers: with how many others the node talked.
    @ivar resident: the memory of the node, in octets.
    @ivar rest: which part of a processor it takes when nobody talks any more.
    """

    members: int
    peers: int
    resident: int
    rest: float


def measure(loop: Loop, members: int, peers: int, seconds: float, progress: Callable[[str], object]) -> NodeFigures:
    """
    Measure one node.

    @param seconds: how long it is watched at rest.
    @raise wand.errors.WandError: if it does not reach all that it talks to.
    """
    with Lab() as lab:
        # As pip installs it: modules are compiled, at the latest by the nodes before the last.
        os.environ["PYTHONPYCACHEPREFIX"] = str(lab.directory / "compiled")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        network = Deployment(lab, topology(count=peers + 1), loop)
        progress(f"making a network of {members} members")
        foundRealm(lab.directory / "server-state", members, isListed=True)
        network.start(network.topology.server)
        *others, one = (_joined(network, node) for node in network.topology.nodes)
        progress(f"talking to {peers}")
        wait(lambda: len({echo.target.name for echo in network.ping(one, others)}) == peers, _PATIENCE, "all answers")
        time.sleep(_QUIET)
        process = str(network.programs[one.name].process.pid)
        before = processorOf(process)
        time.sleep(seconds)
        rest = (processorOf(process) - before) / seconds
        return NodeFigures(network.status(network.topology.server).peers, peers, residentOf(process), rest)


def _joined(network: Deployment, node: Node) -> Node:
    """
    Start a node and let it join; the server chooses its address.
    """
    network.start(node)
    return attrs.evolve(node, inside=network.admit(node).address.partition("/")[0])
