"""
An existing interface of Linux joins the network: what is behind its port is on the one Ethernet, without a bridge.  The
node needs the bridge right, as every one that carries the frames of others.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from typing import Any, Final

from twisted.python.failure import Failure
from zope.interface import implementer, implementer_only

from wand.drivers.descriptor import DescriptorTap
from wand.drivers.kernel_driver import KernelDriver
from wand.drivers.packet_socket import SOL_PACKET, openPacketSocket
from wand.interfaces import Context, IFrameReader, ISuperframeTap, ITap, ITapDriver, TapRequest
from wand.plugin_settings import NoSettings, readSettings
from wand.superframes.cutting import framesOf
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import HEADER_SIZE, NEEDS_CSUM, READ_SIZE, VirtioHeader
from wand.underlay.prompt import IPromptReader

COUNTERS: Final = {
    "drop-tap-queue": "frames of the interface dropped: more came than could be read",
}

#: What the kernel says beside a packet: status, and of a tag that it took out, the tag and its type.
_AUXILIARY: Final = struct.Struct("=IIIHHHH")
_SPACE: Final = socket.CMSG_SPACE(_AUXILIARY.size) + socket.CMSG_SPACE(4)
_TAGGED: Final = 1 << 4
_TAG_TYPED: Final = 1 << 6

#: Octets of a VLAN tag, where it stands, and the type that it has if the kernel says none.
_TAG: Final = 4
_TAG_PLACE: Final = 12
_TAG_TYPE: Final = 0x8100

#: The first kernel that takes superframes of UDP.
_USO_SINCE: Final = (6, 2)


@implementer_only(ITap, IPromptReader)  # others configure the interface, and it stays theirs
class PacketTap(DescriptorTap):
    """
    A tap on the wire of an interface: it reads what others send there, and sends what the network has for them.

    @ivar features: none.
    """

    def __init__(self, request: TapRequest, context: Context, port: socket.socket, **rest: Any) -> None:
        """
        @param port: see L{openPacketSocket}.
        @param rest: what else a L{DescriptorTap} may be given.
        """
        super().__init__(request, context, port.fileno(), pad=HEADER_SIZE, **{"release": port.close, **rest})
        self._counters.declare(COUNTERS)
        self._port = port
        self._lost = 0
        self._head = memoryview(bytearray(HEADER_SIZE))
        self._arena = memoryview(bytearray(_TAG + READ_SIZE))  # a tag goes back in before the frame
        self._buffers = [self._head, self._arena[_TAG:]]

    # HOT PATH

    def readFrame(self) -> int:
        """
        See L{DescriptorTap.readFrame}.
        """
        try:
            size, ancillary, _, _ = self._port.recvmsg_into(self._buffers, _SPACE)
        except OSError as error:
            raise self._fault(error) from error
        head, first, end = self._head, _TAG, _TAG + size - HEADER_SIZE
        for level, _, data in ancillary:
            if level != SOL_PACKET:
                self._countLost(data)
                continue
            status, *_, tag, tagType = _AUXILIARY.unpack_from(data)
            if status & _TAGGED:
                self._putBack(tag, tagType if status & _TAG_TYPED else _TAG_TYPE)
                first = 0
        receiver = self._receiver
        if receiver is not None and end > first:
            if head[0] & NEEDS_CSUM or head[1]:  # flags, GSO type
                self._handOver(receiver, self._arena[first:end], _virtio(head, _TAG - first))
            else:
                receiver.frameRead(self._arena[first:end])
        return end - first

    def _putBack(self, tag: int, tagType: int) -> None:
        arena = self._arena
        arena[:_TAG_PLACE] = arena[_TAG : _TAG + _TAG_PLACE]
        arena[_TAG_PLACE : _TAG_PLACE + _TAG] = struct.pack(">HH", tagType, tag)

    def _countLost(self, data: bytes) -> None:
        """
        The kernel says how many were lost in all, modulo 2^32.
        """
        lost = int.from_bytes(data, sys.byteorder)
        self._counters["drop-tap-queue"] += (lost - self._lost) & 0xFFFFFFFF
        self._lost = lost

    def _handOver(self, receiver: IFrameReader, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        Hand over a frame that the sender left to others to finish.
        """
        for each in framesOf(virtio, frame):
            if self._receiver is not None:  # it may have closed the tap
                receiver.frameRead(each)

    # COLD PATH

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IPromptReader}.  The link may be down, and that is no end.
        """
        try:
            self.readFrame()
        except BlockingIOError:
            pass
        except OSError as error:
            self._lose("its interface was deleted" if error.errno == errno.ENODEV else error.strerror or str(error))
        if self._receiver is not None:
            self._descriptors.addReader(self)

    def _fault(self, error: OSError) -> OSError:
        """
        What an error is: for a link that is down, and an interface that is gone, the kernel has only one.
        """
        if error.errno != errno.ENETDOWN:
            return error
        return BlockingIOError() if self._port.getsockname()[0] else OSError(errno.ENODEV, os.strerror(errno.ENODEV))


@implementer_only(ISuperframeTap, IPromptReader)
@implementer(ISuperframeTap)  # mypy does not know the other
class SuperframePacketTap(PacketTap):
    """
    The same with superframes: the kernel cuts them for an interface that cannot.

    @ivar features: what the kernel takes.
    """

    def __init__(self, request: TapRequest, context: Context, port: socket.socket, hasUSO: bool, **rest: Any) -> None:
        """
        @param hasUSO: does it take superframes of UDP?
        @param rest: what else a L{DescriptorTap} may be given.
        """
        super().__init__(request, context, port, **rest)
        self._hasUSO = hasUSO
        self.features = ("CSUM", "TSO4", "TSO6", "ECN", *(["USO"] if hasUSO else []))

    def writeStretch(self, stretch: Stretch) -> bool:
        """
        See L{ISuperframeTap}.
        """
        if self._hasUSO or stretch.headers.shape.isTCP:
            return self.writeParts(stretch.offloaded(), len(stretch.headers.octets) + stretch.length)
        taken = [self.write(frame) for frame in stretch.frames()]
        return all(taken)

    def _handOver(self, receiver: IFrameReader, frame: memoryview, virtio: VirtioHeader) -> None:
        receiver.superframeRead(frame, virtio)


@implementer(ITapDriver)
class PacketDriver(KernelDriver):
    """
    Opens a packet socket on an existing interface.
    """

    name = "afpacket"
    about = "an existing interface of Linux, with what is behind it; needs the bridge right"
    settings = NoSettings

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.  The interface keeps its MAC address and its MTU; of the host's addresses none is set there.
        """
        readSettings(request.settings, NoSettings)
        port = openPacketSocket(request.interface, request.mtu, request.up)
        if request.superframes:
            return SuperframePacketTap(request, context, port, hasUSO(self._release()))
        return PacketTap(request, context, port)


def _virtio(head: memoryview, shift: int) -> VirtioHeader:
    """
    @param shift: octets that the frame has become longer, before the headers of which it tells.
    """
    virtio = VirtioHeader.read(head)
    if not shift:
        return virtio
    return virtio._replace(headerLength=virtio.headerLength + shift, checksumStart=virtio.checksumStart + shift)


def hasUSO(release: str) -> bool:
    """
    Does a kernel take superframes of UDP?

    @param release: its version, C{6.1.0-13}.
    """
    return _version(release) >= _USO_SINCE


def _version(release: str) -> tuple[int, ...]:
    numbers = (part.partition("-")[0] for part in release.split(".")[:2])
    return tuple(int(number) if number.isdigit() else 0 for number in numbers)
