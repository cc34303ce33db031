"""
Tests for L{wand.drivers.afpacket}, on one end of a pair of interfaces in a network namespace of each test's own.
"""

from __future__ import annotations

import os
import struct

from interface_pair import PEER, PairContract, SuperframePairContract, ip, isLinked
from twisted.internet.main import CONNECTION_LOST
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.afpacket import PacketDriver
from wand.ethernet import MAC
from wand.interfaces import IHostTap, ISuperframeTap, TapRequest
from wand.testing.frames import makeFrame
from wand.testing.kernel import VLAN, PacketSocket, SuperframeSocket
from wand.testing.packets import Packet


def unicast(destination: str, size: int = 60) -> bytes:
    """
    A frame for one host.
    """
    return bytes(MAC.parse(destination)) + makeFrame(size)[6:]


class PacketPair(PairContract):
    """
    One end joins the network.
    """

    def setUp(self) -> None:
        super().setUp()
        self.makePair(self.interface)

    def makeDriver(self) -> PacketDriver:
        return PacketDriver()

    def leftBehind(self) -> list[str]:
        return [name for name in super().leftBehind() if name not in (self.interface, PEER)]

    def impossibleRequest(self) -> TapRequest:
        return self.request(interface="nonexistent0")


class PacketDriverTests(PacketPair, SynchronousTestCase):
    """
    The contract, and what only an interface with hosts behind it has.
    """

    def test_framesOfOthers(self) -> None:
        """
        Frames between hosts behind the interface are heard, whatever address it has.
        """
        _, recorder = self.started()
        frame = unicast("02:00:00:00:00:77")
        self.hostSend(frame)
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual([frame], recorder.frames)
        self.assertIn("promiscuity 1", ip("-details", "link", "show", self.interface))

    def test_thisHostIsNotMeant(self) -> None:
        """
        Frames for this host itself are its own business, and so are those that it sends: no datagram of the underlay
        gets into the network.
        """
        tap, recorder = self.started()
        own = PacketSocket(self.interface)
        self.addCleanup(own.close)
        self.hostSend(unicast("02:00:00:00:01:00"))
        own.send(makeFrame(61))
        self.assertTrue(tap.write(makeFrame(62)))
        self.hostSend(makeFrame(63))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual([makeFrame(63)], recorder.frames)

    def test_tagsStay(self) -> None:
        """
        A frame keeps its VLAN tag with its priority, and one of a provider keeps its type.
        """
        _, recorder = self.started()
        frame = makeFrame(100)
        frames = [frame[:12] + struct.pack(">HH", kind, 0xE005) + frame[12:] for kind in (VLAN, 0x88A8)]
        for each in frames:
            self.hostSend(each)
        self.turnUntil(lambda: len(recorder.frames) >= 2)
        self.assertEqual(frames, recorder.frames)

    def test_linkDownAndUp(self) -> None:
        """
        While the link is down frames are dropped and counted; the tap is not lost, and works when it is up again.
        """
        tap, recorder = self.started()
        ip("link", "set", self.interface, "down")
        for _ in range(3):
            self.turn()
        self.assertFalse(tap.write(makeFrame(60)))
        self.assertEqual(1, self.context.counters["drop-tap-error"])
        ip("link", "set", self.interface, "up")
        self.assertTrue(self.turnUntil(isLinked))
        self.hostSend(makeFrame(61))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual(([makeFrame(61)], []), (recorder.frames, recorder.lost))

    def test_interfaceDeleted(self) -> None:
        """
        When somebody deletes the interface the receiver is told once.
        """
        tap, recorder = self.started()
        ip("link", "delete", self.interface)
        for _ in range(3):
            self.turn()
        self.assertEqual(["the tap wandtest0 is gone: its interface was deleted"], recorder.lost)
        self.assertFalse(tap.write(makeFrame(60)))

    def test_fullQueueIsCounted(self) -> None:
        """
        What came faster than it was read is lost, and the counter says how much.
        """
        _, recorder = self.started()
        for number in range(5_000):
            self.hostSend(makeFrame(1000, number))
        self.turnUntil(lambda: self.drops() + len(recorder.frames) >= 5_000)
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: makeFrame(60) in recorder.frames)
        lost = self.context.counters["drop-tap-queue"]
        self.assertGreater(lost, 0)
        self.assertEqual(5_001, lost + len(recorder.frames))

    def test_linkIsSetUp(self) -> None:
        """
        An interface that is down is set up, if that is wanted; its address and its MTU stay.
        """
        ip("link", "set", self.interface, "down")
        self.driver.open(self.request(up=False), self.context).close()
        self.assertNotIn(",UP", ip("link", "show", self.interface))
        self.driver.open(self.request(), self.context).close()
        shown = ip("link", "show", self.interface)
        for each in (",UP", "mtu 9000", "02:00:00:00:01:00"):
            self.assertIn(each, shown)

    def test_unsuitable(self) -> None:
        """
        What is no Ethernet, or carries less than frames may have, is refused, with what to do.
        """
        ip("tuntap", "add", "dev", "layer3", "mode", "tun")
        self.assertIn("is no Ethernet", self.refusal(interface="layer3"))
        self.assertIn("set mtu = 9000", self.refusal(mtu=9001))
        self.assertIn("there is no interface nonexistent0", self.refusal(interface="nonexistent0"))
        self.assertIn("can be called", self.refusal(interface="x" * 16))

    def test_missingPrivilege(self) -> None:
        """
        Without privileges the error says what they are for; a tap that is open works without them.
        """
        tap, recorder = self.started()
        os.seteuid(65534)
        self.addCleanup(os.seteuid, 0)
        self.assertIn("needs root", self.refusal())
        self.assertTrue(tap.write(makeFrame(60)))
        self.hostSend(makeFrame(61))
        self.turnUntil(lambda: bool(recorder.frames))
        tap.close()

    def test_isNoHostTap(self) -> None:
        """
        The interface is not the node's: what somebody changes there is not taken over.
        """
        self.assertFalse(IHostTap.providedBy(self.openTap()))

    def test_endOfTheReactor(self) -> None:
        """
        A socket that the reactor takes for broken, and is not, goes on.
        """
        tap, recorder = self.started()
        self.context.descriptors.removeReader(tap)
        tap.connectionLost(Failure(CONNECTION_LOST))
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual(([makeFrame(60)], []), (recorder.frames, recorder.lost))

    def test_superframesAreCut(self) -> None:
        """
        What the sender left to its network card is finished here, for who takes ordinary frames only; a tagged one,
        too.
        """
        _, recorder = self.started()
        stack = SuperframeSocket(PEER)
        self.addCleanup(stack.close)
        packet = Packet(payload=bytes(5_000), gsoSize=1_200, isIPv4=True, isTCP=True)
        virtio, frame = packet.superframe()
        tag = struct.pack(">HH", VLAN, 7)
        tagged = virtio._replace(checksumStart=virtio.checksumStart + 4, headerLength=virtio.headerLength + 4)
        stack.send(frame, virtio)
        stack.send(frame[:12] + tag + frame[12:], tagged)
        segments = packet.segments()
        expected = [*segments, *(each[:12] + tag + each[12:] for each in segments)]
        self.turnUntil(lambda: len(recorder.frames) >= len(expected))
        self.assertEqual(expected, recorder.frames)


class SuperframePacketTests(PacketPair, SuperframePairContract, SynchronousTestCase):
    """
    The contract of taps with superframes.
    """


class OlderKernelTests(SuperframePacketTests):
    """
    The same as on a kernel before 6.2, which takes no superframes of UDP.
    """

    def makeDriver(self) -> PacketDriver:
        return PacketDriver(lambda: "6.1.0-56-cloud-amd64")

    def test_features(self) -> None:
        """
        What the kernel lacks is not promised.
        """
        tap, _ = self.openSuperframeTap()
        self.assertEqual(("CSUM", "TSO4", "TSO6", "ECN"), tap.features)
        self.assertTrue(ISuperframeTap.providedBy(tap))
        self.assertFalse(IHostTap.providedBy(tap))
