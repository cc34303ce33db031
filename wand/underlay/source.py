"""
Source addresses: to which of our addresses a datagram came, and from which one is sent (ip(7): C{IP_PKTINFO}, ipv6(7):
C{IPV6_PKTINFO}).

If a port is bound to all addresses, the kernel gives that address with each datagram, and takes one where it matters.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from struct import Struct
from typing import Final

from wand.underlay.offload import Ancillary

_IP_PKTINFO: Final = 8
_IPV6_RECVPKTINFO: Final = 49
_IPV6_PKTINFO: Final = 50

# struct in_pktinfo: interface, our address, the header's destination; struct in6_pktinfo: address, interface.
_INFO: Final = Struct("=i4s4s")
_INFO6: Final = Struct("=16si")

#: How the kernel fails when the requested source address is gone, or leads nowhere.
SOURCE_GONE: Final = frozenset({errno.EINVAL, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ENODEV})


def tellAddresses(udp: socket.socket) -> bool:
    """
    Let the kernel give the destination address with each datagram, if the socket is bound to all.

    @return: whether it does.
    """
    try:
        if udp.family == socket.AF_INET and udp.getsockname()[0] == "0.0.0.0":
            udp.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        elif udp.family == socket.AF_INET6 and udp.getsockname()[0] == "::":
            udp.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
        else:
            return False
    except OSError:  # not Linux
        return False
    return True


def localAddress(messages: Iterable[tuple[int, int, bytes]]) -> str | None:
    """
    The address that a datagram came to, from its control messages; C{None} if no datagram can be sent from it.

    @param messages: level, type and data of each.
    """
    for level, kind, data in messages:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO and len(data) >= _INFO.size:
            octets = data[4:8]
            return None if octets == bytes(4) else socket.inet_ntoa(octets)
        if level == socket.IPPROTO_IPV6 and kind == _IPV6_PKTINFO and len(data) >= _INFO6.size:
            return None if data[0] == 0xFF else socket.inet_ntop(socket.AF_INET6, data[:16])
    return None


def fromAddress(local: str) -> Ancillary:
    """
    The ancillary data that makes the kernel send from one of our addresses.
    """
    if ":" in local:
        info = _INFO6.pack(socket.inet_pton(socket.AF_INET6, local), 0)
        return ((socket.IPPROTO_IPV6, _IPV6_PKTINFO, info),)
    return ((socket.IPPROTO_IP, _IP_PKTINFO, _INFO.pack(0, socket.inet_aton(local), bytes(4))),)


def chosenSource(destination: tuple[str, int]) -> str | None:
    """
    The address that the kernel would send from; C{None} if there is no route.  Nothing is sent.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in destination[0] else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(destination)
            return str(probe.getsockname()[0])
    except OSError:
        return None
