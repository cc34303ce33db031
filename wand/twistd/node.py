"""
C{twistd wand-node}: one port of the Ethernet.
"""

from __future__ import annotations

from functools import partial

from twisted.application.service import IService

from wand.config import NodeConfiguration
from wand.services.context import realContext
from wand.services.control import ControlService
from wand.services.node import Node
from wand.twistd.ending import endBecause, endSoon, explainErrors
from wand.twistd.options import ProgramOptions, optionsFor

Options = optionsFor(NodeConfiguration, "One port of the Ethernet: etud, wand and a control socket.")


def makeService(options: ProgramOptions) -> IService:
    """
    Compose a node.
    """
    from twisted.internet import reactor

    explainErrors("wand-node")
    load = partial(options.configuration, NodeConfiguration)
    node = Node(
        load,
        realContext(reactor),
        options.owner(),
        end=partial(endSoon, reactor),
        lost=partial(endBecause, reactor),
        origin=options["config"] or "",
    )
    configuration = load()
    ControlService(reactor, configuration.control, configuration.controlGroup, options.owner(), node).setServiceParent(
        node
    )
    return node
