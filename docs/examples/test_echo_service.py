"""
The frame service, asked as a node asks it.
"""

from echo_service import ANSWERER, EXPERIMENTAL, EchoService
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import CONSUMED
from wand.testing.frame_services import FrameServiceContract

HOST, ALL = b"\2\0\0\0\0\1", b"\xff" * 6


class EchoServiceTests(FrameServiceContract, SynchronousTestCase):
    """
    The contract, and what only this service does.
    """

    def makeService(self) -> EchoService:
        return EchoService()

    def test_passages(self) -> None:
        """
        What the host asks is answered here, and not asked of others; what others send so is dropped; all else passes.
        """
        watcher = self.opened()
        asked, other = (memoryview(ALL + HOST + kind + b"hello") for kind in (EXPERIMENTAL, b"\x08\x06"))
        self.assertIs(watcher.leaving(asked), CONSUMED)
        self.assertEqual(self.injected, [HOST + ANSWERER + EXPERIMENTAL + b"hello"])
        self.assertIs(watcher.arriving("peer", asked), False)
        self.assertTrue(watcher.leaving(other))
        self.assertTrue(watcher.arriving("peer", other))
