"""
Overhearing: what stands before the tap and before the transport while somebody wants to know which frames pass.  While
nobody does, nothing of this is in the way of a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zope.interface import implementer

from wand.ethernet import Frame
from wand.etud.group_spreading import GroupSpreading
from wand.interfaces import IFrameInspector, ISuperframeTap, ISuperframeTransport, ITap, ITransport
from wand.superframes.cutting import framesOf
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.table import Peer


class Hearer(Protocol):
    """
    Who wants to know; it never raises.
    """

    def left(self, peer: Peer | None, frame: Frame) -> None:
        """
        A frame of the host goes to a peer; C{None} for everybody.

        @param frame: good until this call returns.
        """

    def arrived(self, peer: Peer | None, frame: Frame) -> None:
        """
        A frame of a peer goes to the host.

        @param frame: good until this call returns.
        """


class OverheardTransport:
    """
    In place of a transport.
    """

    def __init__(self, transport: ITransport, hearer: Hearer) -> None:
        self._transport = transport
        self._hearer = hearer
        self.flush = transport.flush
        self._sendWhole = transport.sendSuperframe if ISuperframeTransport.providedBy(transport) else self._sendFrames

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        See L{ITransport}.
        """
        self._hearer.left(peer, frame)
        self._transport.send(peer, frame)

    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        """
        See L{ITransport}.
        """
        self._hearer.left(peers[0] if len(peers) == 1 else None, frame)
        self._transport.sendEach(peers, frame)

    def sendSuperframe(self, peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        See L{ISuperframeTransport}.
        """
        for each in framesOf(virtio, memoryview(bytearray(frame))):  # of a copy: checksums are written into it
            self._hearer.left(peer, each)
        self._sendWhole(peer, frame, virtio)

    def _sendFrames(self, peer: Peer, frame: memoryview, virtio: VirtioHeader) -> None:
        for each in framesOf(virtio, frame):
            self._transport.send(peer, each)


class OverheardSpreading:
    """
    In place of what sends frames to groups in a large network.
    """

    def __init__(self, spreading: GroupSpreading, hearer: Hearer) -> None:
        self._spreading = spreading
        self._hearer = hearer
        self.mayArrive = spreading.mayArrive

    @property
    def isTaking(self) -> bool:
        """
        See L{GroupSpreading}.
        """
        return self._spreading.isTaking

    def spread(self, frame: Frame) -> None:
        """
        See L{GroupSpreading}.
        """
        self._hearer.left(None, frame)
        self._spreading.spread(frame)


@implementer(IFrameInspector)
class OverheardTap:
    """
    In place of a tap.  As the last inspector that is asked it learns whose frame is written next.
    """

    def __init__(self, tap: ITap, hearer: Hearer) -> None:
        self._tap = tap
        self._hearer = hearer
        self._peer: Peer | None = None
        self._writeWhole = tap.writeStretch if ISuperframeTap.providedBy(tap) else self._writeFrames

    def leaving(self, frame: Frame) -> bool:
        """
        See L{IFrameInspector}: nothing is refused.
        """
        return True

    def arriving(self, peer: Peer, frame: Frame) -> bool:
        """
        See L{IFrameInspector}: nothing is refused.
        """
        self._peer = peer
        return True

    def close(self) -> None:
        """
        See L{IFrameInspector}: nothing is left behind.
        """

    def write(self, frame: Frame) -> bool:
        """
        See L{ITap}.
        """
        self._hearer.arrived(self._peer, frame)
        return self._tap.write(frame)

    def writeStretch(self, stretch: Stretch) -> bool:
        """
        See L{ISuperframeTap}.
        """
        for each in stretch.frames():
            self._hearer.arrived(self._peer, each)
        return self._writeWhole(stretch)

    def _writeFrames(self, stretch: Stretch) -> bool:
        taken = [self._tap.write(frame) for frame in stretch.frames()]
        return all(taken)
