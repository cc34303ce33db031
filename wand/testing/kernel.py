"""
Tests with interfaces of the Linux kernel: a network namespace of their own, and a host's view of an interface.

Both need root.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from contextlib import suppress
from typing import Final, Self

from wand.superframes.virtio import HEADER_SIZE, READ_SIZE, VirtioHeader

#: An EtherType for local experiments (IEEE 802): no host of a test sends it by itself.
EXPERIMENTAL: Final = 0x88B5

#: The EtherType of a VLAN tag (IEEE 802.1Q).
VLAN: Final = 0x8100

_CLONE_NEWNET: Final = 0x40000000  # unshare(2)
_SOL_PACKET: Final = 263  # packet(7) and linux/if_packet.h, for this and the next four
_PACKET_AUXDATA: Final = 8
_PACKET_VNET_HDR: Final = 15
_TP_STATUS_VLAN_VALID: Final = 1 << 4
_AUXDATA: Final = struct.Struct("=IIIHHHH")
_ETH_P_ALL: Final = 3


class PrivateNetwork:
    """
    A network namespace of this thread's own, for as long as the C{with} lasts; what is opened within stays in it.  The
    namespace is gone when the last of that is closed.
    """

    def __enter__(self) -> Self:
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _call("unshare", _CLONE_NEWNET)
        return self

    def __exit__(self, *_: object) -> None:
        _call("setns", self._home, _CLONE_NEWNET)
        os.close(self._home)


class PacketSocket:
    """
    Sends and receives frames on an interface as the host's own programs do; of what is received, only frames of
    L{EXPERIMENTAL}, for hosts send others when they please.
    """

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ALL))
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        with suppress(OSError):  # more room than the system's default, where we may
            self._socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self._socket.bind((interface, _ETH_P_ALL))

    def send(self, frame: bytes) -> None:
        """
        Let the host send a frame.
        """
        self._socket.send(frame)

    def received(self) -> list[bytes]:
        """
        The frames that arrived since the last call.
        """
        frames: list[bytes] = []
        while True:
            try:
                frame, ancillary, _, address = self._socket.recvmsg(70_000, socket.CMSG_SPACE(_AUXDATA.size))
            except OSError:  # there are no more, or the interface is gone
                return frames
            if address[2] != socket.PACKET_OUTGOING and address[1] == EXPERIMENTAL:
                frames.append(_withTag(frame, ancillary))

    def close(self) -> None:
        """
        Free the socket.
        """
        self._socket.close()


class SuperframeSocket:
    """
    Sends and receives superframes on an interface as the host's own IP stack does.
    """

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ALL))
        self._socket.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        self._socket.bind((interface, _ETH_P_ALL))

    def send(self, frame: bytes, virtio: VirtioHeader) -> None:
        """
        Let the host send a superframe.
        """
        self._socket.send(virtio.octets() + frame)

    def received(self) -> list[tuple[bytes, VirtioHeader]]:
        """
        What arrived since the last call, of any EtherType, with what is left to do with it.
        """
        frames: list[tuple[bytes, VirtioHeader]] = []
        while True:
            try:
                octets, address = self._socket.recvfrom(READ_SIZE)
            except OSError:  # there are no more, or the interface is gone
                return frames
            if address[2] != socket.PACKET_OUTGOING:
                frames.append((octets[HEADER_SIZE:], VirtioHeader.read(octets)))

    def close(self) -> None:
        """
        Free the socket.
        """
        self._socket.close()


def _withTag(frame: bytes, ancillary: list[tuple[int, int, bytes]]) -> bytes:
    """
    Put a VLAN tag back that the kernel took out of a frame.
    """
    for _, _, data in ancillary:
        status, *_, tag, _ = _AUXDATA.unpack(data[: _AUXDATA.size])
        if status & _TP_STATUS_VLAN_VALID:
            return frame[:12] + struct.pack(">HH", VLAN, tag) + frame[12:]
    return frame


def _call(function: str, *arguments: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)  # os has both from Python 3.12 on
    if getattr(library, function)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
