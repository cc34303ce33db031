"""
The virtio-net header before each frame of a tap with offloads, and the agreement with the kernel about offloads
(C{linux/virtio_net.h}, C{linux/if_tun.h}; Virtual I/O Device 1.3, section 5.1.6).
"""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Callable
from contextlib import suppress
from struct import Struct
from typing import Final, NamedTuple

#: Flag of a tap (C{TUNSETIFF}): each frame has a virtio-net header before it.
IFF_VNET_HDR: Final = 0x4000

TUNSETOFFLOAD: Final = 0x400454D0
TUNSETVNETHDRSZ: Final = 0x400454D8

TUN_F_CSUM: Final = 0x01
TUN_F_TSO4: Final = 0x02
TUN_F_TSO6: Final = 0x04
TUN_F_TSO_ECN: Final = 0x08
TUN_F_USO4: Final = 0x20
TUN_F_USO6: Final = 0x40

#: In the header's flags: the transport checksum is only the pseudo header's sum and must be completed.
NEEDS_CSUM: Final = 1

GSO_NONE: Final = 0
GSO_TCPV4: Final = 1
GSO_TCPV6: Final = 4
GSO_UDP_L4: Final = 5
#: Added to a TCP type: the superframe has CWR set, which only its first segment may keep.
GSO_ECN: Final = 0x80

_LAYOUT: Final = Struct("=BBHHHH")

#: Octets of the header.
HEADER_SIZE: Final = _LAYOUT.size

#: The longest read from a tap with offloads: header, Ethernet header, tags, 64 KiB.
READ_SIZE: Final = HEADER_SIZE + 14 + 16 + 65_536

_TCP: Final = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6
_OFFERS: Final = (
    (_TCP | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6, ("CSUM", "TSO4", "TSO6", "ECN", "USO")),
    (_TCP | TUN_F_TSO_ECN, ("CSUM", "TSO4", "TSO6", "ECN")),
    (_TCP, ("CSUM", "TSO4", "TSO6")),
    (TUN_F_CSUM, ("CSUM",)),
)


class VirtioHeader(NamedTuple):
    """
    What the kernel tells us about a frame, or we tell the kernel.

    @ivar flags: L{NEEDS_CSUM} or 0; other bits mean nothing to us.
    @ivar gsoType: one of C{GSO_*}.
    @ivar headerLength: octets before the payload, a hint.
    @ivar gsoSize: octets of payload in each segment.
    @ivar checksumStart: where the octets that the checksum covers begin, from the start of the frame.
    @ivar checksumOffset: where the checksum is, from C{checksumStart}.
    """

    flags: int
    gsoType: int
    headerLength: int
    gsoSize: int
    checksumStart: int
    checksumOffset: int

    @classmethod
    def read(cls, octets: bytes | bytearray | memoryview) -> VirtioHeader:
        """
        Read the header at the start of what a tap gave.
        """
        return cls._make(_LAYOUT.unpack_from(octets))

    def octets(self) -> bytes:
        """
        The header as a tap takes it.
        """
        return _LAYOUT.pack(*self)


def agreeOffloads(descriptor: int, ioctl: Callable[..., object] = fcntl.ioctl) -> tuple[str, ...]:
    """
    Agree with the kernel on the offloads of a tap, from the most to the least.  Kernels before 6.2 know no USO.  The
    tap must have been opened with L{IFF_VNET_HDR}; it has the header, whatever was agreed.

    @param descriptor: the open tap.
    @param ioctl: asks the kernel, see ioctl(2).
    @return: the names of the agreed offloads, for people.
    @raise OSError: if there are none, or this is not a tap with the header.
    """
    ioctl(descriptor, TUNSETVNETHDRSZ, HEADER_SIZE.to_bytes(4, sys.byteorder))
    *more, (least, leastNames) = _OFFERS
    for offer, names in more:
        with suppress(OSError):
            ioctl(descriptor, TUNSETOFFLOAD, offer)
            return names
    ioctl(descriptor, TUNSETOFFLOAD, least)
    return leastNames
