"""
Tests for what programs put into the context of their plugins, and for what they say of plugins when they start.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from added_plugins import adding
from installed import installDriver, onThePath
from sealed_network_case import Dwelling, SealedNetworkTestCase
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.interfaces import BaseHook, BasePlugin, Context, IHook, IHookListener, Settings
from wand.programs.real_context import realContext


@implementer(IHook)
class Curious(BasePlugin):
    """
    A hook that keeps its context.
    """

    name = "curious"
    about = "keeps its context"

    def __init__(self) -> None:
        self.contexts: list[Context] = []

    def open(self, settings: Settings, context: Context) -> IHookListener:
        """
        See L{IHook}.
        """
        self.contexts.append(context)
        return BaseHook()


class PluginContextTests(SealedNetworkTestCase):
    """
    A server and a node with a hook each.
    """

    def setUp(self) -> None:
        self.curious = Curious()

        def discovered(interface: Any, *rest: Any) -> Any:
            return adding({IHook: self.curious}, interface, *rest)

        self.patch(__import__("wand.programs.hooks", fromlist=["discover"]), "discover", discovered)
        super().setUp()

    def serve(self, name: str = "server", **keys: Any) -> Any:
        """
        See L{SealedNetworkTestCase}.
        """
        return super().serve(name, hooks=["curious"], network="blue", **keys)

    def test_whatItKnows(self) -> None:
        """
        A plugin learns the name of the network, on the server and on a node that joined, and keeps something in the
        state directory of its program.
        """
        one = self.dwelling(1, hooks=["curious"])
        server, node = self.curious.contexts
        self.assertEqual((server.networkName(), node.networkName()), ("blue", "blue"))
        self.successResultOf(node.store.write({b"it": b"1"}))
        self.assertTrue((Path(self.directory) / "node-1" / "plugin-hook-curious").is_file())
        self.assertEqual(self.successResultOf(server.store.load()), {})
        self.assertEqual(one.own.network, "blue")

    def test_aNodeThatIsNoMember(self) -> None:
        """
        Before it joined, the name is empty.
        """
        stranger = Dwelling(self, 9, hooks=["curious"]).start()
        self.addCleanup(stranger.stop)
        self.assertEqual(self.curious.contexts[-1].networkName(), "")


class StartTests(SynchronousTestCase):
    """
    A program that starts beside other distributions.
    """

    def test_namesThatSeveralHave(self) -> None:
        """
        A name that several distributions have is said in a note.
        """
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        installDriver(folder, "memory", "its_memory", "its-memory")
        with onThePath(folder):
            context = realContext(MemoryReactorClock())
        (said,) = [text for text in context.notes.texts if "its-memory" in text]
        self.assertIn("the driver 'memory' is published by wandaemon", said)
