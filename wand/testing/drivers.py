"""
The contract that every tap driver fulfils, as tests that a driver's author runs against it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import TestCase

import attrs
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid, TapUnavailable
from wand.ethernet import MAC, OVERHEAD, Frame
from wand.interfaces import ITap, ITapDriver, TapRequest
from wand.testing.descriptors import Descriptors
from wand.testing.frames import FrameRecorder, makeContext, makeFrame, makeTaggedFrame

if TYPE_CHECKING:
    _TestCase = TestCase
else:
    _TestCase = object  # else every module that imports the contract would run it, without a driver

#: Turns of the reactor, of at least a millisecond each, after which a test gives up.
TURNS_MAXIMUM: Final = 500


class TapDriverContract(_TestCase):
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

    @ivar interface: the name of the interface to ask for.
    @ivar settings: the driver's settings.
    @ivar mtu: the MTU to ask for.
    @ivar superframes: whether superframes are welcome.
    @ivar batchLimit: how many frames one wake-up may hand over at most.
    @ivar floodSize: how many frames are written to fill the queue.
    @ivar context: what the driver is opened with; its clock is simulated.
    @ivar driver: the driver.
    """

    interface: str = "wandtest0"
    settings: dict[str, Any] = {}
    mtu: int = 1280
    superframes: bool = False
    batchLimit: int = 64
    floodSize: int = 3000

    # What a driver's test supplies.

    def makeDriver(self) -> ITapDriver:
        """
        Make the driver.
        """
        raise NotImplementedError

    def hostOpened(self, tap: ITap) -> None:
        """
        A tap was opened: prepare its host's side.
        """

    def hostSend(self, frame: bytes) -> None:
        """
        Let the host send a frame through the tap.
        """
        raise NotImplementedError

    def hostReceived(self) -> list[bytes]:
        """
        The frames that arrived at the host since the last call.
        """
        raise NotImplementedError

    def leftBehind(self) -> list[str]:
        """
        What is left of taps that were closed, or that could not be opened, beyond descriptors and timers: interfaces,
        files.  Each in words.
        """
        return []

    def impossibleRequest(self) -> TapRequest | None:
        """
        A request with good settings that cannot be fulfilled, or C{None} if there is none.
        """
        return None

    # Tools.

    def setUp(self) -> None:
        """
        Make the driver.
        """
        super().setUp()
        self.context = makeContext()
        self.driver = self.makeDriver()

    def request(self, **changes: Any) -> TapRequest:
        """
        A request for the tap.
        """
        request = TapRequest(
            self.interface,
            MAC.parse("02:00:00:00:00:01"),
            self.mtu,
            superframes=self.superframes,
            settings=self.settings,
        )
        return attrs.evolve(request, **changes)

    def openTap(self) -> ITap:
        """
        Open the tap and prepare the host's side.
        """
        tap = self.driver.open(self.request(), self.context)
        self.addCleanup(tap.close)
        self.hostOpened(tap)
        return tap

    def started(self) -> tuple[ITap, FrameRecorder]:
        """
        Open the tap and start it.
        """
        tap, recorder = self.openTap(), FrameRecorder()
        tap.start(recorder)
        return tap, recorder

    def turn(self) -> None:
        """
        One turn of the reactor.
        """
        clock, descriptors = self.context.clock, self.context.descriptors
        assert isinstance(clock, Clock) and isinstance(descriptors, Descriptors)
        descriptors.turn(0.001)
        clock.advance(0.001)

    def turnUntil(self, condition: Callable[[], bool]) -> bool:
        """
        Turn the reactor until something is so.

        @return: whether it became so.
        """
        for _ in range(TURNS_MAXIMUM):
            if condition():
                return True
            self.turn()
        return condition()

    def arrivals(self, count: int) -> list[bytes]:
        """
        Wait for frames to arrive at the host.
        """
        arrived: list[bytes] = []

        def enough() -> bool:
            arrived.extend(self.hostReceived())
            return len(arrived) >= count

        self.turnUntil(enough)
        return arrived

    def drops(self) -> int:
        """
        How many frames were dropped, by the counters.
        """
        return sum(count for name, count in self.context.counters.items() if name.startswith("drop-"))

    def holdings(self) -> tuple[object, ...]:
        """
        What an open tap holds and a closed one must not.
        """
        clock, descriptors = self.context.clock, self.context.descriptors
        assert isinstance(clock, Clock)
        timers = len(clock.getDelayedCalls())
        return len(list(Path("/dev/fd").iterdir())), timers, descriptors.getReaders(), self.leftBehind()

    # The contract.

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
