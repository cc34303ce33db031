"""
Tests for L{wand.demo.hosts}.
"""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis.strategies import binary
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.demo.hosts import EXPERIMENT, REQUESTS_UNDER_WAY, MemoryHost
from wand.drivers.lan import LANSettings, MemoryLAN
from wand.ethernet import MAC

ONE, TWO = MAC.parse("02:00:00:00:00:01"), MAC.parse("02:00:00:00:00:02")


class MemoryHostTests(SynchronousTestCase):
    """
    Two hosts on one LAN.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.lan = MemoryLAN(LANSettings(delay=0.01), self.clock, Random(0))
        self.one, self.two = MemoryHost(ONE, self.lan), MemoryHost(TWO, self.lan)

    def test_echoesComeBack(self) -> None:
        """
        A host that is asked for an echo answers the one that asked.
        """
        answers: list[tuple[MAC, int]] = []
        self.one.answered = lambda mac, sequence, sent: answers.append((mac, sequence))
        self.one.ask(TWO, 5)
        self.clock.pump([0.01] * 4)
        self.assertEqual(answers, [(TWO, 5)])

    def test_dataIsConfirmed(self) -> None:
        """
        Data flows as long as it is confirmed, and stops when it is told to.
        """
        self.one.stream(TWO)
        self.clock.pump([0.01] * 20)
        self.assertGreater(self.one.octets, REQUESTS_UNDER_WAY * 1000)
        self.assertTrue(self.two.intact)
        self.one.stream(None)
        self.clock.pump([0.01] * 20)
        before = self.one.octets
        self.clock.pump([0.01] * 20)
        self.assertEqual(self.one.octets, before)

    @given(binary(max_size=64))
    def test_garbageIsIgnored(self, payload: bytes) -> None:
        """
        No frame is too strange to be received.
        """
        port = self.lan.attach(lambda frame: None)
        port.send(TWO + ONE + EXPERIMENT + payload)
        self.clock.pump([0.01] * 4)
        port.detach()
