"""
A tap over a file descriptor, one frame per read and write: the basis of most drivers.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from typing import Final

from twisted.python.failure import Failure
from zope.interface import implementer

from wand.drivers.commands import Addresses
from wand.errors import TapUnavailable
from wand.ethernet import MAC, OVERHEAD, Frame
from wand.interfaces import Context, IAdjustableTap, IFrameReader, TapRequest
from wand.underlay.prompt import IPromptReader

#: Frames that one wake-up reads at most, so that timers and the control socket stay prompt under load.
BATCH: Final = 64

#: The same in octets, for superframes.
BATCH_OCTETS: Final = 128 << 10

COUNTERS: Final = {
    "tap-read-frames": "frames that the host sent through the tap",
    "tap-read-bytes": "octets in the frames that the host sent through the tap",
    "tap-written-frames": "frames handed to the host through the tap",
    "tap-written-bytes": "octets in the frames handed to the host",
    "drop-tap-full": "frames for the host dropped: the tap's queue is full",
    "drop-tap-oversize": "frames for the host dropped: longer than the MTU of the tap allows",
    "drop-tap-error": "frames for the host dropped: the link is down, or the tap is gone",
}

#: How a read fails when the interface was deleted: on Linux with the first, elsewhere with one of the others.
_DELETED: Final = frozenset({getattr(errno, "EBADFD", errno.ENODEV), errno.ENODEV, errno.ENXIO})

#: How a write fails when the queue is full.
FULL: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS})


@implementer(IAdjustableTap, IPromptReader)
class DescriptorTap:
    """
    An open tap over a file descriptor that gives one frame per read.

    A frame longer than the MTU allows is read as one octet too long, never cut to a valid length, so that its receiver
    sees that it is too long.

    @ivar features: none; each frame travels as it is.
    """

    features: Sequence[str] = ()
    isLocal = True

    def __init__(
        self,
        request: TapRequest,
        context: Context,
        descriptor: int,
        *,
        interface: str | None = None,
        release: Callable[[], object] | None = None,
        addresses: Addresses | None = None,
        pad: int = 0,
    ) -> None:
        """
        @param descriptor: the file descriptor; it becomes non-blocking and is not inherited by other programs.
        @param interface: the name of the interface, if it is not the requested one.
        @param release: gives the port back; by default the descriptor is closed.
        @param addresses: sets the host's IP addresses; by default that is impossible.
        @param pad: octets that stand before each frame on the descriptor: dropped on reading, zeros on writing.
        """
        os.set_blocking(descriptor, False)
        os.set_inheritable(descriptor, False)
        self._pad = bytes(pad)
        self.adopt(interface or request.interface, request.mac, request.mtu)
        self._descriptors = context.descriptors
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._failures = context.failures
        self._descriptor = descriptor
        self._addresses = addresses
        self._release = release or (lambda: os.close(descriptor))
        self._receiver: IFrameReader | None = None
        # A lone frame is sent before we ask for another: that saves 25 us of a lone ping's 600.
        self._isLone = True

    def adopt(self, interface: str, mac: MAC, mtu: int) -> None:
        """
        See L{wand.interfaces.IHostTap}.
        """
        self.interface = interface
        self.mac = mac
        self.mtu = mtu
        self._longest = mtu + OVERHEAD
        self._size = len(self._pad) + mtu + OVERHEAD + 1

    def addAddress(self, address: str) -> None:
        """
        See L{ITap}.
        """
        if self._addresses is None:
            raise TapUnavailable(
                f"this driver sets no IP addresses: give the interface that the tap belongs to {address} yourself"
            )
        self._addresses.add(address, isOurs=True)

    def removeAddress(self, address: str) -> None:
        """
        See L{IAdjustableTap}.
        """
        if self._addresses is None:
            raise TapUnavailable(
                f"this driver sets no IP addresses: take {address} from the interface that the tap belongs to yourself"
            )
        self._addresses.remove(address)

    def setMTU(self, mtu: int) -> None:
        """
        See L{IAdjustableTap}.
        """
        if self._addresses is None:
            raise TapUnavailable("this driver changes no MTU")
        self._addresses.setMTU(mtu)

    def start(self, receiver: IFrameReader) -> None:
        """
        See L{ITap}.
        """
        self._receiver = receiver
        self._descriptors.addReader(self)

    # HOT PATH

    def doRead(self) -> None:
        """
        Hand over what the host sent, a bounded number of frames and octets.
        """
        read = self.readFrame
        frames = octets = 0
        broken: str | None = None
        while self._receiver is not None and frames < BATCH and octets < BATCH_OCTETS:  # it may have closed the tap
            try:
                size = read()
            except BlockingIOError:
                break
            except OSError as error:
                broken = _fault(error)
                break
            except Exception:  # the frame was read, and is lost
                self._failures.caught(f"tap {self.interface}", plugin=self)
                frames += 1
                continue
            if size < 0:
                broken = "the other side closed it"
                break
            frames += 1
            octets += size
            if self._isLone and self._receiver is not None:
                self._isLone = False
                self._receiver.batchRead()
        self._counters["tap-read-frames"] += frames
        self._counters["tap-read-bytes"] += octets
        self._isLone = frames == 1
        if frames and self._receiver is not None:
            self._receiver.batchRead()
        if broken is not None:
            self._lose(broken)

    def readFrame(self) -> int:
        """
        Read one frame and hand it over.

        @return: its octets, negative if there will be no more.
        @raise OSError: if there is none (C{BlockingIOError}), or the device broke.
        """
        frame: Frame = os.read(self._descriptor, self._size)
        pad = len(self._pad)
        size = len(frame) - pad
        if frame and self._receiver is not None:
            self._receiver.frameRead(memoryview(frame)[pad:] if pad else frame)
        return size if frame else -1

    def write(self, frame: Frame) -> bool:
        """
        See L{ITap}.
        """
        size = len(frame)
        if size > self._longest:
            self._counters["drop-tap-oversize"] += 1
            return False
        return self.writeParts((self._pad, frame) if self._pad else (frame,), size)

    def writeParts(self, parts: Sequence[Frame], size: int) -> bool:
        """
        Hand a frame in parts to the host.

        @param size: octets of the frame, for the count.
        @return: whether the host took it.
        """
        try:
            os.writev(self._descriptor, parts)
        except OSError as error:  # after close the descriptor is -1, which is EBADF
            self._counters["drop-tap-full" if error.errno in FULL else "drop-tap-error"] += 1
            return False
        self._counters["tap-written-frames"] += 1
        self._counters["tap-written-bytes"] += size
        return True

    # COLD PATH

    def close(self) -> None:
        """
        See L{ITap}.
        """
        if self._descriptor >= 0:
            self._stop()
            self._descriptor = -1
            if self._addresses is not None:
                self._addresses.close()
            self._release()

    def fileno(self) -> int:
        """
        See L{IPromptReader}.
        """
        return self._descriptor

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IPromptReader}: the reactor found the descriptor broken, and only a read can tell why; or it ends.
        """
        fault = reason.getErrorMessage()
        try:
            os.read(self._descriptor, self._size)
        except BlockingIOError:
            pass
        except OSError as error:
            fault = _fault(error)
        self._lose(fault)

    def logPrefix(self) -> str:
        """
        See L{IPromptReader}.
        """
        return f"tap {self.interface}"

    def _lose(self, reason: str) -> None:
        receiver = self._stop()
        if receiver is not None:
            receiver.tapLost(f"the tap {self.interface} is gone: {reason}")

    def _stop(self) -> IFrameReader | None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            self._descriptors.removeReader(self)
        return receiver


def _fault(error: OSError) -> str:
    return "its interface was deleted" if error.errno in _DELETED else f"reading from it failed: {error.strerror}"
