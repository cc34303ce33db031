"""
The contract that every tap driver fulfils, as tests that a driver's author runs against it.
"""

from __future__ import annotations

from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid, TapUnavailable
from wand.ethernet import OVERHEAD, Frame
from wand.interfaces import ITap, ITapDriver
from wand.testing.frames import FrameRecorder, makeFrame, makeTaggedFrame
from wand.testing.tap_bench import TapBench


class TapDriverContract(TapBench):
    """
    What every tap driver must do.  Mix it into a test case and say how to reach the host's side of the tap::

        class MyDriverTests(TapDriverContract, SynchronousTestCase):
            settings = {"path": "/run/mine"}

            def makeDriver(self):
                return MyDriver()

            def hostOpened(self, tap):
                self.host = connectToTheOtherSideOf(tap)
                self.addCleanup(self.host.close)

            def hostSend(self, frame):
                self.host.send(frame)

            def hostReceived(self):
                return self.host.receiveAll()

    Frames are small or of the sizes around the MTU, and have an EtherType for experiments, by which the test can tell
    them from what a real host sends by itself.  L{wand.testing.kernel} helps with interfaces of the kernel.
    """

    def test_driverProvidesItsInterface(self) -> None:
        """
        The driver has everything that a driver must have, and can be used here.
        """
        self.assertTrue(verifyObject(ITapDriver, self.driver))
        self.assertTrue(self.driver.name)
        self.assertTrue(self.driver.about)
        self.assertIsNone(self.driver.unusable())

    def test_tapProvidesItsInterface(self) -> None:
        """
        The open tap has everything that a tap must have.
        """
        self.assertTrue(verifyObject(ITap, self.openTap()))

    def test_tapReportsItself(self) -> None:
        """
        The tap has the MAC address and the MTU that were asked for, and a name.
        """
        tap = self.openTap()
        self.assertEqual((self.request().mac, self.mtu), (tap.mac, tap.mtu))
        self.assertTrue(tap.interface)

    def test_framesFromHostAreReadWhole(self) -> None:
        """
        Frames of all sizes that the host may send are read as they were sent.
        """
        _, recorder = self.started()
        frames = [makeFrame(size) for size in (14, 15, 60, self.mtu, self.mtu + 14)]
        frames.append(makeTaggedFrame(self.mtu + OVERHEAD))
        for frame in frames:
            self.hostSend(frame)
        self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        self.assertEqual(sorted(frames), sorted(each for each in recorder.frames if each in frames))

    def test_framesToHostArriveWhole(self) -> None:
        """
        Frames of all sizes that are written arrive at the host as they were written.
        """
        tap, _ = self.started()
        frames = [makeFrame(size) for size in (14, 15, 60, self.mtu, self.mtu + 14)]
        frames.append(makeTaggedFrame(self.mtu + OVERHEAD))
        for frame in frames:
            self.assertTrue(tap.write(frame))
        self.assertEqual(sorted(frames), sorted(self.arrivals(len(frames))))

    def test_memoryviewsAreWritten(self) -> None:
        """
        A frame may be a slice of somebody's buffer, which is used again at once.
        """
        tap, _ = self.started()
        frame = makeFrame(100)
        buffer = bytearray(b"xx" + frame + b"yy")
        self.assertTrue(tap.write(memoryview(buffer)[2:-2]))
        buffer[:] = bytes(len(buffer))
        self.assertEqual([frame], self.arrivals(1))

    def test_framesComeInBatches(self) -> None:
        """
        After the frames that were there comes the end of the batch.
        """
        _, recorder = self.started()
        frames = [makeFrame(60, number) for number in range(5)]
        for frame in frames:
            self.hostSend(frame)
        self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        self.assertEqual([], recorder.batches[-1])

    def test_batchesAreBounded(self) -> None:
        """
        However many frames wait, one wake-up hands over a bounded number; all of them come in the end.
        """
        _, recorder = self.started()
        frames = [makeFrame(60, number) for number in range(3 * self.batchLimit)]
        for frame in frames:
            self.hostSend(frame)
        self.turnUntil(lambda: set(frames) <= set(recorder.frames))
        self.assertEqual(sorted(frames), sorted(each for each in recorder.frames if each in frames))
        self.assertLessEqual(max(map(len, recorder.batches)), self.batchLimit)

    def test_startHandsNothingOverAtOnce(self) -> None:
        """
        Frames come from the next turn of the reactor on, never from within C{start}.
        """
        tap, recorder = self.openTap(), FrameRecorder()
        self.hostSend(makeFrame(60))
        tap.start(recorder)
        self.assertEqual([[]], recorder.batches)

    def test_whatIsNotTakenIsCounted(self) -> None:
        """
        With a full queue, writing neither raises nor waits; every frame is either taken or counted as dropped.
        """
        tap, _ = self.started()
        taken = sum(tap.write(makeFrame(200, number)) for number in range(self.floodSize))
        self.assertEqual(self.floodSize - taken, self.drops())
        self.assertGreater(taken, 0)

    def test_fullQueueRecovers(self) -> None:
        """
        When the host has caught up, frames are taken again.
        """
        tap, _ = self.started()
        for number in range(self.floodSize):
            tap.write(makeFrame(200, number))

        def written() -> bool:
            self.hostReceived()
            return tap.write(makeFrame(99))

        self.assertTrue(self.turnUntil(written))
        self.assertIn(makeFrame(99), self.arrivals(1))

    def test_unknownSettingsAreRefused(self) -> None:
        """
        A setting that the driver does not know is an error that names it, and nothing is left behind.
        """
        before = self.holdings()
        request = self.request(settings={**self.settings, "no-such-setting": 1})
        with self.assertRaises(ConfigurationInvalid) as raised:
            self.driver.open(request, self.context)
        self.assertEqual("no-such-setting", raised.exception.key)
        self.assertEqual(before, self.holdings())

    def test_failedOpenLeavesNothing(self) -> None:
        """
        When the tap cannot be opened or configured, the error says why and nothing is left behind.
        """
        request = self.impossibleRequest()
        if request is not None:
            before = self.holdings()
            with self.assertRaises(TapUnavailable) as raised:
                self.driver.open(request, self.context)
            self.assertTrue(str(raised.exception))
            self.assertEqual(before, self.holdings())

    def test_closeLeavesNothing(self) -> None:
        """
        A closed tap is not watched any more, its descriptors are closed, its interface is gone; closing again does
        nothing.
        """
        before = self.holdings()
        tap = self.driver.open(self.request(), self.context)
        tap.start(FrameRecorder())
        tap.close()
        tap.close()
        self.assertEqual(before, self.holdings())

    def test_nothingIsReadAfterClose(self) -> None:
        """
        Frames that the host sent before are not handed over after the tap was closed.
        """
        tap, recorder = self.started()
        self.hostSend(makeFrame(60))
        tap.close()
        self.turn()
        self.assertEqual(([[]], []), (recorder.batches, recorder.lost))

    def test_closeFromWithin(self) -> None:
        """
        The receiver may close the tap when it gets a frame; it gets no other.
        """
        tap = self.openTap()

        class Closing(FrameRecorder):
            def frameRead(self, frame: Frame) -> None:
                super().frameRead(frame)
                tap.close()

        recorder = Closing()
        tap.start(recorder)
        for number in range(3):
            self.hostSend(makeFrame(60, number))
        self.turnUntil(lambda: bool(recorder.frames))
        self.turn()
        self.assertEqual(1, len(recorder.frames))
        self.assertEqual([], recorder.lost)

    def test_writeAfterClose(self) -> None:
        """
        Writing to a closed tap does not raise; the frame is counted as dropped.
        """
        tap, _ = self.started()
        tap.close()
        self.assertFalse(tap.write(makeFrame(60)))
        self.assertEqual(1, self.drops())
