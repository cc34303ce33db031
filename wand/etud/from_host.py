"""
Frames from the host to the peers, by their destination.

The order of the methods is the way of a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from zope.interface import implementer

from wand.counters import Counters
from wand.ethernet import HEADER_SIZE, OVERHEAD, Frame
from wand.etud.bridging import Bridging
from wand.etud.group_spreading import GroupSpreading
from wand.etud.refusing import countRefused, isLinkLocal
from wand.etud.waiting_frames import WaitingFrames
from wand.health.failures import Failures
from wand.interfaces import IFrameReader, IFrameWatcher, ISuperframeTransport, ITap, ITransport
from wand.superframes.cutting import framesOf
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer, Table

COUNTERS: Final = {
    "sent-frames": "frames sent to one peer",
    "sent-group-frames": "broadcast and multicast frames sent, each to every peer",
    "drop-sent-runt": "frames from the host dropped: shorter than an Ethernet header",
    "drop-sent-oversize": "frames from the host dropped: longer than the MTU allows",
    "drop-unknown-unicast": "frames from the host dropped: no entry in the table for their destination",
    "sent-to-nobody": "broadcast and multicast frames from the host that nobody got: there is nobody else yet",
    "drop-sent-link-local": "control frames of the host's own link dropped: spanning tree, LACP, LLDP and others",
    "drop-sent-watched": "frames from the host dropped by a frame service",
}


#: Sends a superframe as L{ISuperframeTransport.sendSuperframe} does.
SendWhole: TypeAlias = Callable[[Peer, memoryview, VirtioHeader], object]


class Sender(Protocol):
    """
    What frames go through: an L{ITransport}, or what stands before it.
    """

    @property
    def send(self) -> Callable[[Peer, Frame], None]: ...

    @property
    def sendEach(self) -> Callable[[Sequence[Peer], Frame], None]: ...

    @property
    def flush(self) -> Callable[[], None]: ...


@implementer(IFrameReader)
class FromHost:
    """
    Sends what the host writes to the tap.

    @ivar watchers: the frame services at work, each asked about every frame to a group.
    """

    def __init__(
        self,
        tap: ITap,
        transport: ITransport,
        table: Table,
        counters: Counters,
        lost: Callable[[str], object],
        failures: Failures,
        bridging: Bridging | None,
        waiting: WaitingFrames | None,
        *,
        linkLocal: bool,
        spreading: GroupSpreading | None,
    ) -> None:
        """
        See L{wand.etud.forwarding.Etud}.
        """
        self.watchers: tuple[IFrameWatcher, ...] = ()
        self._bridging = bridging
        self._waiting = waiting
        if waiting is not None:
            waiting.release = self._sendHeld
        self._linkLocal = linkLocal
        self._table = table
        self._ways = table.ways
        self._known = table.known
        self._counters = counters
        self._lost = lost
        self._failures = failures
        self.follow(tap)
        whole = transport.sendSuperframe if ISuperframeTransport.providedBy(transport) else self._sendFrames
        self.sendThrough(transport, whole, spreading)
        counters.declare(COUNTERS)

    def sendThrough(self, sender: Sender, whole: SendWhole, spreading: GroupSpreading | None) -> None:
        """
        Send frames through something from now on.

        @param whole: sends a superframe.
        @param spreading: see L{wand.etud.forwarding.Etud}.
        """
        self._transport = sender
        self._sendSuperframe = whole
        self._spreading = spreading

    @property
    def passage(self) -> tuple[Sender, SendWhole, GroupSpreading | None]:
        """
        What L{sendThrough} was told last.
        """
        return self._transport, self._sendSuperframe, self._spreading

    def follow(self, tap: ITap) -> None:
        """
        The tap may have another MTU than before: go by that from now on.
        """
        self._longest = tap.mtu + OVERHEAD

    # HOT PATH

    def frameRead(self, frame: Frame) -> None:
        """
        See L{IFrameReader}.
        """
        if not HEADER_SIZE <= len(frame) <= self._longest:
            self._counters["drop-sent-runt" if len(frame) < HEADER_SIZE else "drop-sent-oversize"] += 1
        elif frame[0] & 1:
            self._spread(frame)
        else:
            peer = self._ways.get(bytes(frame[:12]))
            if peer is None:
                self._sendFirst(frame)
            else:
                self._counters["sent-frames"] += 1
                try:
                    self._transport.send(peer, frame)
                except Exception:
                    self._failures.caught("transport", plugin=self._transport)

    def superframeRead(self, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        See L{IFrameReader}.  One for a group is rare: it is cut into ordinary frames, which go the ordinary
        way.
        """
        peer = self._ways.get(bytes(frame[:12]))
        if peer is None and not frame[0] & 1:
            if self._bridging is not None and not self._bridging.mayLeave(frame):
                return
            peer = self._findWay(frame)
        if peer is None:
            for each in framesOf(virtio, frame):
                self.frameRead(each)
        else:
            self._counters["sent-frames"] += 1
            try:
                self._sendSuperframe(peer, frame, virtio)
            except Exception:
                self._failures.caught("transport", plugin=self._transport)

    def _sendFrames(self, peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        for each in framesOf(virtio, frame):
            self._transport.send(peer, each)

    def _sendFirst(self, frame: Frame) -> None:
        """
        Send the first frame of a pair of addresses, or one whose destination nobody owns.
        """
        if self._bridging is not None and not self._bridging.mayLeave(frame):
            return
        peer = self._findWay(frame)
        if peer is not None:
            self._counters["sent-frames"] += 1
            try:
                self._transport.send(peer, frame)
            except Exception:
                self._failures.caught("transport", plugin=self._transport)
        elif self._waiting is None or not self._waiting.hold(frame):
            self._sendUnknown(frame)

    def _sendUnknown(self, frame: Frame) -> None:
        if takers := self._bridging.takers() if self._bridging is not None else ():
            self._sendEach(takers, frame)
        else:
            self._counters["drop-unknown-unicast"] += 1

    def _sendHeld(self, frames: Sequence[Frame]) -> None:
        """
        Send frames whose destination was looked for: nothing more is waited for.
        """
        for frame in frames:
            peer = self._findWay(frame)
            if peer is None:
                self._sendUnknown(frame)
                continue
            self._counters["sent-frames"] += 1
            self._counters["held-frames-sent"] += 1
            try:
                self._transport.send(peer, frame)
            except Exception:
                self._failures.caught("transport", plugin=self._transport)
        self.batchRead()

    def _findWay(self, frame: Frame) -> Peer | None:
        peer = self._table.peerOf.get(bytes(frame[:6]))
        if peer is not None:
            if self._waiting:  # what waited for it goes first
                self._waiting.letGo(bytes(frame[:6]))
            self._table.keepWay(bytes(frame[:12]), peer)
        return peer

    def _spread(self, frame: Frame) -> None:
        peers = self._known.all
        if not self._linkLocal and isLinkLocal(frame):
            self._counters["drop-sent-link-local"] += 1
        elif (self._bridging is not None and not self._bridging.mayLeaveToAll(frame)) or not self._mayLeave(frame):
            return
        elif self._spreading is not None and self._spreading.isTaking:
            self._spreading.spread(frame)
        elif not peers:
            self._counters["sent-to-nobody"] += 1
        else:
            self._counters["sent-group-frames"] += 1
            self._sendEach(peers, frame)

    def _mayLeave(self, frame: Frame) -> bool:
        for watcher in self.watchers:
            passage = watcher.leaving(frame)
            if not passage:
                countRefused(self._counters, passage, "drop-sent-watched")
                return False
        return True

    def _sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        try:
            self._transport.sendEach(peers, frame)
        except Exception:
            self._failures.caught("transport", plugin=self._transport)

    def batchRead(self) -> None:
        """
        See L{IFrameReader}.
        """
        try:
            self._transport.flush()
        except Exception:
            self._failures.caught("transport", plugin=self._transport)

    # COLD PATH

    def tapLost(self, reason: str) -> None:
        """
        See L{IFrameReader}.
        """
        self._lost(reason)
