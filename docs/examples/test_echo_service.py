"""
The frame service, asked as a node asks it.
"""

from random import Random

from echo_service import ANSWERER, EXPERIMENTAL, EchoService
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.ethernet import MAC, Frame
from wand.interfaces import CONSUMED, IFrameService, IFrameWatcher
from wand.testing.context import simulatedNode
from wand.testing.network import Network

HOST, ALL = b"\2\0\0\0\0\1", b"\xff" * 6


class EchoServiceTests(SynchronousTestCase):
    """
    A node that has the service.
    """

    def setUp(self) -> None:
        clock = Clock()
        context = simulatedNode(clock, Network(clock, Random(0)), "192.168.1.2", MAC(HOST))
        service = EchoService()
        self.injected: list[Frame] = []
        self.watcher = service.open({}, context, self.injected.append)
        self.addCleanup(self.watcher.close)
        verifyObject(IFrameService, service)
        verifyObject(IFrameWatcher, self.watcher)

    def test_passages(self) -> None:
        """
        What the host asks is answered here, and not asked of others; what others send so is dropped; all else passes.
        """
        asked, other = (memoryview(ALL + HOST + kind + b"hello") for kind in (EXPERIMENTAL, b"\x08\x06"))
        self.assertIs(self.watcher.leaving(asked), CONSUMED)
        self.assertEqual(self.injected, [HOST + ANSWERER + EXPERIMENTAL + b"hello"])
        self.assertIs(self.watcher.arriving("peer", asked), False)
        self.assertTrue(self.watcher.leaving(other))
        self.assertTrue(self.watcher.arriving("peer", other))
