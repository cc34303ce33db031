"""
A tap and both of its sides, for tests of drivers: the driver under test opens it, and the test plays the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
from twisted.internet.task import Clock

from wand.ethernet import MAC
from wand.interfaces import ITap, ITapDriver, IWandPlugin, TapRequest
from wand.testing.descriptors import Descriptors
from wand.testing.frames import FrameRecorder, makeFrame
from wand.testing.plugin_bench import PluginBench, openDescriptors

#: Turns of the reactor, of at least a millisecond each, after which a test gives up.
TURNS_MAXIMUM: Final = 500


class TapBench(PluginBench):
    """
    Opens taps with a driver.  A test of the driver says how to make it, and how to reach the host's side of a tap.

    @ivar interface: the name of the interface to ask for.
    @ivar mtu: the MTU to ask for.
    @ivar largestMTU: the largest MTU that is tried.
    @ivar hearsAll: does the tap hand over frames to any host?  C{False} for a port of one host, which gets only what is
        for its own address.
    @ivar superframes: whether superframes are welcome.
    @ivar severalAtOnce: can another tap be opened and closed beside that of the test's host?
    @ivar batchLimit: how many frames one wake-up may hand over at most.
    @ivar floodSize: how many frames are written to fill the queue.
    @ivar turnsMaximum: turns of the reactor after which a test gives up.
    @ivar driver: the driver.
    """

    interface: str = "wandtest0"
    mtu: int = 1280
    largestMTU: int = 9000
    hearsAll: bool = True
    superframes: bool = False
    severalAtOnce: bool = True
    batchLimit: int = 64
    floodSize: int = 3000
    turnsMaximum: int = TURNS_MAXIMUM

    # What a driver's test supplies.

    def makeDriver(self) -> ITapDriver:
        """
        Make the driver.
        """
        raise NotImplementedError

    def hostOpened(self, tap: ITap) -> None:
        """
        A tap was opened: prepare its host's side.  Called again when it was closed and another is opened.
        """

    def hostSend(self, frame: bytes) -> None:
        """
        Let the host send a frame through the tap.  An C{OSError} says that the host cannot send such a frame.
        """
        raise NotImplementedError

    def hostReceived(self) -> list[bytes]:
        """
        The frames that arrived at the host since the last call.
        """
        raise NotImplementedError

    def hostGone(self) -> bool | None:
        """
        Let the device that is behind the tap vanish: its other side is closed, its interface deleted.

        @return: C{False} if it cannot vanish, and nothing was done.
        """
        return False

    def hostAddresses(self) -> list[str]:
        """
        The IP addresses that the host has on the tap, with their prefix lengths.  Only asked if the driver sets any.
        """
        return []

    def hostResized(self, mtu: int) -> None:
        """
        Somebody changes the MTU at the host's side.
        """

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

    # What every plugin's contract needs.

    def makePlugin(self) -> IWandPlugin:
        """
        See L{PluginBench}.
        """
        self.driver = self.makeDriver()
        return self.driver

    def openWith(self, settings: Mapping[str, Any]) -> ITap:
        """
        See L{PluginBench}.
        """
        return self.driver.open(self.request(settings=settings), self.context)

    def exercise(self, opened: ITap) -> None:
        """
        See L{PluginBench}: let frames pass.
        """
        self.hostOpened(opened)
        opened.start(FrameRecorder())
        self.hostSend(makeFrame(60))
        opened.write(makeFrame(60))
        self.turn()

    def heldByUse(self) -> tuple[object, object]:
        """
        See L{PluginBench}.  The host's side may be the test's own, so what is looked at is whether frames take more.
        """
        tap, recorder = self.started()
        held = []
        for begin in (0, 10):
            frames = [makeFrame(60, begin + number) for number in range(10)]
            for frame in frames:
                self.hostSend(frame)
                tap.write(frame)
            self.turnUntil(lambda: set(frames) <= set(recorder.frames))  # noqa: B023
            self.hostReceived()
            held.append(len(openDescriptors()))
        return held[0], held[1]

    def holdings(self) -> tuple[object, ...]:
        """
        See L{PluginBench}.
        """
        return *super().holdings(), self.leftBehind()

    # Tools.

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

    def openTap(self, **changes: Any) -> ITap:
        """
        Open the tap and prepare the host's side.

        @param changes: what is requested otherwise than usual.
        """
        tap = self.driver.open(self.request(**changes), self.context)
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
        for _ in range(self.turnsMaximum):
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
        return self.context.counters.drops()
