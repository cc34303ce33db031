"""
Tests for L{wand.drivers.offloads}, on real taps in network namespaces of each test's own.
"""

from __future__ import annotations

import contextlib  # a name "suppress" would mean something to trial
import errno
import fcntl
import hashlib
import os
import socket
import subprocess
from collections.abc import Callable

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.drivers.offloads import OffloadTap
from wand.drivers.tuntap import SUPERFRAME, TuntapDriver
from wand.ethernet import MAC, Frame
from wand.interfaces import IFrameReader, ISuperframeTap, ITap, TapRequest
from wand.superframes.cutting import framesOf, superframeOf
from wand.superframes.virtio import (
    GSO_TCPV4,
    GSO_TCPV6,
    GSO_UDP_L4,
    TUN_F_TSO4,
    TUN_F_USO4,
    TUNSETOFFLOAD,
    VirtioHeader,
)
from wand.testing.descriptors import Descriptors
from wand.testing.frames import FrameRecorder, makeContext, makeFrame
from wand.testing.kernel import PacketSocket, PrivateNetwork, SuperframeSocket
from wand.testing.kernel_taps import KernelTapContract
from wand.testing.superframe_taps import SuperframeTapContract
from wand.underlay.offload import TRAIN_OCTETS

STREAM = bytes(range(256)) * 4_096  # 1 MiB
DATAGRAM = 1_000
UDP_SEGMENT = 103


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


class OffloadTapTests(KernelTapContract, SuperframeTapContract, SynchronousTestCase):
    """
    The contract on the kernel's own tap with all its offloads.
    """

    mtu = 1500

    def makeDriver(self) -> TuntapDriver:
        return TuntapDriver()

    def hostOpened(self, tap: ITap) -> None:
        super().hostOpened(tap)
        self.stack = SuperframeSocket(tap.interface)
        self.addCleanup(self.stack.close)

    def hostSendSuperframe(self, frame: bytes, virtio: VirtioHeader) -> None:
        self.stack.send(frame, virtio)

    def hostReceivedSuperframes(self) -> list[tuple[bytes, VirtioHeader]]:
        return self.stack.received()

    def impossibleRequest(self) -> TapRequest:
        return self.request(addresses=["10.1.0.1/16", "10.1.0.1/99"])

    def test_everyOffloadIsAgreed(self) -> None:
        """
        A kernel since 6.2 agrees to all offloads, and the tap says so.
        """
        tap, _ = self.openSuperframeTap()
        self.assertEqual(("CSUM", "TSO4", "TSO6", "ECN", "USO"), tap.features)

    def test_superframesFitOneTrain(self) -> None:
        """
        The kernel is asked to make superframes that leave in one train each.
        """
        tap, _ = self.openSuperframeTap()
        link = ip("-details", "link", "show", tap.interface)
        self.assertIn(f"gso_max_size {SUPERFRAME} ", link)
        self.assertLess(SUPERFRAME, TRAIN_OCTETS)

    def test_interfaceDeleted(self) -> None:
        """
        When somebody deletes the interface the receiver is told once, and stretches are dropped.
        """
        tap, recorder = self.openSuperframeTap()
        ip("link", "delete", tap.interface)
        for _ in range(3):
            self.turn()
        self.assertEqual(["the tap wandtest0 is gone: its interface was deleted"], recorder.lost)
        self.assertFalse(tap.write(makeFrame(60)))


class RefusingTests(SynchronousTestCase):
    """
    Kernels that refuse.
    """

    def setUp(self) -> None:
        network = PrivateNetwork()
        network.__enter__()
        self.addCleanup(network.__exit__)
        self.logged: list[str] = []

        def observe(event: dict[str, object]) -> None:
            self.logged.append(str(event.get("log_format", "")).format(**event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)

    def opened(self, refuses: Callable[[int, int | bytes], bool]) -> tuple[ITap, FrameRecorder]:
        """
        Open a tap of a kernel that refuses some requests.
        """

        def ioctl(descriptor: int, request: int, argument: int | bytes) -> object:
            if refuses(request, argument):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            return fcntl.ioctl(descriptor, request, argument)

        self.context = makeContext()
        request = TapRequest("wandtest0", MAC.parse("02:00:00:00:00:01"), 1500, superframes=True)
        tap = TuntapDriver(ioctl=ioctl).open(request, self.context)
        self.addCleanup(tap.close)
        recorder = FrameRecorder()
        tap.start(recorder)
        return tap, recorder

    def test_noUSO(self) -> None:
        """
        A kernel that knows no USO still gives superframes of TCP.
        """
        tap, _ = self.opened(lambda _, offer: isinstance(offer, int) and bool(offer & TUN_F_USO4))
        self.assertIsInstance(tap, OffloadTap)
        self.assertEqual(("CSUM", "TSO4", "TSO6", "ECN"), tap.features)
        self.assertEqual([], self.logged)

    def test_onlyChecksums(self) -> None:
        """
        A kernel that agrees to checksums alone leaves only those to us.
        """
        tap, _ = self.opened(lambda _, offer: isinstance(offer, int) and bool(offer & TUN_F_TSO4))
        self.assertEqual(("CSUM",), tap.features)

    def test_nothing(self) -> None:
        """
        Where the kernel agrees to nothing, or knows nothing of it at all, the tap has ordinary frames, and the log says
        why.
        """
        for refuses in (lambda request, _: request == TUNSETOFFLOAD, lambda _, __: True):
            self.logged.clear()
            tap, recorder = self.opened(refuses)
            self.assertFalse(ISuperframeTap.providedBy(tap))
            self.assertEqual((), tuple(tap.features))
            self.assertEqual(["the tap gives ordinary frames, no offloads here (Invalid argument)"], self.logged)
            host = PacketSocket(tap.interface)
            self.addCleanup(host.close)
            self.assertTrue(tap.write(makeFrame(60)))
            self.assertEqual([makeFrame(60)], host.received())
            host.send(makeFrame(61))
            descriptors = self.context.descriptors
            assert isinstance(descriptors, Descriptors)
            descriptors.turn(0.1)
            self.assertIn(makeFrame(61), recorder.frames)
            tap.close()


@implementer(IFrameReader)
class Cable:
    """
    Hands everything that comes out of one tap to another, superframes in one piece.
    """

    def __init__(self) -> None:
        self.other: ISuperframeTap | None = None
        self.longest: dict[int, int] = {}

    def frameRead(self, frame: Frame) -> None:
        """
        See L{IFrameReader}.
        """
        assert self.other is not None
        self.other.write(frame)

    def superframeRead(self, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        See L{IFrameReader}.
        """
        assert self.other is not None
        kind = virtio.gsoType
        self.longest[kind] = max(self.longest.get(kind, 0), len(frame))
        stretch = superframeOf(virtio, frame)
        if stretch is not None:
            self.other.writeStretch(stretch)
            return
        for each in framesOf(virtio, frame):  # SYN and RST
            self.other.write(each)

    def batchRead(self) -> None:
        """
        See L{IFrameReader}.
        """

    def tapLost(self, reason: str) -> None:
        """
        See L{IFrameReader}.
        """
        raise AssertionError(reason)


class RealTrafficTests(SynchronousTestCase):
    """
    Two hosts, each with a tap in a namespace of its own, and a L{Cable} each way.
    """

    def setUp(self) -> None:
        self.context = makeContext()
        self.cables = [Cable(), Cable()]
        self.sockets: list[dict[tuple[int, int], socket.socket]] = []
        for number, cable in enumerate(self.cables, 1):
            self.cables[2 - number].other = self.openHost(number, cable)

    def openHost(self, number: int, cable: Cable) -> ISuperframeTap:
        """
        Open a tap in a new namespace, and sockets of the host's programs.
        """
        with PrivateNetwork():
            tap = TuntapDriver().open(
                TapRequest(
                    "wan0",
                    MAC.parse(f"02:00:00:00:00:0{number}"),
                    1500,
                    [f"10.1.0.{number}/24", f"fd01::{number}/64"],
                    superframes=True,
                ),
                self.context,
            )
            self.addCleanup(tap.close)
            assert isinstance(tap, OffloadTap)
            other = 3 - number
            for address in (f"10.1.0.{other}", f"fd01::{other}"):
                ip("neighbour", "add", address, "lladdr", f"02:00:00:00:00:0{other}", "dev", "wan0")
            kinds = [(family, kind) for family in (socket.AF_INET, socket.AF_INET6) for kind in (1, 2)]
            self.sockets.append({each: socket.socket(*each) for each in kinds})
        for opened in self.sockets[-1].values():
            opened.setblocking(False)
            self.addCleanup(opened.close)
        tap.start(cable)
        return tap

    def turnUntil(self, condition: Callable[[], bool]) -> None:
        """
        Carry frames until something is so.
        """
        descriptors = self.context.descriptors
        assert isinstance(descriptors, Descriptors)
        for _ in range(20_000):
            if condition():
                return
            descriptors.turn(0.001)
        self.fail("it stalled")

    def bound(self, opened: socket.socket, address: str) -> None:
        """
        Bind a socket, once the kernel has made sure that nobody else has an IPv6 address.
        """

        def succeeds() -> bool:
            try:
                opened.bind((address, 5201))
            except OSError as error:
                self.assertEqual(errno.EADDRNOTAVAIL, error.errno)
                return False
            return True

        self.turnUntil(succeeds)

    def stream(self, family: int, one: str, two: str) -> None:
        """
        Send octets through a TCP connection; they must arrive as they were.
        """
        sender, listener = (each[family, socket.SOCK_STREAM] for each in self.sockets)
        self.bound(sender, one)
        self.bound(listener, two)
        listener.listen()
        sender.connect_ex((two, 5201))
        accepted: list[socket.socket] = []
        left, received = memoryview(STREAM), bytearray()

        def done() -> bool:
            nonlocal left
            try:
                if not accepted:
                    accepted.append(listener.accept()[0])
                    accepted[0].setblocking(False)
                    self.addCleanup(accepted[0].close)
                while left:
                    left = left[sender.send(left) :]
            except BlockingIOError:
                pass
            with contextlib.suppress(BlockingIOError):
                received.extend(accepted[0].recv(1 << 20) if accepted else b"")
            return len(received) == len(STREAM)

        self.turnUntil(done)
        self.assertEqual(hashlib.sha256(STREAM).digest(), hashlib.sha256(received).digest())

    def test_TCP(self) -> None:
        """
        The octets of a TCP connection over IPv4 arrive as they were, in frames longer than any network's.
        """
        self.stream(socket.AF_INET, "10.1.0.1", "10.1.0.2")
        self.assertGreater(self.cables[0].longest[GSO_TCPV4], 1_514)

    def test_TCPoverIPv6(self) -> None:
        """
        So do those over IPv6.
        """
        self.stream(socket.AF_INET6, "fd01::1", "fd01::2")
        self.assertGreater(self.cables[0].longest[GSO_TCPV6], 1_514)

    def test_UDP(self) -> None:
        """
        Datagrams that a program sends in one call leave as one frame and arrive as they were.
        """
        sender, receiver = (each[socket.AF_INET, socket.SOCK_DGRAM] for each in self.sockets)
        self.bound(receiver, "10.1.0.2")
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, DATAGRAM)
        datagrams = [bytes([number]) * DATAGRAM for number in range(40)] + [b"the last is short"]
        sender.sendto(b"".join(datagrams), ("10.1.0.2", 5201))
        received: list[bytes] = []

        def done() -> bool:
            with contextlib.suppress(BlockingIOError):
                received.append(receiver.recv(2_000))
            return len(received) == len(datagrams)

        self.turnUntil(done)
        self.assertEqual(datagrams, received)
        self.assertGreater(self.cables[0].longest[GSO_UDP_L4], 40 * DATAGRAM)
