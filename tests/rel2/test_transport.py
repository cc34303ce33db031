"""
Tests for L{wand.rel2.transport}.
"""

from __future__ import annotations

from random import Random

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, ConfigurationInvalid, PortUnavailable
from wand.ethernet import MAC, Frame
from wand.interfaces import IFrameReceiver, IPeerProtocol, ISuperframeTransport, TransportRequest
from wand.rel2.transport import HEARD_INTERVAL, REL2, REL2Transport
from wand.superframes.stretch import Stretch
from wand.table import Peer
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.packets import ACK, PSH, Packet
from wand.testing.protocols import ProtocolContract
from wand.underlay.ports import DATAGRAM_MAXIMUM

OWN = MAC.parse("02:00:00:00:00:01")
PEER = Endpoint("192.0.2.2", 22222)
FRAME = bytes.fromhex("020000000001 020000000002 88b5") + b"payload"
STREAM = Packet(payload=bytes(range(251)) * 200, gsoSize=1_200, flags=ACK | PSH)


@implementer(IFrameReceiver)
class Receiver:
    """
    Keeps what it is handed.
    """

    def __init__(self) -> None:
        self.wantsStretches = False
        self.frames: list[tuple[Peer, bytes]] = []
        self.stretches: list[tuple[Peer, list[bytes]]] = []
        self.heard: list[Peer] = []
        self.batches = 0

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        """
        See L{IFrameReceiver}.
        """
        self.frames.append((peer, bytes(frame)))

    def stretchReceived(self, peer: Peer, stretch: Stretch) -> None:
        """
        See L{IFrameReceiver}; kept as the frames that it stands for.
        """
        self.stretches.append((peer, [bytes(each) for each in stretch.frames()]))

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
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        self.datagrams.append(bytes(datagram))

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
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

    def sendBatch(self, *frames: bytes) -> None:
        """
        Send frames to the other host.
        """
        for frame in frames:
            self.transport.send(PEER, frame)
        self.transport.flush()
        self.clock.advance(0)

    def test_interfaces(self) -> None:
        """
        The plugin and what it opens provide their interfaces.
        """
        self.assertTrue(verifyObject(IPeerProtocol, REL2()))
        self.assertTrue(verifyObject(ISuperframeTransport, self.transport))
        self.assertTrue(verifyObject(IFrameReceiver, self.receiver))
        self.assertIsNone(REL2().unusable())

    def test_onTheWire(self) -> None:
        """
        A frame leaves as two zero octets and the whole frame.
        """
        self.sendBatch(FRAME)
        self.assertEqual(self.raw.datagrams, [b"\0\0" + FRAME])

    def test_fromTheWire(self) -> None:
        """
        Whatever the two first octets are, the frame behind them arrives, and then the batch is over.
        """
        self.arrive(b"\xab\xcd" + FRAME)
        self.assertEqual(self.receiver.frames, [(("192.0.2.2", 22222), FRAME)])
        self.assertEqual(self.receiver.batches, 1)

    def test_answersFromTheAddressThatWasAsked(self) -> None:
        """
        A peer that sends to one of our addresses hears that one: a frame, a train of them, and a long one.
        """
        self.transport.stop()
        self.context = attrs.evolve(self.context, underlay=self.network.host("192.0.2.1", "192.0.2.9"))
        self.transport = self.opened()
        self.transport.peerAdded(PEER)
        self.other.send(bytes(60), ("192.0.2.9", 22222))
        self.clock.advance(0)
        self.network.sent.clear()
        for size in (60, 100, 100, 4_000):
            self.transport.send(PEER, bytes(size))
        self.transport.flush()
        self.assertEqual([each.sender.host for each in self.network.sent], 4 * ["192.0.2.9"])

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
        Two nodes cannot have the same port.
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
        self.sendBatch(FRAME)
        self.assertEqual(self.transport.peerStatus(peer).state, "known")
        self.arrive(b"\0\0" + FRAME)
        status = self.transport.peerStatus(peer)
        self.assertEqual((status.state, status.heard), ("heard", 1000))
        self.assertIsNone(status.pathSize)
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

    def test_whoNeverPausesIsHeard(self) -> None:
        """
        A peer that talks all the time is reported now and then, or its entries would end.
        """
        peer = Endpoint("192.0.2.2", 22222)
        self.transport.peerAdded(peer)
        self.clock.advance(1000)
        for _ in range(60):
            self.arrive(b"\0\0" + FRAME)
            self.clock.advance(HEARD_INTERVAL / 20)
        self.assertEqual(self.receiver.heard, [peer] * 3)

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

    def test_batches(self) -> None:
        """
        However frames of all sizes are mixed, each leaves in a datagram of its own, in their order, and none is left
        behind when the batch is over.
        """
        frames = [FRAME + bytes([number]) * size for number, size in enumerate([5, 5, 5, 3, 5, 9, 9, 1, 1, 0] * 25)]
        self.sendBatch(*frames)
        self.assertEqual(self.raw.datagrams, [b"\0\0" + frame for frame in frames])

    def test_mixedPeers(self) -> None:
        """
        Frames to several peers in one batch reach each of them, in their order.
        """
        raw, third = Raw(), Endpoint("192.0.2.3", 22222)
        self.network.host("192.0.2.3").bind("0.0.0.0", 22222, raw)
        for number in range(6):
            self.transport.send((PEER, PEER, third)[number % 3], FRAME + bytes([number]))
        self.sendBatch()
        self.assertEqual([each[-1] for each in self.raw.datagrams], [0, 1, 3, 4])
        self.assertEqual([each[-1] for each in raw.datagrams], [2, 5])

    def test_longFrames(self) -> None:
        """
        The longest frame that UDP carries leaves like any other; one that is longer is not sent, and not counted as
        sent.
        """
        self.transport.peerAdded(PEER)
        longest = FRAME.ljust(DATAGRAM_MAXIMUM - 2, b"x")
        self.sendBatch(FRAME, longest, longest + b"x", FRAME)
        self.assertEqual(self.raw.datagrams, [b"\0\0" + each for each in (FRAME, longest, FRAME)])
        self.assertEqual(self.transport.peerStatus(PEER).framesSent, 3)

    def test_superframe(self) -> None:
        """
        A superframe leaves as the ordinary frames that it stands for, with whole checksums, and each is counted.
        """
        self.transport.peerAdded(PEER)
        for packet in (STREAM, attrs.evolve(STREAM, isIPv4=False), attrs.evolve(STREAM, isTCP=False)):
            self.raw.datagrams.clear()
            virtio, frame = packet.superframe()
            self.transport.sendSuperframe(PEER, memoryview(bytearray(frame)), virtio)
            self.sendBatch()
            self.assertEqual(self.raw.datagrams, [b"\0\0" + segment for segment in packet.segments()])
        self.assertEqual(self.transport.peerStatus(PEER).framesSent, 3 * len(STREAM.segments()))

    def test_partialChecksum(self) -> None:
        """
        A frame whose checksum the kernel left to us leaves with a whole one.
        """
        virtio, frame = attrs.evolve(STREAM, payload=b"short").superframe()
        self.transport.sendSuperframe(PEER, memoryview(bytearray(frame)), virtio)
        self.sendBatch()
        self.assertEqual(self.raw.datagrams, [b"\0\0" + attrs.evolve(STREAM, payload=b"short").segments()[0]])

    def test_strangeSuperframe(self) -> None:
        """
        A superframe that we cannot cut is dropped and counted.
        """
        virtio, frame = STREAM.superframe()
        self.transport.sendSuperframe(PEER, memoryview(bytearray(frame))[:500], virtio)
        self.sendBatch()
        self.assertEqual((self.raw.datagrams, self.context.counters["drop-rel2-superframe"]), ([], 1))

    def arriveTogether(self, *frames: bytes) -> None:
        """
        Let frames of the other host arrive in one batch.
        """
        for frame in frames:
            self.other.send(b"\xab\xcd" + frame, ("192.0.2.1", 22222))
        self.clock.advance(0)

    def test_gathered(self) -> None:
        """
        Segments that come together reach a host that takes them so in one piece; each is counted.
        """
        self.transport.peerAdded(PEER)
        self.receiver.wantsStretches = True
        segments = STREAM.segments()
        self.arriveTogether(FRAME, *segments, FRAME)
        self.assertEqual(self.receiver.stretches, [(PEER, segments)])
        self.assertEqual(self.receiver.frames, [(PEER, FRAME), (PEER, FRAME)])
        status = self.transport.peerStatus(PEER)
        expected = (len(segments) + 2, sum(map(len, segments)) + 2 * len(FRAME))
        self.assertEqual((status.framesReceived, status.bytesReceived), expected)

    def test_notGathered(self) -> None:
        """
        A host that takes ordinary frames gets the frames as they came; so does every host those longer than the MTU.
        """
        segments = STREAM.segments()
        self.arriveTogether(*segments)
        self.receiver.wantsStretches = True
        longer = attrs.evolve(STREAM, gsoSize=1_300).segments()
        self.arriveTogether(*longer)
        self.assertEqual([frame for _, frame in self.receiver.frames], segments + longer)
        self.assertEqual(self.receiver.stretches, [])

    def test_onlyKnownSendersOfTrains(self) -> None:
        """
        With senders = known, segments that come together from elsewhere are dropped and counted, each.
        """
        self.transport.stop()
        self.opened(senders="known")
        self.receiver.wantsStretches = True
        self.arriveTogether(*STREAM.segments())
        self.assertEqual((self.receiver.frames, self.receiver.stretches), ([], []))
        self.assertEqual(self.context.counters["drop-rel2-unknown-sender"], len(STREAM.segments()))

    def test_stoppedFromWithin(self) -> None:
        """
        After a stop in the middle of a batch nothing more is handed over.
        """
        self.receiver.frameReceived = lambda *_: self.transport.stop()  # type: ignore[method-assign]
        self.receiver.wantsStretches = True
        self.arriveTogether(FRAME, *STREAM.segments())
        self.assertEqual(self.receiver.stretches, [])

    @given(st.lists(st.binary(max_size=60), max_size=8))
    def test_anyTrainIsTakenOrCounted(self, datagrams: list[bytes]) -> None:
        """
        Nothing that arrives in one batch raises or is lost without being counted.
        """
        self.receiver.wantsStretches = True
        self.receiver.frames.clear()
        before = self.context.counters["drop-rel2-runt"]
        for datagram in datagrams:
            self.other.send(datagram, ("192.0.2.1", 22222))
        self.clock.advance(0)
        dropped = self.context.counters["drop-rel2-runt"] - before
        self.assertEqual(len(self.receiver.frames) + dropped, len(datagrams))


class REL2ContractTests(ProtocolContract, SynchronousTestCase):
    """
    The contract.
    """

    def makeProtocol(self) -> REL2:
        return REL2()
