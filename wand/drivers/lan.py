"""
A LAN inside the process: ports, and frames in flight between them.

It is a hub: a frame that one port sends arrives at every other, after a delay, unless it is lost.  Time and chance come
from the given clock and random generator only.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Annotated, Final

import attrs
import msgspec
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.drivers.descriptor import BATCH
from wand.ethernet import Frame

#: The most frames in flight on a LAN; it refuses any more.
FRAMES_MAXIMUM: Final = 1024


class LANSettings(msgspec.Struct, frozen=True):
    """
    What an operator may set.

    @ivar lan: the name of the LAN; by default that of the interface.
    @ivar loss: the share of frames that are lost, 0 to 1.
    @ivar delay: seconds that each frame takes.
    @ivar jitter: seconds that a frame may take in addition, at random, so that frames overtake each other.
    """

    lan: str = ""
    loss: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    jitter: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0


@attrs.frozen(eq=False)
class LANPort:
    """
    A plug in a LAN.

    @ivar received: called with each frame that arrives.
    @ivar settled: called after one or more frames arrived.
    """

    _lan: MemoryLAN
    received: Callable[[bytes], object]
    settled: Callable[[], object]

    def send(self, frame: Frame) -> bool:
        """
        Send a frame to all other ports.

        @return: whether the LAN took it; it refuses a frame while too many are in flight, and after L{detach}.
        """
        return self._lan.carry(self, bytes(frame))

    def detach(self) -> None:
        """
        Receive and send nothing more; more calls do nothing.
        """
        self._lan.remove(self)


class MemoryLAN:
    """
    Ports, and the frames in flight between them.

    @ivar settings: its name, loss, delay and jitter.
    @ivar lost: how many frames it lost so far.
    """

    def __init__(
        self,
        settings: LANSettings,
        clock: IReactorTime,
        random: Random,
        emptied: Callable[[], object] = lambda: None,
    ) -> None:
        """
        @param emptied: called when the last port is unplugged.
        """
        self.settings = settings
        self._emptied = emptied
        self.lost = 0
        self._clock = clock
        self._random = random
        self._ports: dict[LANPort, None] = {}  # a set that keeps the order
        self._underWay: list[tuple[float, int, LANPort, bytes]] = []
        self._serial = 0
        self._timer: IDelayedCall | None = None

    def attach(self, received: Callable[[bytes], object], settled: Callable[[], object] = lambda: None) -> LANPort:
        """
        Plug in a port.

        @param received: called with each frame that another port sends, never from within a call of ours.
        @param settled: called when, for now, no more frames arrive.
        """
        port = LANPort(self, received, settled)
        self._ports[port] = None
        return port

    def carry(self, sender: LANPort, frame: bytes) -> bool:
        """
        Take a frame from a port; see L{LANPort.send}.
        """
        if sender not in self._ports or len(self._underWay) >= FRAMES_MAXIMUM:
            return False
        if self._random.random() < self.settings.loss:
            self.lost += 1
        else:
            arrival = self._clock.seconds() + self.settings.delay + self._random.random() * self.settings.jitter
            self._serial += 1
            heappush(self._underWay, (arrival, self._serial, sender, frame))
            self._schedule()
        return True

    def remove(self, port: LANPort) -> None:
        """
        Unplug a port; see L{LANPort.detach}.  The last one takes all frames in flight with it.
        """
        if port in self._ports:
            del self._ports[port]
            if not self._ports:
                self._underWay.clear()
                self._schedule()
                self._emptied()

    def _schedule(self) -> None:
        if self._timer is not None and self._timer.active():
            if self._underWay and self._timer.getTime() <= self._underWay[0][0]:
                return
            self._timer.cancel()
        self._timer = None
        if self._underWay:
            wait = max(0.0, self._underWay[0][0] - self._clock.seconds())
            self._timer = self._clock.callLater(wait, self._deliver)

    def _deliver(self) -> None:
        now = self._clock.seconds()
        reached: dict[LANPort, None] = {}
        for _ in range(BATCH):
            if not self._underWay or self._underWay[0][0] > now:
                break
            _, _, sender, frame = heappop(self._underWay)
            for port in [each for each in self._ports if each is not sender]:
                if port in self._ports:  # one that was called before may have unplugged it
                    reached[port] = None
                    port.received(frame)
        for port in reached:
            if port in self._ports:
                port.settled()
        self._schedule()
