"""
The sender and the receiver of small packets, on the loopback interface.
"""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from bench.packets import BATCH, Messages


class MessagesTests(SynchronousTestCase):
    """
    Many packets in one system call.
    """

    def setUp(self) -> None:
        self.sink = self.socket()
        self.sink.bind(("127.0.0.1", 0))
        self.sink.settimeout(5)
        self.source = self.socket()
        self.source.connect(self.sink.getsockname())

    def socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        return made

    def test_eachPacketHasItsSize(self) -> None:
        """
        One call sends a whole batch, and each packet is as long as was asked for.
        """
        self.assertEqual(Messages(64).sendTo(self.source), BATCH)
        self.assertEqual([len(self.sink.recv(2048)) for _ in range(BATCH)], [64] * BATCH)

    def test_allAreCounted(self) -> None:
        """
        The receiver counts what came, batch by batch.
        """
        messages = Messages(64)
        self.assertEqual([messages.sendTo(self.source) for _ in range(2)], [BATCH, BATCH])
        receiver = Messages(2048)
        self.assertEqual([receiver.receiveFrom(self.sink) for _ in range(2)], [BATCH, BATCH])
