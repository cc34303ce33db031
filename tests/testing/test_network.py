"""
Tests of L{wand.testing.network}.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.testing.inbox import INBOX_MAXIMUM
from wand.testing.network import Network
from wand.underlay.ports import DATAGRAM_MAXIMUM, Underlay


class Inbox:
    """
    Records what a port receives; C{None} marks the end of a batch.
    """

    def __init__(self) -> None:
        self.received: list[tuple[bytes, tuple[str, int]] | None] = []
        self.views: list[memoryview] = []

    @property
    def payloads(self) -> list[bytes]:
        return [each[0] for each in self.received if each is not None]

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.received.append((bytes(datagram), sender))
        self.views.append(datagram)

    def batchReceived(self) -> None:
        self.received.append(None)


class NetworkTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(1))
        self.inbox = Inbox()
        self.alice: Underlay = self.network.host("192.0.2.1")
        self.bob: Underlay = self.network.host("192.0.2.2")
        self.sender = self.alice.bind("0.0.0.0", 1000, Inbox())
        self.target = Endpoint("192.0.2.2", 2000)

    def test_datagramArrivesInTheNextTurn(self) -> None:
        """
        Without a delay a datagram arrives, with its sender, in the next turn of the clock and not before.
        """
        self.bob.bind("192.0.2.2", 2000, self.inbox)
        self.assertTrue(self.sender.send(b"hello", self.target))
        self.assertEqual(self.inbox.received, [])
        self.clock.advance(0)
        self.assertEqual(self.inbox.received, [(b"hello", Endpoint("192.0.2.1", 1000)), None])

    def test_datagramsOfOneTurnMakeOneBatch(self) -> None:
        """
        What arrives in one turn is followed by one end of the batch.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.sender.send(b"a", self.target)
        self.sender.sendParts([b"b", memoryview(b"c")], self.target)
        self.clock.advance(0)
        self.assertEqual(self.inbox.payloads, [b"a", b"bc"])
        self.assertEqual(self.inbox.received[2:], [None])

    def test_datagramTakesItsDelay(self) -> None:
        """
        A datagram arrives when the delay of the network has passed.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.network.delay = 0.5
        self.sender.send(b"late", self.target)
        self.clock.advance(0.4)
        self.assertEqual(self.inbox.payloads, [])
        self.clock.advance(0.2)
        self.assertEqual(self.inbox.payloads, [b"late"])

    def test_lossDropsItsShare(self) -> None:
        """
        Of many datagrams about the given share is lost.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.network.loss = 0.3
        for _ in range(1000):
            self.sender.send(b"x", self.target)
        self.clock.advance(0)
        self.assertTrue(620 < len(self.inbox.payloads) < 780, len(self.inbox.payloads))

    def test_duplicationRepeatsADatagram(self) -> None:
        """
        A network that duplicates everything delivers everything twice.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.network.duplication = 1.0
        self.sender.send(b"x", self.target)
        self.clock.advance(0)
        self.assertEqual(self.inbox.payloads, [b"x", b"x"])

    def test_jitterReorders(self) -> None:
        """
        With jitter datagrams overtake each other, and all arrive.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.network.jitter = 1.0
        payloads = [bytes([number]) for number in range(50)]
        for payload in payloads:
            self.sender.send(payload, self.target)
        self.clock.pump([0.01] * 101)
        self.assertNotEqual(self.inbox.payloads, payloads)
        self.assertEqual(sorted(self.inbox.payloads), payloads)

    def test_filterDropsUntilItIsTakenBack(self) -> None:
        """
        A filter loses what it names until it is taken back.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        undo = self.network.drop(lambda datagram: datagram.destination.host == "192.0.2.2")
        self.sender.send(b"lost", self.target)
        undo()
        undo()
        self.sender.send(b"found", self.target)
        self.clock.advance(0)
        self.assertEqual(self.inbox.payloads, [b"found"])
        self.assertEqual([datagram.payload for datagram in self.network.sent], [b"lost", b"found"])

    def test_takenPortIsRefused(self) -> None:
        """
        A port is bound once on a host, whether to its own address or to any, and is free again after its close.
        """
        port = self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.assertRaises(PortUnavailable, self.bob.bind, "192.0.2.2", 2000, Inbox())
        self.alice.bind("0.0.0.0", 2000, Inbox())
        port.close()
        port.close()
        self.bob.bind("192.0.2.2", 2000, Inbox())

    def test_foreignAddressIsRefused(self) -> None:
        """
        A host binds no address of another host.
        """
        self.assertRaises(PortUnavailable, self.bob.bind, "192.0.2.1", 2000, self.inbox)

    def test_anyPortIsFree(self) -> None:
        """
        Port 0 gives a free port each time, and the port says which.
        """
        ports = {self.bob.bind("0.0.0.0", 0, Inbox()).endpoint.port for _ in range(3)}
        self.assertEqual(len(ports), 3)
        self.assertNotIn(0, ports)

    def test_closedPortNeitherSendsNorReceives(self) -> None:
        """
        What is under way to a port that closes is lost, and the port sends nothing more.
        """
        port = self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.sender.send(b"x", self.target)
        port.close()
        self.clock.advance(0)
        self.assertEqual(self.inbox.received, [])
        self.assertFalse(port.send(b"x", self.sender.endpoint))

    def test_tooLargeDatagramIsRefused(self) -> None:
        """
        A datagram of the largest size of UDP is taken, one of an octet more is not.
        """
        self.assertTrue(self.sender.send(bytes(DATAGRAM_MAXIMUM), self.target))
        self.assertFalse(self.sender.send(bytes(DATAGRAM_MAXIMUM + 1), self.target))

    def test_queueIsBounded(self) -> None:
        """
        A port holds so many datagrams and loses those beyond.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        for _ in range(INBOX_MAXIMUM + 5):
            self.sender.send(b"x", self.target)
        self.clock.advance(0)
        self.assertEqual(len(self.inbox.payloads), INBOX_MAXIMUM)

    def test_viewIsGoodUntilTheCallReturns(self) -> None:
        """
        Whoever keeps the view of a datagram finds other octets in it later, as with the real underlay.
        """
        self.bob.bind("0.0.0.0", 2000, self.inbox)
        self.sender.send(b"hello", self.target)
        self.clock.advance(0)
        self.assertNotEqual(bytes(self.inbox.views[0]), b"hello")
