"""
A tap and both of its sides, for tests of drivers: the driver under test opens it, and the test plays the host.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import TestCase

import attrs
from twisted.internet.task import Clock

from wand.ethernet import MAC
from wand.interfaces import ITap, ITapDriver, TapRequest
from wand.testing.descriptors import Descriptors
from wand.testing.frames import FrameRecorder, makeContext

if TYPE_CHECKING:
    _TestCase = TestCase
else:
    _TestCase = object  # else every module that imports it would run it, without a driver

#: Turns of the reactor, of at least a millisecond each, after which a test gives up.
TURNS_MAXIMUM: Final = 500


class TapBench(_TestCase):
    """
    Opens taps with a driver.  A test of the driver says how to make it, and how to reach the host's side of a tap.

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
