"""
Tests for L{wand.demo.overhearing}.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.demo.overhearing import OverheardUnderlay
from wand.testing.network import Network


class Deaf:
    """
    A receiver that drops everything.
    """

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        pass

    def batchReceived(self) -> None:
        pass


class OverheardUnderlayTests(SynchronousTestCase):
    """
    Somebody who listens where a program sends.
    """

    def test_everyDatagramIsOverheard(self) -> None:
        """
        What a program sends is heard by the listener, and still sent.
        """
        clock = Clock()
        network, heard = Network(clock, Random(0)), list[bytes]()
        port = OverheardUnderlay(network.host("192.0.2.1"), heard.append).bind("0.0.0.0", 7, Deaf())
        port.send(b"one", ("192.0.2.2", 7))
        port.sendParts([b"t", memoryview(b"wo")], ("192.0.2.2", 7))
        self.assertEqual(heard, [b"one", b"two"])
        self.assertEqual([each.payload for each in network.sent], heard)
        port.close()
