"""
A packet socket on an interface, for the frames of others: those for this host itself, and those that it sends, stay out
(packet(7), C{linux/if_packet.h}, C{linux/filter.h}).
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
from contextlib import suppress
from typing import Final

from wand.errors import TapUnavailable

#: Level and options of packet sockets, for this and the next four.
SOL_PACKET: Final = 263
_ADD_MEMBERSHIP: Final = 1
_AUXDATA: Final = 8
_VNET_HDR: Final = 15
_PROMISCUOUS: Final = 1

#: Lets the kernel say beside a packet how many were lost before it, if any were (socket(7)).
_SO_RXQ_OVFL: Final = 40

#: Every protocol.
_ALL: Final = 3

#: Octets that may wait for us; what is beyond them is lost, and counted.
QUEUE: Final = 1 << 20

#: The type of hardware of an Ethernet.
_ETHERNET: Final = 1

_SIOCGIFFLAGS: Final = 0x8913
_SIOCSIFFLAGS: Final = 0x8914
_SIOCGIFMTU: Final = 0x8921
_SIOCGIFHWADDR: Final = 0x8927
_UP: Final = 1

#: A program for the kernel: code, jump if true, jump if false, operand.  The type of a packet is 0 if it is for this
#: host, 4 if this host sends it; others pass.
_FOR_OTHERS: Final = (
    (0x20, 0, 0, 0xFFFFF004),  # load the type
    (0x15, 2, 0, 0),
    (0x15, 1, 0, 4),
    (0x06, 0, 0, 0xFFFFFFFF),  # take all of it
    (0x06, 0, 0, 0),
)


def openPacketSocket(interface: str, mtu: int, up: bool) -> socket.socket:
    """
    Open a socket that hears all that passes an interface, each with a virtio-net header before it and its VLAN tag
    beside it.

    @param mtu: the largest payload that the interface has to carry.
    @param up: whether to set its link up.
    @raise TapUnavailable: if that is impossible, with what to do.
    """
    try:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    except OSError as error:
        raise TapUnavailable(
            "a packet socket needs root (--uid and --gid drop the privileges later) or the capability CAP_NET_RAW, "
            f"which a service gets when wand setup node is run again: {error.strerror}"
        ) from error
    try:
        _check(opened, interface, mtu)
        if up:
            _setUp(opened, interface)
        _listen(opened, interface)
    except BaseException as error:
        opened.close()
        if isinstance(error, OSError):
            raise TapUnavailable(f"the interface {interface} cannot be used: {error.strerror}") from error
        raise
    return opened


def _check(opened: socket.socket, interface: str, mtu: int) -> None:
    (kind,) = struct.unpack("=H", _ask(opened, _SIOCGIFHWADDR, interface)[:2])
    if kind != _ETHERNET:
        raise TapUnavailable(f"the interface {interface} is no Ethernet; choose another")
    (found,) = struct.unpack("=i", _ask(opened, _SIOCGIFMTU, interface)[:4])
    if found < mtu:
        raise TapUnavailable(
            f"the MTU of {interface} is {found}, and frames of the network may have {mtu}: "
            f"run ip link set {interface} mtu {mtu}, or set mtu = {found} on every node"
        )


def _setUp(opened: socket.socket, interface: str) -> None:
    (flags,) = struct.unpack("=H", _ask(opened, _SIOCGIFFLAGS, interface)[:2])
    if not flags & _UP:
        fcntl.ioctl(opened, _SIOCSIFFLAGS, struct.pack("=16sH22x", interface.encode(), flags | _UP))


def _listen(opened: socket.socket, interface: str) -> None:
    opened.setsockopt(SOL_PACKET, _VNET_HDR, 1)
    opened.setsockopt(SOL_PACKET, _AUXDATA, 1)
    opened.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE)
    with suppress(OSError):  # more than the system's limit, where we may
        opened.setsockopt(socket.SOL_SOCKET, 33, QUEUE)  # SO_RCVBUFFORCE
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in _FOR_OTHERS))
    described = struct.pack("@HP", len(_FOR_OTHERS), ctypes.addressof(program))
    opened.setsockopt(socket.SOL_SOCKET, 26, described)  # SO_ATTACH_FILTER
    opened.bind((interface, _ALL))
    number = socket.if_nametoindex(interface)
    opened.setsockopt(SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("=iHH8x", number, _PROMISCUOUS, 0))


def _ask(opened: socket.socket, question: int, interface: str) -> bytes:
    """
    Ask the kernel about an interface (netdevice(7)).
    """
    name = interface.encode()
    if len(name) > 15:
        raise TapUnavailable(f"no interface can be called {interface!r}")
    try:
        return fcntl.ioctl(opened, question, struct.pack("=16s24x", name))[16:]
    except OSError as error:
        raise TapUnavailable(
            f"there is no interface {interface}, which the key interface names: {error.strerror}"
        ) from error
