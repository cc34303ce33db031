"""
A virtual machine behind a stream (QEMU's C{-netdev stream}): each frame follows its length in four octets, big-endian.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IWriteDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer, implementer_only

from wand.drivers.descriptor import FULL, DescriptorTap
from wand.ethernet import Frame
from wand.interfaces import Context, ITap, TapRequest
from wand.underlay.prompt import IPromptReader

#: Octets before each frame, its length.
PREFIX: Final = 4

#: The longest frame that QEMU sends and takes (C{NET_BUFSIZE}); who sends more is not QEMU.
LONGEST: Final = 4096 + 65536

#: Octets that may wait for a machine that does not read; more delays everything behind them.
QUEUE: Final = 256 << 10


@implementer_only(ITap, IPromptReader, IWriteDescriptor)  # no interface of this host
@implementer(IWriteDescriptor)  # mypy does not know the other
class StreamTap(DescriptorTap):
    """
    A tap to which one machine after the other may be connected.  While none is, what is watched is the socket that
    listens.  A second machine waits until the first one leaves.
    """

    _log = Logger()

    def __init__(
        self, request: TapRequest, context: Context, listener: socket.socket, close: Callable[[], object]
    ) -> None:
        """
        @param listener: the socket that listens.
        @param close: closes it.
        """
        self._listener = listener
        self._close = close
        self._machine: socket.socket | None = None
        self._arena = memoryview(bytearray(PREFIX + LONGEST + PREFIX))
        self._have = 0  # octets in the arena
        self._length = -1  # of the frame that is being read, negative before it is known
        self._rest = b""  # of a frame that was written in part
        super().__init__(request, context, listener.fileno(), release=self._released)

    # HOT PATH

    def readFrame(self) -> int:
        """
        See L{DescriptorTap.readFrame}.  A read asks for a frame and the length of the next one, never for more: what
        is left stays with the kernel, so that a wake-up may end after any frame.
        """
        if self._machine is None:
            self._welcome()
            raise BlockingIOError
        arena, have, length = self._arena, self._have, self._length
        while True:
            if length < 0 and have >= PREFIX:
                self._length = length = _lengthIn(arena)
            end = PREFIX + length if length >= 0 else 0
            if end and have >= end:
                break
            size = os.readv(self._descriptor, [arena[have : end + PREFIX]])
            if not size:
                return -1
            self._have = have = have + size
        self._have, self._length = have - end, -1
        arena[: have - end] = arena[end:have]
        if length and self._receiver is not None:
            self._receiver.frameRead(arena[PREFIX:end])
        return length

    def write(self, frame: Frame) -> bool:
        """
        See L{ITap}.
        """
        size = len(frame)
        if size > self._longest or self._rest:
            self._counters["drop-tap-oversize" if size > self._longest else "drop-tap-full"] += 1
            return False
        prefix = size.to_bytes(PREFIX, "big")
        try:
            sent = os.writev(self._descriptor, (prefix, frame))
        except OSError as error:  # the socket that listens refuses it, too: nobody is connected
            self._counters["drop-tap-full" if error.errno in FULL else "drop-tap-error"] += 1
            return False
        self._counters["tap-written-frames"] += 1
        self._counters["tap-written-bytes"] += size
        if sent < PREFIX + size:
            self._rest = (prefix + frame)[sent:]
            self._descriptors.addWriter(self)
        return True

    # COLD PATH

    def doWrite(self) -> None:
        """
        See L{IWriteDescriptor}: the machine takes more of the frame that it took in part.
        """
        try:
            self._rest = self._rest[os.write(self._descriptor, self._rest) :]
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error.strerror or str(error))
            return
        if not self._rest:
            self._descriptors.removeWriter(self)

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IPromptReader}.
        """
        if self._machine is None:
            super().connectionLost(reason)
        else:
            self._lose(reason.getErrorMessage())

    def _welcome(self) -> None:
        machine, _ = self._listener.accept()
        machine.setblocking(False)
        machine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, QUEUE)
        if machine.family != socket.AF_UNIX:
            machine.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._machine = machine
        self._watch(machine)
        self._log.info("a machine is connected to {interface}", interface=self.interface)

    def _lose(self, reason: str) -> None:
        """
        The machine is gone; the next one may come.  Without one, the socket itself is broken.
        """
        if self._machine is None:
            super()._lose(reason)
            return
        self._log.info("the machine has left {interface}: {reason}", interface=self.interface, reason=reason)
        self._dismiss()
        self._watch(self._listener)

    def _watch(self, watched: socket.socket) -> None:
        """
        Read from another socket from now on.
        """
        if self._receiver is not None:
            self._descriptors.removeReader(self)
        self._descriptor = watched.fileno()
        if self._receiver is not None:
            self._descriptors.addReader(self)

    def _dismiss(self) -> None:
        machine, self._machine = self._machine, None
        self._rest, self._have, self._length = b"", 0, -1
        if machine is not None:
            self._descriptors.removeReader(self)
            self._descriptors.removeWriter(self)
            machine.close()

    def _released(self) -> None:
        self._dismiss()
        self._close()


def _lengthIn(prefix: memoryview) -> int:
    length = int.from_bytes(prefix[:PREFIX], "big")
    if length > LONGEST:
        raise OSError(errno.EPROTO, f"a frame of {length} octets is none of QEMU's")
    return length
