"""
Etud, "Ethernet over UDP": frames from the tap to the peers by their destination, and from the peers to the tap.

The order of the methods is the way of a frame: out of the host and onto the network, then from the network to the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from zope.interface import implementer

from wand.counters import Counters
from wand.ethernet import HEADER_SIZE, OVERHEAD, Frame
from wand.etud.bridging import Bridging
from wand.etud.waiting_frames import WaitingFrames
from wand.health.failures import Failures
from wand.interfaces import (
    CONSUMED,
    IFrameInspector,
    IFrameReader,
    IFrameReceiver,
    IFrameWatcher,
    ISuperframeTap,
    ISuperframeTransport,
    ITap,
    ITransport,
    Passage,
)
from wand.superframes.cutting import framesOf
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer, Table

#: What the addresses begin with that no bridge forwards (IEEE 802.1D, table 7-10).
LINK_LOCAL: Final = bytes.fromhex("0180c20000")

COUNTERS: Final = {
    "sent-frames": "frames sent to one peer",
    "sent-group-frames": "broadcast and multicast frames sent, each to every peer",
    "delivered-frames": "frames from peers handed to the host",
    "drop-sent-runt": "frames from the host dropped: shorter than an Ethernet header",
    "drop-sent-oversize": "frames from the host dropped: longer than the MTU allows",
    "drop-unknown-unicast": "frames from the host dropped: no entry in the table for their destination",
    "sent-to-nobody": "broadcast and multicast frames from the host that nobody got: there is nobody else yet",
    "drop-sent-link-local": "control frames of the host's own link dropped: spanning tree, LACP, LLDP and others",
    "drop-sent-watched": "frames from the host dropped by a frame service",
    "drop-received-runt": "frames from peers dropped: shorter than an Ethernet header",
    "drop-received-oversize": "frames from peers dropped: longer than the MTU allows",
    "drop-received-own": "frames from peers dropped: their source is this node's own address",
    "drop-received-bad-source": "frames from peers dropped: their source is a group address",
    "drop-received-link-local": "control frames of a peer's own link dropped: spanning tree, LACP, LLDP and others",
    "drop-received-watched": "frames from peers dropped by a frame service",
}


class GroupSpreading(Protocol):
    """
    Sends frames to groups otherwise than to each peer directly; L{wand.sealed.groups.groups.Groups} provides it.
    """

    @property
    def isTaking(self) -> bool:
        """
        Do such frames of the host go that way?
        """

    def spread(self, frame: Frame) -> None:
        """
        Send a frame of the host to everybody.
        """

    def mayArrive(self) -> bool:
        """
        May a frame to a group that came directly go to the host?
        """


@implementer(IFrameReader, IFrameReceiver)
class Etud:
    """
    The data plane of one node: a tap, a transport, and the table between them.
    """

    def __init__(
        self,
        tap: ITap,
        transport: ITransport,
        table: Table,
        counters: Counters,
        lost: Callable[[str], object],
        failures: Failures,
        bridging: Bridging | None = None,
        waiting: WaitingFrames | None = None,
        *,
        linkLocal: bool = False,
        spreading: GroupSpreading | None = None,
    ) -> None:
        """
        @param lost: called with the reason when the tap is gone.
        @param failures: what counts and logs a tap or a transport that raises.
        @param bridging: what is done about LANs behind taps, in a network that knows who may have one.
        @param waiting: holds frames while their destination is looked for, in a network with members.
        @param linkLocal: do control frames of a link (01:80:C2:00:00:00 to 0F), which no bridge forwards, cross?
        @param spreading: sends frames to groups in a network that may be too large to send them to each peer.
        """
        self.watchers = ()
        self._bridging = bridging
        self._waiting = waiting
        if waiting is not None:
            waiting.release = self._sendHeld
        self._linkLocal = linkLocal
        self._spreading = spreading
        self._tap = tap
        self._transport = transport
        self._table = table
        self._ways = table.ways
        self._counters = counters
        self._lost = lost
        self._failures = failures
        self.follow()
        self._sendSuperframe = (
            transport.sendSuperframe if ISuperframeTransport.providedBy(transport) else self._sendFrames
        )
        self.wantsStretches: bool = ISuperframeTap.providedBy(tap)
        self._writeStretch: Callable[[Stretch], bool] = (
            tap.writeStretch if ISuperframeTap.providedBy(tap) else self._writeFrames
        )
        counters.declare(COUNTERS)
        table.observe(transport)

    @property
    def watchers(self) -> Sequence[IFrameWatcher]:
        """
        The frame services at work, each asked about every frame to a group, and inspectors about every frame that
        arrives.
        """
        return self._watchers

    @watchers.setter
    def watchers(self, watchers: Sequence[IFrameWatcher]) -> None:
        self._watchers = tuple(watchers)
        inspectors = [watcher for watcher in watchers if IFrameInspector.providedBy(watcher)]
        self._askedOfOne = tuple(each.arriving for each in inspectors)
        self._askedOfGroup = tuple(each.arriving for each in watchers)

    def follow(self) -> None:
        """
        The tap has another address or another MTU than before: go by these from now on.
        """
        self._own = bytes(self._tap.mac)
        self._longest = self._tap.mtu + OVERHEAD

    def start(self) -> None:
        """
        Let frames flow both ways.
        """
        self._transport.start(self)
        self._tap.start(self)

    # From the host to the peers.  HOT PATH

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
        peers = self._table.peers
        if not self._linkLocal and _isLinkLocal(frame):
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
        for watcher in self._watchers:
            passage = watcher.leaving(frame)
            if not passage:
                self._refused(passage, "drop-sent-watched")
                return False
        return True

    def _refused(self, passage: Passage, counter: str) -> None:
        if passage is not CONSUMED:
            self._counters[counter] += 1

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

    # From the peers to the host.  HOT PATH

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
                    self._refused(passage, "drop-received-watched")
                    return
            try:
                if self._tap.write(frame):
                    self._counters["delivered-frames"] += 1
            except Exception:
                self._failures.caught("tap", plugin=self._tap)

    def _groupReceived(self, peer: Peer, frame: Frame) -> None:
        if not self._linkLocal and _isLinkLocal(frame):
            self._counters["drop-received-link-local"] += 1
            return
        if self._spreading is not None and not self._spreading.mayArrive():
            return
        if self._bridging is not None and not self._bridging.mayArrive(peer, frame):
            return
        for ask in self._askedOfGroup:
            passage = ask(peer, frame)
            if not passage:
                self._refused(passage, "drop-received-watched")
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
                self._refused(passage, "drop-received-watched")
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

    def tapLost(self, reason: str) -> None:
        """
        See L{IFrameReader}.
        """
        self._lost(reason)


def _isLinkLocal(frame: Frame) -> bool:
    return frame[:5] == LINK_LOCAL and frame[5] < 0x10
