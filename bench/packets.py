"""
A sender of small UDP packets that sends as fast as the kernel takes them, and a receiver that counts them.

One system call moves a hundred (sendmmsg(2), recvmmsg(2)), and the receiver's buffer is large, so that of two busy
processors as little as possible goes to the load, and what counts is what the contender delivers.  Every packet is one
of its own: there is no segmentation offload.

It is run as a program: C{receive PORT SECONDS} prints a line when it is ready, and then packets and seconds as JSON;
C{send ADDRESS PORT SIZE SECONDS} prints how many packets it sent.
"""

from __future__ import annotations

import ctypes
import json
import socket
import struct
import sys
import time
from typing import Final

#: Packets for each system call.
BATCH: Final = 100

_LARGEST: Final = 2048
_BUFFER: Final = 8 << 20
_SO_RCVBUFFORCE: Final = 33
_MSG_WAITFORONE: Final = 0x10000  # recvmmsg(2): return with what is there after the first
_TIMEOUT: Final = struct.pack("ll", 1, 0)  # struct timeval: a second
_libc = ctypes.CDLL(None, use_errno=True)


class _Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Header(ctypes.Structure):
    """
    C{struct msghdr} (sendmsg(2)).
    """

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("nameLength", ctypes.c_uint32),
        ("pieces", ctypes.POINTER(_Piece)),
        ("pieceCount", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controlLength", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class _Message(ctypes.Structure):
    """
    C{struct mmsghdr}: a header, padded to whole words, and a length.
    """

    _fields_ = [("header", _Header), ("length", ctypes.c_uint)]


class Messages:
    """
    An array of messages with a buffer each, for one system call after the other.

    @param size: of each buffer.
    """

    def __init__(self, size: int) -> None:
        self._buffer = ctypes.create_string_buffer(BATCH * size)
        start = ctypes.addressof(self._buffer)
        self._pieces = (_Piece * BATCH)(*(_Piece(start + size * number, size) for number in range(BATCH)))
        self._array = (_Message * BATCH)()
        for message, piece in zip(self._array, self._pieces, strict=True):
            message.header.pieces, message.header.pieceCount = ctypes.pointer(piece), 1

    def sendTo(self, connected: socket.socket) -> int:
        """
        Send all of them.

        @return: how many the kernel took.
        """
        return max(0, int(_libc.sendmmsg(connected.fileno(), self._array, BATCH, 0)))

    def receiveFrom(self, bound: socket.socket) -> int:
        """
        Wait for packets.

        @return: how many came.
        """
        return max(0, int(_libc.recvmmsg(bound.fileno(), self._array, BATCH, _MSG_WAITFORONE, None)))


def send(address: str, port: int, size: int, seconds: float) -> int:
    """
    Send as much as goes.

    @return: how many packets the kernel took.
    """
    messages, sent = Messages(size), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        source.connect((address, port))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            sent += messages.sendTo(source)
    return sent


def receive(port: int, seconds: float) -> tuple[int, float]:
    """
    Count packets, for some seconds from the first.

    @return: how many came, and in how many seconds.
    """
    messages, received = Messages(_LARGEST), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        sink.bind(("", port))
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEOUT)
        print("ready", flush=True)
        while not received:
            received = messages.receiveFrom(sink)
        began = last = time.monotonic()
        while last < began + seconds:
            received += messages.receiveFrom(sink)
            last = time.monotonic()
    return received, last - began


if __name__ == "__main__":
    if sys.argv[1] == "send":
        print(send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
    else:
        print(json.dumps(receive(int(sys.argv[2]), float(sys.argv[3]))))
