"""
The port of a node with VXLAN: what goes through the node, as from a tap, and the messages beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from zope.interface import implementer, implementer_only

from wand.drivers.afpacket import PacketTap, SuperframePacketTap
from wand.drivers.vxlan_direct import DirectListener, DirectSender
from wand.drivers.vxlan_messages import KIND, KIND_PLACE, Place
from wand.drivers.vxlan_offload import Offload
from wand.ethernet import Frame
from wand.interfaces import IAdjustableTap, IFrameReader, ISuperframeTap
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader
from wand.underlay.prompt import IPromptReader

#: The EtherTypes of VLAN tags (IEEE 802.1Q).
_TAGS: Final = (b"\x81\x00", b"\x88\xa8")


@implementer(IFrameReader)
class _WatchedReader:
    """
    Sees what the host sends through the node.
    """

    def __init__(self, receiver: IFrameReader, noticed: Callable[[Frame], object]) -> None:
        self._noticed = noticed
        self._frameRead = receiver.frameRead
        self._superframeRead = receiver.superframeRead
        self.batchRead = receiver.batchRead
        self.tapLost = receiver.tapLost

    def frameRead(self, frame: Frame) -> None:
        self._frameRead(frame)
        self._noticed(frame)

    def superframeRead(self, frame: memoryview, virtio: VirtioHeader) -> None:
        addresses = bytes(frame[:14])  # it may be changed
        self._superframeRead(frame, virtio)
        self._noticed(addresses)


class OffloadedTap(PacketTap):
    """
    What both kinds of ports have in common: the node's device, which is a tap, with messages beside the frames.

    @ivar offload: says which frames the kernel moves.
    @ivar direct: sends frames as VXLAN.
    @ivar listener: hears messages that came as VXLAN.
    @ivar ownPlace: see L{wand.drivers.vxlan_offload.Paths}.
    @ivar here: where this host itself is reached as VXLAN.
    """

    # The driver sets these, for some of them need the tap itself.
    offload: Offload
    direct: DirectSender
    listener: DirectListener
    ownPlace: Callable[[str | None], Place | None]
    here: Place

    def start(self, receiver: IFrameReader) -> None:
        """
        See L{ITap}.
        """
        super().start(_WatchedReader(receiver, self.offload.noticed))
        self.listener.start(partial(self.offload.arrived, isDirect=True))

    def write(self, frame: Frame) -> bool:
        """
        See L{ITap}.
        """
        kind = bytes(frame[KIND_PLACE])
        if kind == KIND and self._receiver is not None and self.offload.arrived(frame):
            return True
        if kind in _TAGS and len(frame) <= self._longest and self._descriptor >= 0:
            return self._writeTagged(frame)
        return super().write(frame)

    def _writeTagged(self, frame: Frame) -> bool:
        """
        The kernel loses tags on its way from device to device; as a datagram it takes them.
        """
        taken = self.direct.send(frame, self.here)
        self._counters["tap-written-frames" if taken else "drop-tap-error"] += 1
        self._counters["tap-written-bytes"] += len(frame) if taken else 0
        return taken

    def interfaceGone(self) -> None:
        """
        Somebody deleted the host's device.
        """
        self._lose("its interface was deleted")
        self.close()

    def throughNetwork(self, frame: bytes) -> None:
        """
        See L{wand.drivers.vxlan_offload.Paths}.
        """
        if self._receiver is not None:
            self._receiver.frameRead(frame)
            self._receiver.batchRead()

    def directly(self, frame: bytes, place: Place) -> None:
        """
        See L{wand.drivers.vxlan_offload.Paths}.
        """
        self.direct.send(frame, place)


@implementer_only(IAdjustableTap, IPromptReader)
class VXLANTap(OffloadedTap):
    """
    A port without superframes.
    """


@implementer_only(IAdjustableTap, ISuperframeTap, IPromptReader)
class SuperframeVXLANTap(OffloadedTap, SuperframePacketTap):
    """
    A port with superframes.
    """

    def writeStretch(self, stretch: Stretch) -> bool:
        """
        See L{ISuperframeTap}.
        """
        if stretch.headers.octets[KIND_PLACE] not in _TAGS:
            return super().writeStretch(stretch)
        taken = [self.write(frame) for frame in stretch.frames()]
        return all(taken)
