"""
Batches: many datagrams, or trains of them, received in one call (recvmmsg(2)).

Python's C{socket} lacks it, so this calls libc through ctypes.  Everything that the call reads is laid out
once: the message headers, the pieces of memory that they point to and the addresses are in one block each, and a batch
changes a few columns of them.

On loopback a datagram costs 0.8 us to receive in a batch, where C{recvfrom_into} takes 1.3.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Iterator
from mmap import mmap
from struct import Struct
from typing import Any, Final

from wand.endpoint import Heard
from wand.underlay.offload import SOL_UDP
from wand.underlay.slots import Slots
from wand.underlay.source import localAddress

#: How many senders' addresses are kept as text.
SENDERS_MAXIMUM: Final = 4096

#: The most datagrams, or trains of them, in a batch.
BATCH: Final = 64

# struct mmsghdr and struct iovec of 64-bit Linux, in octets.
_HEADER: Final = Struct("=QIxxxxQQQQIxxxxIxxxx")
_VECTOR: Final = Struct("=QQ")
_NAME: Final = 28  # sizeof(struct sockaddr_in6)

# Control messages: CMSG_SPACE(sizeof(int)) for the size of a train's datagrams, which the kernel puts first, then
# CMSG_SPACE(sizeof(struct in6_pktinfo)).  The sender is in front of them, so source and destination are one piece.
_CONTROL: Final = 24 + 40
_CONTROL_AT: Final = 32
_CONTROL_HEADER: Final = Struct("=Qii")
_ENDS: Final = _CONTROL_AT + _CONTROL
_ENDS_AT: Final = BATCH * _HEADER.size

_MSG_DONTWAIT: Final = 0x40

_NO_SEGMENTS: Final = [0] * BATCH

# Up to this many messages, only their headers are reset, which is cheaper than resetting all.
_FEW: Final = 4
_NOTHING: Final = [bytes(count * _ENDS) for count in range(_FEW + 1)]


def unusable() -> str | None:
    """
    Why batches do not work here; C{None} if they do.
    """
    if sys.platform != "linux" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return "it needs 64-bit Linux"
    return None


def endpointOf(address: bytes) -> tuple[str, int]:
    """
    Read an address as the kernel writes it (C{struct sockaddr_in} or C{sockaddr_in6}).
    """
    port = int.from_bytes(address[2:4], "big")
    if int.from_bytes(address[:2], sys.byteorder) == socket.AF_INET6:
        return socket.inet_ntop(socket.AF_INET6, address[8:24]), port
    return socket.inet_ntoa(address[4:8]), port


def controlsIn(octets: bytes) -> Iterator[tuple[int, int, bytes]]:
    """
    Level, type and data of the control messages in what the kernel wrote (cmsg(3)), followed by zeros.
    """
    at = 0
    while at + _CONTROL_HEADER.size <= len(octets):
        size, level, kind = _CONTROL_HEADER.unpack_from(octets, at)
        if size < _CONTROL_HEADER.size:
            break
        yield level, kind, octets[at + _CONTROL_HEADER.size : at + size]
        at += -(-size // 8) * 8


class Inbox:
    """
    Receives batches: message C{i} begins at C{i * stride} of C{memory}.  With C{UDP_GRO} a message is a train.

    With slots of 64 KiB it takes 4 MiB of address space, of which only used pages become memory.
    """

    def __init__(self, udp: socket.socket, stride: int = 65_536) -> None:
        # The kernel zeroes pages at their first use: unused ones are never resident.
        self.memory = mmap(-1, BATCH * stride)
        self.view = memoryview(self.memory)
        self.stride = stride
        # Message headers, then senders and control messages: one block, so that one assignment resets what the kernel
        # changes.
        self._headers = bytearray(BATCH * (_HEADER.size + _ENDS))
        self._vectors = bytearray(BATCH * _VECTOR.size)
        # A bytearray may move when it is resized; while these exports are held it cannot be.
        blocks = (self.memory, self._headers, self._vectors)
        self._held = [(ctypes.c_char * len(block)).from_buffer(block) for block in blocks]
        first, self._block, vectors = map(ctypes.addressof, self._held)
        ends = self._block + _ENDS_AT
        for index in range(BATCH):
            _VECTOR.pack_into(self._vectors, index * _VECTOR.size, first + index * stride, stride)
            name, vector = ends + index * _ENDS, vectors + index * _VECTOR.size
            control = name + _CONTROL_AT
            _HEADER.pack_into(self._headers, index * _HEADER.size, name, _NAME, vector, 1, control, _CONTROL, 0, 0)
        self._template = bytes(self._headers)
        self._fresh = [self._template[: count * _HEADER.size] for count in range(_FEW + 1)]
        self._used = 0
        self.slots = Slots(stride, self.view)
        self._socket = udp
        self._senders: dict[bytes, tuple[str, int]] = {}
        self._lastEnds, self._lastSender = bytearray(), ("", 0)
        self._heard: dict[tuple[str, int, str], Heard] = {}
        words, control = memoryview(self._headers).cast("I"), BATCH * 16 + _CONTROL_AT // 4
        self._sizes = words[14 : BATCH * 16 : 16]
        self._levels = words[control + 2 :: _ENDS // 4]
        self._segments = words[control + 4 :: _ENDS // 4]

    # HOT PATH
    def receive(self, limit: int = BATCH) -> int:
        """
        Receive at most C{limit} messages, without waiting.

        @return: how many came.
        @raise OSError: if the kernel reports an error.
        """
        used = self._used
        if used > _FEW:
            self._headers[:] = self._template
        elif used:
            self._headers[: used * _HEADER.size] = self._fresh[used]
            self._headers[_ENDS_AT : _ENDS_AT + used * _ENDS] = _NOTHING[used]
        count: int = _receive(self._socket.fileno(), self._block, limit, _MSG_DONTWAIT, None)
        if count < 0:
            number = ctypes.get_errno()
            self._used = 1
            if number == errno.EAGAIN:
                return 0
            raise OSError(number, os.strerror(number))
        self._used = count
        return count

    @property
    def size(self) -> int:
        """
        Octets of the first message.
        """
        return self._sizes[0]

    @property
    def segment(self) -> int:
        """
        The size of the datagrams in the first message; 0 for a single one.
        """
        return self._segments[0] if self._levels[0] == SOL_UDP else 0

    def sizes(self, count: int) -> list[int]:
        """
        Octets of the first messages.
        """
        return self._sizes[:count].tolist()

    def segments(self, count: int) -> list[int]:
        """
        The size of the datagrams in each of the first messages, of which the last may be shorter; 0 for a single one.
        """
        levels = self._levels[:count].tolist()
        if SOL_UDP not in levels:
            return _NO_SEGMENTS[:count]
        segments = self._segments[:count].tolist()
        return [size if level == SOL_UDP else 0 for size, level in zip(segments, levels, strict=True)]

    def sender(self, index: int) -> tuple[str, int]:
        """
        Who sent a message.
        """
        start = _ENDS_AT + index * _ENDS
        ends = self._headers[start : start + _ENDS]
        if ends != self._lastEnds:
            self._lastEnds, known = ends, bytes(ends)
            self._lastSender = self._senders.get(known) or self._remembered(known)
        return self._lastSender

    def _remembered(self, ends: bytes) -> tuple[str, int]:
        if len(self._senders) >= SENDERS_MAXIMUM:
            self._senders.clear()
            self._heard.clear()
        host, port = sender = endpointOf(ends)
        local = localAddress(controlsIn(ends[_CONTROL_AT:]))
        if local is not None:  # one sender, whether the control messages have a size of trains or not
            sender = self._heard.setdefault((host, port, local), Heard.at(host, port, local))
        self._senders[ends] = sender
        return sender

    def rowEnd(self, at: int, count: int, sizes: list[int], segments: list[int]) -> int:
        """
        Where a row of single datagrams of one size and one sender that begins with message C{at} ends; its last
        datagram may be shorter.
        """
        size, blocks = sizes[at], self._headers
        start = _ENDS_AT + at * _ENDS
        ends = blocks[start : start + _ENDS]
        end = at + 1
        while end < count and sizes[end] <= size and not 0 < segments[end] < sizes[end]:
            start += _ENDS
            if blocks[start : start + _ENDS] != ends:
                break
            end += 1
            if sizes[end - 1] < size:
                break
        return end


class PlainInbox:
    """
    An L{Inbox} for other systems: one datagram at a time.
    """

    def __init__(self, udp: socket.socket) -> None:
        self.stride = 65_536
        self.view = memoryview(bytearray(self.stride))
        self.slots = Slots(self.stride, self.view)
        self._socket = udp
        self.size = self.segment = 0
        self._sender = ("", 0)

    def receive(self, limit: int = 1) -> int:
        """
        See L{Inbox.receive}.
        """
        try:
            self.size, controls, _, sender = self._socket.recvmsg_into([self.view], _CONTROL)
        except BlockingIOError:
            return 0
        self.segment = next((int.from_bytes(data, sys.byteorder) for level, _, data in controls if level == SOL_UDP), 0)
        local = localAddress(controls)
        self._sender = sender[:2] if local is None else Heard.at(sender[0], sender[1], local)
        return 1

    def sizes(self, count: int) -> list[int]:
        """
        See L{Inbox.sizes}.
        """
        return [self.size]

    def segments(self, count: int) -> list[int]:
        """
        See L{Inbox.segments}.
        """
        return [self.segment]

    def sender(self, index: int) -> tuple[str, int]:
        """
        See L{Inbox.sender}.
        """
        return self._sender

    def rowEnd(self, at: int, count: int, sizes: list[int], segments: list[int]) -> int:
        """
        See L{Inbox.rowEnd}.
        """
        return 1


def makeInbox(udp: socket.socket) -> Inbox | PlainInbox:
    """
    Make the best inbox that works here.
    """
    return Inbox(udp) if unusable() is None else PlainInbox(udp)


def _function(name: str, *types: Any) -> Any:
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is not None:
        function.argtypes = types
        function.restype = ctypes.c_int
    return function


_receive: Final = _function("recvmmsg", ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
