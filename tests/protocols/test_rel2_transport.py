"""
Tests for L{wand.protocols.rel2}.
"""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, ConfigurationInvalid, PortUnavailable
from wand.ethernet import MAC, Frame
from wand.interfaces import IFrameReceiver, IPeerProtocol, ITransport, TransportRequest
from wand.protocols.rel2 import HEARD_INTERVAL, REL2, REL2Transport
from wand.superframes.stretch import Stretch
from wand.table import Peer
from wand.testing.context import simulatedContext
from wand.testing.network import Network

OWN = MAC.parse("02:00:00:00:00:01")
FRAME = bytes.fromhex("020000000001 020000000002 88b5") + b"payload"


@implementer(IFrameReceiver)
class Receiver:
    """
    Keeps what it is handed.
    """

    def __init__(self) -> None:
        self.frames: list[tuple[Peer, bytes]] = []
        self.heard: list[Peer] = []
        self.batches = 0

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.frames.append((peer, bytes(frame)))

    def stretchReceived(self, peer: Peer, stretch: Stretch) -> None:
        """
        See L{IFrameReceiver}: REL2 has no superframes.
        """
        raise AssertionError("REL2 has no superframes")

    def batchReceived(self) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.batches += 1

    def peerHeard(self, peer: Peer) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.heard.append(peer)


class Raw:
    """
    A program that sends and receives plain datagrams.
    """

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.DatagramReceiver}.
        """
        self.datagrams.append(bytes(datagram))

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.DatagramReceiver}.
        """


class REL2Tests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(1))
        self.receiver = Receiver()
        self.context = simulatedContext(self.clock, self.network, "192.0.2.1")
        self.transport = self.opened()
        self.raw = Raw()
        self.other = self.network.host("192.0.2.2").bind("0.0.0.0", 22222, self.raw)

    def opened(self, **settings: object) -> REL2Transport:
        """
        Open a transport that hands frames to our receiver.
        """
        transport = REL2().open(TransportRequest("0.0.0.0", 22222, OWN, 1280, settings), self.context)
        assert isinstance(transport, REL2Transport)
        transport.start(self.receiver)
        self.addCleanup(transport.stop)
        return transport

    def arrive(self, datagram: bytes) -> None:
        """
        Let a datagram of the other host arrive.
        """
        self.other.send(datagram, ("192.0.2.1", 22222))
        self.clock.advance(0)

    def test_interfaces(self) -> None:
        """
        The plugin and what it opens provide their interfaces.
        """
        self.assertTrue(verifyObject(IPeerProtocol, REL2()))
        self.assertTrue(verifyObject(ITransport, self.transport))
        self.assertIsNone(REL2().unusable())

    def test_onTheWire(self) -> None:
        """
        A frame leaves as two zero octets and the whole frame.
        """
        self.transport.send(Endpoint("192.0.2.2", 22222), FRAME)
        self.clock.advance(0)
        self.assertEqual(self.raw.datagrams, [b"\0\0" + FRAME])

    def test_fromTheWire(self) -> None:
        """
        Whatever the two first octets are, the frame behind them arrives, and then the batch is over.
        """
        self.arrive(b"\xab\xcd" + FRAME)
        self.assertEqual(self.receiver.frames, [(("192.0.2.2", 22222), FRAME)])
        self.assertEqual(self.receiver.batches, 1)

    def test_runt(self) -> None:
        """
        A datagram under 16 octets is dropped and counted.
        """
        for size in range(16):
            self.arrive(bytes(size))
        self.assertEqual(self.receiver.frames, [])
        self.assertEqual(self.context.counters["drop-rel2-runt"], 16)
        self.arrive(bytes(16))
        self.assertEqual(len(self.receiver.frames), 1)

    def test_unknownSender(self) -> None:
        """
        As in the original, a frame of somebody who is not in the table is taken; it is counted.
        """
        self.arrive(b"\0\0" + FRAME)
        self.assertEqual(self.context.counters["rel2-unknown-senders"], 1)
        self.assertEqual(len(self.receiver.frames), 1)

    def test_onlyKnownSenders(self) -> None:
        """
        With senders = known, hosts that are not in the table are dropped; the port does not matter, since the sender
        may be behind an address translator.
        """
        self.transport.stop()
        transport = self.opened(senders="known")
        self.arrive(b"\0\0" + FRAME)
        self.assertEqual(self.receiver.frames, [])
        self.assertEqual(self.context.counters["drop-rel2-unknown-sender"], 1)
        transport.peerAdded(Endpoint("192.0.2.2", 7))
        self.arrive(b"\0\0" + FRAME)
        self.assertEqual(len(self.receiver.frames), 1)
        transport.peerRemoved(Endpoint("192.0.2.2", 7))
        self.arrive(b"\0\0" + FRAME)
        self.assertEqual(len(self.receiver.frames), 1)

    def test_settings(self) -> None:
        """
        Unknown settings and values are refused with their key.
        """
        for settings in ({"sender": "any"}, {"senders": "some"}):
            with self.assertRaises(ConfigurationInvalid) as caught:
                self.opened(**settings)
            self.assertEqual(caught.exception.key, *settings)

    def test_portTaken(self) -> None:
        """
        Two nodes can not have the same port.
        """
        with self.assertRaises(PortUnavailable):
            self.opened()

    def test_accounts(self) -> None:
        """
        What passed between a peer of the table and us is counted for it.
        """
        peer = Endpoint("192.0.2.2", 22222)
        self.transport.peerAdded(peer)
        self.clock.advance(1000)
        self.transport.send(peer, FRAME)
        self.assertEqual(self.transport.peerStatus(peer).state, "known")
        self.arrive(b"\0\0" + FRAME)
        status = self.transport.peerStatus(peer)
        self.assertEqual((status.state, status.heard), ("heard", 1000))
        self.assertEqual((status.framesSent, status.bytesSent), (1, len(FRAME)))
        self.assertEqual((status.framesReceived, status.bytesReceived), (1, len(FRAME)))

    def test_heard(self) -> None:
        """
        A peer that talks is reported as living, but not for every frame.
        """
        peer = Endpoint("192.0.2.2", 22222)
        self.transport.peerAdded(peer)
        self.clock.advance(1000)
        for _ in range(5):
            self.arrive(b"\0\0" + FRAME)
        self.assertEqual(self.receiver.heard, [peer])
        self.clock.advance(HEARD_INTERVAL)
        self.arrive(b"\0\0" + FRAME)
        self.assertEqual(self.receiver.heard, [peer, peer])

    def test_noAccountsOfStrangers(self) -> None:
        """
        Whoever sends, nothing is kept about those who are not in the table.
        """
        for port in range(1, 200):
            self.transport.datagramReceived(memoryview(b"\0\0" + FRAME), ("198.51.100.1", port))
        self.assertEqual(self.transport._accounts, {})

    def test_peerFrom(self) -> None:
        """
        An operator writes a peer as an IPv4 address, with a port where it is not 22222.
        """
        self.assertEqual(self.transport.peerFrom("192.0.2.9"), ("192.0.2.9", 22222))
        for text in ("[2001:db8::1]:5", "host", ""):
            with self.assertRaises(AddressInvalid):
                self.transport.peerFrom(text)

    def test_stopped(self) -> None:
        """
        After a stop nothing is handed over, and stopping again does nothing.
        """
        self.transport.stop()
        self.transport.stop()
        self.arrive(b"\0\0" + FRAME)
        self.transport.datagramReceived(memoryview(b"\0\0" + FRAME), ("192.0.2.2", 22222))
        self.assertEqual(self.receiver.frames, [])

    @given(st.binary(max_size=100))
    def test_anyDatagramIsTakenOrCounted(self, datagram: bytes) -> None:
        """
        Nothing that arrives raises.
        """
        self.receiver.frames.clear()
        before = self.context.counters["drop-rel2-runt"]
        self.transport.datagramReceived(memoryview(datagram), ("192.0.2.2", 22222))
        dropped = self.context.counters["drop-rel2-runt"] - before
        self.assertEqual((len(self.receiver.frames), dropped), (0, 1) if len(datagram) < 16 else (1, 0))
