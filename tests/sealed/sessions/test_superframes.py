"""
Superframes in the sealed transport, in simulated time: over a network that loses, repeats and reorders datagrams.
"""

from __future__ import annotations

from simulated.sealed import SealedNetwork
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.interfaces import ISuperframeTransport
from wand.sealed.sessions.packets import DATA
from wand.sealed.sessions.path import SIZES
from wand.superframes.virtio import HEADER_SIZE, VirtioHeader
from wand.testing.packets import Packet
from wand.testing.ports import Port

OCTETS = bytes(range(251)) * 250


class SuperframeTestCase(SynchronousTestCase):
    """
    Two members, one of which sends superframes.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.low, self.high = self.net.pair()
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run()
        self.high.frames.clear()

    def superframe(self, packet: Packet) -> tuple[VirtioHeader, bytearray]:
        """
        What the kernel of the one hands over for the host of the other.
        """
        virtio, frame = packet.superframe()
        return virtio, bytearray(bytes(self.high.mac) + bytes(self.low.mac) + frame[12:])

    def send(self, packet: Packet, times: int = 1) -> None:
        """
        Send a superframe some times.
        """
        for _ in range(times):
            virtio, frame = self.superframe(packet)
            self.low.transport.sendSuperframe(self.high.peer, memoryview(frame), virtio)
        self.low.transport.flush()
        self.net.run()

    def payloads(self, headers: int, first: int = 1_000) -> list[tuple[int, bytes]]:
        """
        The TCP payloads that arrived, and where in the stream each belongs.
        """
        arrived = [octets[HEADER_SIZE:] for _, octets in self.high.stretches]
        return [(int.from_bytes(each[38:42], "big") - first, each[headers:]) for each in arrived]

    def counted(self, name: str) -> int:
        """
        A counter of the receiver.
        """
        return self.high.transport._counters[name]


class SuperframeTests(SuperframeTestCase):
    """
    What becomes of superframes on the way.
    """

    def test_interface(self) -> None:
        """
        The transport says that it carries superframes.
        """
        self.assertTrue(verifyObject(ISuperframeTransport, self.low.transport))

    def test_whole(self) -> None:
        """
        A superframe arrives as one, and both accounts have as many packets and octets.
        """
        packet = Packet(payload=OCTETS[:60_000])
        self.send(packet)
        self.assertEqual(self.payloads(packet.headersSize), [(0, OCTETS[:60_000])])
        sent = self.low.transport.peerStatus(self.high.peer)
        received = self.high.transport.peerStatus(self.low.peer)
        self.assertEqual((sent.framesSent, sent.bytesSent), (received.framesReceived, received.bytesReceived))
        self.assertEqual(received.framesReceived, 1 + 42)

    def test_lossAndReordering(self) -> None:
        """
        Whatever the network does, every octet that arrives is at its place in the stream, and most arrive.
        """
        packet = Packet(payload=OCTETS[:60_000])
        self.net.underlay.loss = self.net.underlay.duplication = 0.02
        self.net.underlay.jitter = 0.001
        self.send(packet, 40)
        payloads = self.payloads(packet.headersSize)
        self.assertGreater(len(payloads), 40)
        for offset, payload in payloads:
            self.assertEqual(payload, OCTETS[offset : offset + len(payload)])
        self.assertGreater(sum(len(payload) for _, payload in payloads), 40 * 60_000 * 0.95)
        self.assertLessEqual(sum(len(payload) for _, payload in payloads), 40 * 60_000)
        self.assertEqual(self.counted("drop-sealed-forged"), 0)

    def test_oneLost(self) -> None:
        """
        A lost datagram costs the octets in it and no more.
        """
        packet = Packet(payload=OCTETS[:60_000])
        seen: list[object] = []
        self.net.underlay.drop(lambda each: each.payload[0] == DATA and (seen.append(each) or len(seen) == 7))
        self.send(packet)
        (first, before), (second, after) = self.payloads(packet.headersSize)
        self.assertEqual((first, second + len(after)), (0, 60_000))
        self.assertLess(second - len(before), 1_472)

    def test_smallPackets(self) -> None:
        """
        Small UDP packets of one flow share datagrams, and one superframe stands for them all.
        """
        self.send(Packet(payload=OCTETS[:60_000]))  # the path is known from here on
        self.high.stretches.clear()
        before = len(self.net.underlay.sent)
        self.send(Packet(payload=OCTETS[:64], isTCP=False), 100)
        self.assertLess(len(self.net.underlay.sent) - before, 9)
        [(_, octets)] = self.high.stretches
        self.assertEqual(octets[HEADER_SIZE + 42 :], OCTETS[:64] * 100)

    def test_orderIsKept(self) -> None:
        """
        Frames, superframes and packets that are merged arrive in the order in which the host sent them.
        """
        virtio, frame = self.superframe(Packet(payload=OCTETS[:64], isTCP=False))
        for number in range(3):
            self.low.transport.sendSuperframe(self.high.peer, memoryview(bytearray(frame)), virtio)
            self.low.transport.send(self.high.peer, self.low.frameTo(self.high, bytes([number])))
        self.low.transport.flush()
        self.net.run()
        self.assertEqual([each[-1] for _, each in self.high.frames if len(each) == 15], [0, 1, 2])
        self.assertEqual(len(self.high.frames), 6)

    def test_spoofed(self) -> None:
        """
        A superframe from a source address that the sender may not use is dropped, and counted once.
        """
        virtio, frame = self.superframe(Packet(payload=OCTETS[:60_000]))
        frame[6:12] = b"\2other"
        self.low.transport.sendSuperframe(self.high.peer, memoryview(frame), virtio)
        self.low.transport.flush()
        self.net.run()
        self.assertEqual((self.high.stretches, self.counted("drop-sealed-spoofed-source")), ([], 1))

    def test_pathIsShown(self) -> None:
        """
        The size of the path in use is in the peer's status once there is a session, and grows with what is found out.
        """

        def size() -> int | None:
            return self.low.transport.peerStatus(self.high.peer).pathSize

        self.assertEqual(size(), 1_232)
        self.send(Packet(payload=OCTETS[:60_000]))
        self.assertEqual(size(), 8_972)
        self.low.transport.sessions.end(self.high.peer)
        self.assertIsNone(size())

    def test_interfaceBecomesNarrower(self) -> None:
        """
        When our own interface takes no datagrams of the path's size any more, what was under way is lost and the next
        superframe arrives.
        """
        self.send(Packet(payload=OCTETS[:60_000]))
        (conversation,) = self.low.transport._conversations
        before = conversation.path.size
        (port,) = self.low.transport.ways.ports.values()
        assert isinstance(port, Port)
        port.longest = 1_372
        self.high.stretches.clear()
        virtio, frame = self.superframe(Packet(payload=OCTETS[:60_000]))
        self.low.transport.sendSuperframe(self.high.peer, memoryview(frame), virtio)
        self.low.transport.flush()
        self.assertLess(conversation.path.size, before)
        packet = Packet(payload=OCTETS[:50_000])
        self.send(packet)
        self.assertEqual(sum(len(octets) for _, octets in self.payloads(packet.headersSize)), 50_000)
        self.assertEqual(conversation.path.size, 1_332)

    def test_frameTooBigForThePath(self) -> None:
        """
        A frame that the path does not carry arrives in fragments, whole.
        """
        frame = self.low.frameTo(self.high, OCTETS[:1_500])
        self.low.send(self.high.peer, frame)
        self.net.run()
        self.assertEqual([octets for _, octets in self.high.frames], [frame])
        lengths = [len(each.payload) for each in list(self.net.underlay.sent)[-3:]]
        self.assertEqual(
            [length for length in lengths if length > 1_472 and length not in SIZES], []
        )  # these are probes

    def test_beforeThereIsASession(self) -> None:
        """
        What the host sends while there is no session yet waits for it as ordinary frames.
        """
        third = self.net.node("three", "192.0.2.3")
        third.meet(self.high)
        packet = Packet(payload=OCTETS[:10_000])
        virtio, frame = packet.superframe()
        frame = bytes(self.high.mac) + bytes(third.mac) + frame[12:]
        third.transport.sendSuperframe(self.high.peer, memoryview(bytearray(frame)), virtio)
        third.transport.flush()
        self.net.run(3.0)
        arrived = b"".join(octets[packet.headersSize :] for _, octets in self.high.frames)
        self.assertEqual(arrived, OCTETS[:10_000])


class ParityTests(SuperframeTestCase):
    """
    On a way that loses datagrams at random, superframes carry parity.
    """

    def setUp(self) -> None:
        super().setUp()
        self.net.underlay.drop(lambda each: len(each.payload) > 1_472)
        self.packet = Packet(payload=OCTETS[:60_000])
        self.send(self.packet, 3)
        self.net.run(3.0)
        self.send(self.packet)
        self.high.stretches.clear()

    def isOn(self) -> bool:
        """
        Does the status say that what goes to the receiver has parity?
        """
        return self.low.transport.peerStatus(self.high.peer).parity

    def sent(self) -> int:
        """
        Parities sent.
        """
        return self.low.transport._counters["sealed-parity-sent"]

    def turnOn(self) -> None:
        """
        Lose one in a hundred for a while.
        """
        self.net.underlay.loss = 0.01
        for _ in range(2):  # the report may be lost, too
            self.send(self.packet, 60)
            self.net.run(1.0)
        self.net.underlay.loss = 0.0
        self.high.stretches.clear()
        self.assertTrue(self.isOn())

    def datagrams(self) -> list[bytes]:
        """
        The datagrams of a superframe, which get lost.
        """
        before = len(self.net.underlay.sent)
        undo = self.net.underlay.drop(lambda each: True)
        self.send(self.packet)
        undo()
        return [each.payload for each in list(self.net.underlay.sent)[before:]]

    def arrive(self, datagrams: list[bytes]) -> None:
        """
        Let the receiver have datagrams in one batch.
        """
        reception = self.high.transport.reception
        for each in datagrams:
            reception.datagramReceived(memoryview(each), self.low.endpoint)
        reception.batchReceived()

    def test_offWithoutLoss(self) -> None:
        """
        Where nothing is lost, no datagram is parity.
        """
        self.send(self.packet, 100)
        self.assertFalse(self.isOn())
        self.assertEqual(self.sent(), 0)

    def test_onWithLoss(self) -> None:
        """
        One in a hundred turns it on; nearly everything that is lost then is made again, and all that arrives is right.
        """
        self.turnOn()
        self.net.underlay.loss = 0.01
        before = self.counted("chunks-rebuilt")
        for _ in range(40):
            self.send(self.packet)
        self.assertGreater(self.counted("chunks-rebuilt") - before, 5)
        payloads = self.payloads(self.packet.headersSize)
        self.assertGreater(payloads.count((0, OCTETS[:60_000])), 33)
        for offset, payload in payloads:
            self.assertEqual(payload, OCTETS[offset : offset + len(payload)])
        self.assertEqual(self.counted("drop-parity-malformed"), 0)

    def test_notForUDP(self) -> None:
        """
        What UDP carries has none: what was only late would come twice.
        """
        self.turnOn()
        before = self.sent()
        self.send(Packet(isTCP=False, payload=OCTETS[:48_000], gsoSize=1_200))
        self.assertEqual(self.sent(), before)

    def test_ends(self) -> None:
        """
        Ten seconds after the last report it ends by itself.
        """
        self.turnOn()
        before = self.sent()
        self.send(self.packet)
        self.assertEqual(self.sent() - before, 3)
        self.net.run(10.0)
        self.assertFalse(self.isOn())
        self.send(self.packet)
        self.assertEqual(self.sent() - before, 3)

    def test_reportsAreFew(self) -> None:
        """
        However much is lost, there is one report in a second.
        """
        self.net.underlay.loss = 0.02
        began = self.net.clock.seconds()
        for _ in range(4):
            self.send(self.packet, 60)
        reports = self.counted("sealed-losses-reported")
        self.assertGreaterEqual(reports, 1)
        self.assertLessEqual(reports, 1 + self.net.clock.seconds() - began)

    def test_offWithBursts(self) -> None:
        """
        Datagrams that are lost in a row, as where a queue is full, turn nothing on.
        """
        seen: list[object] = []
        self.net.underlay.drop(lambda each: bool(seen.append(each)) or len(seen) % 200 < 4)
        self.send(self.packet, 100)
        self.assertFalse(self.isOn())

    def test_anotherWay(self) -> None:
        """
        What is known of the way ends with it.
        """
        self.turnOn()
        (conversation,) = self.low.transport._conversations
        conversation.path.forget()
        self.assertFalse(self.isOn())

    def test_severalBatches(self) -> None:
        """
        A superframe that comes in several batches, and of which a datagram is missing, is joined whole.
        """
        self.turnOn()
        datagrams = self.datagrams()
        for first in range(0, len(datagrams), 10):
            self.arrive([each for each in datagrams[first : first + 10] if each is not datagrams[17]])
        self.assertEqual(self.payloads(self.packet.headersSize), [(0, OCTETS[:60_000])])

    def test_waitsNotForLong(self) -> None:
        """
        If the rest of a superframe does not come, what came is handed over 2 ms later; at once if something else comes.
        """
        self.turnOn()
        for wait in (True, False):
            self.high.stretches.clear()
            self.arrive(self.datagrams()[:20])
            self.assertEqual(self.high.stretches, [])
            if wait:
                self.net.clock.advance(0.0021)
            else:
                self.low.send(self.high.peer, self.low.frameTo(self.high))
                self.net.clock.advance(0)
            ((offset, payload),) = self.payloads(self.packet.headersSize)
            self.assertEqual((offset, payload), (0, OCTETS[: len(payload)]))

    def test_othersDoNotWait(self) -> None:
        """
        Superframes before one that is not all there are handed over at once.
        """
        self.turnOn()
        self.arrive(self.datagrams() + self.datagrams()[:20])
        self.assertEqual(self.payloads(self.packet.headersSize), [(0, OCTETS[:60_000])])
        self.net.clock.advance(0.0021)
        self.assertEqual(len(self.high.stretches), 2)

    def test_liesCostTheLiar(self) -> None:
        """
        A member may say what it likes: it gets parity, and nobody else does.
        """
        third = self.net.node("three", "192.0.2.3")
        third.meet(self.low)
        third.send(self.low.peer, third.frameTo(self.low))
        self.net.run()
        third.transport._conversations.members[self.low.peer].link.send(6, b"and more")
        self.net.run()
        self.assertTrue(self.low.transport.peerStatus(third.peer).parity)
        self.assertFalse(self.isOn())

    def test_stopped(self) -> None:
        """
        A transport that is stopped while it waits leaves nothing behind.
        """
        self.turnOn()
        self.arrive(self.datagrams()[:20])
        self.high.transport.stop()
        self.low.transport.stop()
        self.net.clock.pump([0.0] * 4)
        self.assertEqual([each for each in self.net.clock.getDelayedCalls() if each.active()], [])
