"""
The contract that every driver of an L{ISuperframeTap} fulfils, beyond that of all drivers.
"""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface.verify import verifyObject

from wand.interfaces import ISuperframeTap
from wand.superframes.cutting import framesOf, superframeOf
from wand.superframes.virtio import VirtioHeader
from wand.testing.drivers import TapDriverContract
from wand.testing.frames import FrameRecorder
from wand.testing.packets import Packet

_PAYLOAD = bytes(range(251)) * 80

#: Superframes of every kind; that of TCP over IPv4 is one that every such tap takes and gives in one piece.
PACKETS: Sequence[Packet] = [
    Packet(payload=_PAYLOAD, gsoSize=1_200, isIPv4=isIPv4, isTCP=isTCP)
    for isTCP in (True, False)
    for isIPv4 in (True, False)
]

#: A packet whose checksum was left to others to complete, and nothing else.
SINGLE = Packet(payload=_PAYLOAD[:1_000], gsoSize=1_200)


class SuperframeTapContract(TapDriverContract):
    """
    What every driver does whose taps have superframes: all that L{TapDriverContract} wants, and what is here.  Besides
    what that one needs, say how the host sends superframes and takes them::

        class MyDriverTests(SuperframeTapContract, SynchronousTestCase):
            def hostSendSuperframe(self, frame, virtio):
                self.host.sendSuperframe(frame, virtio)

            def hostReceivedSuperframes(self):
                return self.host.receiveSuperframes()

    For the kernel's own interfaces, L{wand.testing.kernel.SuperframeSocket} does both.  A superframe of a kind that the
    tap does not have (UDP, on older kernels) may come in ordinary frames.
    """

    superframes = True

    def hostSendSuperframe(self, frame: bytes, virtio: VirtioHeader) -> None:
        """
        Let the host send a superframe, or a frame with a partial checksum, through the tap.
        """
        raise NotImplementedError

    def hostReceivedSuperframes(self) -> list[tuple[bytes, VirtioHeader]]:
        """
        What arrived at the host since the last call, and what is left to do with it.  Frames that the test did not send
        may be among it.
        """
        raise NotImplementedError

    # Tools.

    def openSuperframeTap(self) -> tuple[ISuperframeTap, FrameRecorder]:
        """
        Open the tap and start it.
        """
        tap, recorder = self.started()
        self.assertTrue(ISuperframeTap.providedBy(tap))
        return tap, recorder  # type: ignore[return-value]  # just seen

    def arrivedFrames(self, segments: Sequence[bytes]) -> tuple[list[bytes], set[int]]:
        """
        Wait until the host has these frames, whole or in superframes.

        @return: those of them that it has, cut where they came in one piece; the types (C{GSO_*}) of what came.
        """
        arrived: list[bytes] = []
        kinds: set[int] = set()

        def enough() -> bool:
            for frame, virtio in self.hostReceivedSuperframes():
                found = [each for each in _cut(frame, virtio) if each in segments]
                arrived.extend(found)
                kinds.update([virtio.gsoType] if found else [])
            return len(arrived) >= len(segments)

        self.turnUntil(enough)
        return arrived, kinds

    # The contract.

    def test_superframeTapProvidesItsInterface(self) -> None:
        """
        The open tap has everything that a tap with superframes must have.
        """
        self.assertTrue(verifyObject(ISuperframeTap, self.openSuperframeTap()[0]))

    def test_superframesOnlyWhereWelcome(self) -> None:
        """
        Who does not ask for superframes gets a tap of finished frames.
        """
        tap = self.driver.open(self.request(superframes=False), self.context)
        self.addCleanup(tap.close)
        self.hostOpened(tap)
        recorder = FrameRecorder()
        tap.start(recorder)
        virtio, frame = PACKETS[0].superframe()
        segments = PACKETS[0].segments()
        self.hostSendSuperframe(frame, virtio)
        self.turnUntil(lambda: set(segments) <= set(recorder.frames))
        self.assertEqual(segments, [each for each in recorder.frames if each in segments])
        self.assertEqual([], recorder.superframes)

    def test_superframesFromHostAreReadWhole(self) -> None:
        """
        A superframe that the host sends is handed over with what is needed to cut it into the packets it stands for.
        """
        _, recorder = self.openSuperframeTap()
        for packet in PACKETS:
            virtio, frame = packet.superframe()
            segments = packet.segments()
            recorder.superframes.clear()
            self.hostSendSuperframe(frame, virtio)
            self.turnUntil(lambda segments=segments: set(segments) <= set(_read(recorder)))  # type: ignore[misc]
            self.assertEqual(segments, [each for each in _read(recorder) if each in segments])
            if packet is PACKETS[0]:
                self.assertEqual([(len(frame), virtio.gsoType)], [(len(a), b.gsoType) for a, b in recorder.superframes])

    def test_stretchesArriveWhole(self) -> None:
        """
        What is written in one piece arrives at the host as the packets it stands for, that of TCP in one piece.
        """
        tap, _ = self.openSuperframeTap()
        for packet in PACKETS:
            virtio, frame = packet.superframe()
            stretch = superframeOf(virtio, memoryview(frame))
            assert stretch is not None
            self.assertTrue(tap.writeStretch(stretch))
            arrived, kinds = self.arrivedFrames(packet.segments())
            self.assertEqual(packet.segments(), arrived)
            if packet is PACKETS[0]:
                self.assertEqual({virtio.gsoType}, kinds)

    def test_shortStretchesArrive(self) -> None:
        """
        A stretch that is no longer than one packet arrives as that packet.
        """
        tap, _ = self.openSuperframeTap()
        virtio, frame = SINGLE.superframe()
        stretch = superframeOf(virtio, memoryview(frame))
        assert stretch is not None
        self.assertTrue(tap.writeStretch(stretch))
        self.assertEqual((SINGLE.segments(), {0}), self.arrivedFrames(SINGLE.segments()))

    def test_partialChecksumsAreMarked(self) -> None:
        """
        A frame whose checksum the host left to others is handed over complete, or marked as what it is.
        """
        _, recorder = self.openSuperframeTap()
        virtio, frame = SINGLE.superframe()
        (expected,) = SINGLE.segments()
        self.hostSendSuperframe(frame, virtio)
        self.assertTrue(self.turnUntil(lambda: expected in _read(recorder)))

    def test_writeStretchAfterClose(self) -> None:
        """
        Writing a stretch to a closed tap does not raise; it is counted as dropped.
        """
        tap, _ = self.openSuperframeTap()
        tap.close()
        virtio, frame = PACKETS[0].superframe()
        stretch = superframeOf(virtio, memoryview(frame))
        assert stretch is not None
        self.assertFalse(tap.writeStretch(stretch))
        self.assertEqual(1, self.drops())


def _cut(frame: bytes, virtio: VirtioHeader) -> list[bytes]:
    return [bytes(each) for each in framesOf(virtio, memoryview(bytearray(frame)))]


def _read(recorder: FrameRecorder) -> list[bytes]:
    """
    All that a tap handed over, in ordinary frames.
    """
    return [each for frame, virtio in recorder.superframes for each in _cut(frame, virtio)] + recorder.frames
