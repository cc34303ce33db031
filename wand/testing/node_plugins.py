"""
A plugin of a node in a test, and the node, in simulated time.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock

from wand.ethernet import MAC
from wand.interfaces import Context, NodeContext
from wand.testing.context import simulatedNode
from wand.testing.network import Network
from wand.testing.plugin_bench import PluginBench


class NodePluginBench(PluginBench):
    """
    A plugin that is opened for a node.  The node is at 192.168.1.2, port 22222, in simulated time.

    @ivar clock: the node's time.
    @ivar network: the node's network.
    """

    clock: Clock
    network: Network

    def makeContext(self) -> Context:
        """
        See L{PluginBench}.
        """
        if not hasattr(self, "network"):
            self.clock = Clock()
            self.network = Network(self.clock, Random(0))
        return self.nodeContext()

    def nodeContext(self) -> NodeContext:
        """
        What the plugin works with.  A plugin that needs more, such as C{sealed}, overrides this.
        """
        return simulatedNode(self.clock, self.network, "192.168.1.2", MAC(b"\2\0\0\0\0\1"))

    def holdings(self) -> tuple[object, ...]:
        """
        See L{PluginBench}: ports, too.
        """
        return *super().holdings(), f"{self.network.bound} ports"
