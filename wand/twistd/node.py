"""
C{twistd wand-node}: one port of the Ethernet.
"""

from __future__ import annotations

from twisted.application.service import IService

from wand.config import NodeConfiguration
from wand.twistd.compose import composeNode
from wand.twistd.options import ProgramOptions, optionsFor

Options = optionsFor(
    NodeConfiguration, "One port of the Ethernet: etud, wand and a control socket.", "/etc/wand/node.toml"
)


def makeService(options: ProgramOptions) -> IService:
    """
    Compose a node.
    """
    return composeNode("wand-node", options, NodeConfiguration)
