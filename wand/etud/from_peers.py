"""
Frames from the peers to the host.

The order of the methods is the way of a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from zope.interface import implementer

from wand.counters import Counters
from wand.ethernet import HEADER_SIZE, OVERHEAD, Frame
from wand.etud.bridging import Bridging
from wand.etud.group_spreading import GroupSpreading
from wand.etud.refusing import countRefused, isLinkLocal
from wand.health.failures import Failures
from wand.interfaces import IFrameInspector, IFrameReceiver, IFrameWatcher, ISuperframeTap, ITap
from wand.superframes.stretch import Stretch
from wand.table import Peer, Table

COUNTERS: Final = {
    "delivered-frames": "frames from peers handed to the host",
    "drop-received-runt": "frames from peers dropped: shorter than an Ethernet header",
    "drop-received-oversize": "frames from peers dropped: longer than the MTU allows",
    "drop-received-own": "frames from peers dropped: their source is this node's own address",
    "drop-received-bad-source": "frames from peers dropped: their source is a group address",
    "drop-received-link-local": "control frames of a peer's own link dropped: spanning tree, LACP, LLDP and others",
    "drop-received-watched": "frames from peers dropped by a frame service",
}


class Writer(Protocol):
    """
    What frames are written to: an L{ITap}, or what stands before it.
    """

    @property
    def write(self) -> Callable[[Frame], bool]: ...


@implementer(IFrameReceiver)
class FromPeers:
    """
    Hands what peers send to the host.
    """

    def __init__(
        self,
        tap: ITap,
        table: Table,
        counters: Counters,
        failures: Failures,
        bridging: Bridging | None,
        *,
        linkLocal: bool,
        spreading: GroupSpreading | None,
    ) -> None:
        """
        See L{wand.etud.forwarding.Etud}.
        """
        self.watch(())
        self._bridging = bridging
        self._linkLocal = linkLocal
        self._spreading = spreading
        self._table = table
        self._counters = counters
        self._failures = failures
        self.follow(tap)
        self.wantsStretches: bool = ISuperframeTap.providedBy(tap)
        self.writeTo(tap, tap.writeStretch if ISuperframeTap.providedBy(tap) else self._writeFrames)
        counters.declare(COUNTERS)

    def writeTo(self, writer: Writer, whole: Callable[[Stretch], bool]) -> None:
        """
        Write frames to something from now on.

        @param whole: writes a stretch, as L{ISuperframeTap.writeStretch} does.
        """
        self._tap = writer
        self._writeStretch = whole

    def watch(self, watchers: Sequence[IFrameWatcher]) -> None:
        """
        Ask frame services about every frame to a group, and inspectors about every frame.
        """
        inspectors = [watcher for watcher in watchers if IFrameInspector.providedBy(watcher)]
        self._askedOfOne = tuple(each.arriving for each in inspectors)
        self._askedOfGroup = tuple(each.arriving for each in watchers)

    @property
    def passage(self) -> tuple[Writer, Callable[[Stretch], bool]]:
        """
        What L{writeTo} was told last.
        """
        return self._tap, self._writeStretch

    def follow(self, tap: ITap) -> None:
        """
        The tap may have another address or another MTU than before: go by these from now on.
        """
        self._own = bytes(tap.mac)
        self._longest = tap.mtu + OVERHEAD

    # HOT PATH

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        """
        See L{IFrameReceiver}.
        """
        if not HEADER_SIZE <= len(frame) <= self._longest:
            self._counters["drop-received-runt" if len(frame) < HEADER_SIZE else "drop-received-oversize"] += 1
        elif frame[6] & 1:
            self._counters["drop-received-bad-source"] += 1
        elif frame[6:12] == self._own:
            self._counters["drop-received-own"] += 1
        elif frame[0] & 1:
            self._groupReceived(peer, frame)
        else:
            for ask in self._askedOfOne:
                passage = ask(peer, frame)
                if not passage:
                    countRefused(self._counters, passage, "drop-received-watched")
                    return
            try:
                if self._tap.write(frame):
                    self._counters["delivered-frames"] += 1
            except Exception:
                self._failures.caught("tap", plugin=self._tap)

    def _groupReceived(self, peer: Peer, frame: Frame) -> None:
        if not self._linkLocal and isLinkLocal(frame):
            self._counters["drop-received-link-local"] += 1
            return
        if self._spreading is not None and not self._spreading.mayArrive():
            return
        if self._bridging is not None and not self._bridging.mayArrive(peer, frame):
            return
        for ask in self._askedOfGroup:
            passage = ask(peer, frame)
            if not passage:
                countRefused(self._counters, passage, "drop-received-watched")
                return
        try:
            if self._tap.write(frame):
                self._counters["delivered-frames"] += 1
        except Exception:
            self._failures.caught("tap", plugin=self._tap)

    def stretchReceived(self, peer: Peer, stretch: Stretch) -> None:
        """
        See L{IFrameReceiver}.
        """
        headers = stretch.headers.octets
        if (headers[0] | headers[6]) & 1 or headers[6:12] == self._own:  # for a group, or not to be delivered at all
            for frame in stretch.frames():
                self.frameReceived(peer, frame)
            return
        for ask in self._askedOfOne:
            passage = ask(peer, headers + stretch.pieces[0])
            if not passage:
                countRefused(self._counters, passage, "drop-received-watched")
                return
        try:
            if self._writeStretch(stretch):
                self._counters["delivered-frames"] += 1
        except Exception:
            self._failures.caught("tap", plugin=self._tap)

    def _writeFrames(self, stretch: Stretch) -> bool:
        taken = [self._tap.write(frame) for frame in stretch.frames()]
        return all(taken)

    def batchReceived(self) -> None:
        """
        See L{IFrameReceiver}.
        """

    def peerHeard(self, peer: Peer) -> None:
        """
        See L{IFrameReceiver}.
        """
        self._table.touch(peer)
        self._table.forgetWays()  # now and then: hosts behind our tap that speak are remembered as such
