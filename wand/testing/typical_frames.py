"""
Frames to groups as they are seen on any Ethernet, for tests of what looks at them.

Sources: RFC 826 (ARP), RFC 2131 (DHCP), RFC 4861 (neighbour discovery), RFC 6762 (mDNS), RFC 8415 (DHCPv6) and
IEEE 802.1D (spanning tree).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

_HOST: Final = b"\2\0\0\0\0\xaa"
_ALL: Final = b"\xff" * 6


def _ipv4(source: str, destination: str, ports: tuple[int, int], payload: bytes) -> bytes:
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return b"\x08\0" + header + ip_address(source).packed + ip_address(destination).packed + udp


def _ipv6(following: int, source: str, destination: str, payload: bytes) -> bytes:
    header = struct.pack(">IHBB", 0x60000000, len(payload), following, 255)
    return b"\x86\xdd" + header + ip_address(source).packed + ip_address(destination).packed + payload


def _arp(operation: int, sender: str, target: str) -> bytes:
    header = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation)
    return b"\x08\x06" + header + _HOST + ip_address(sender).packed + bytes(6) + ip_address(target).packed


_DHCP: Final = struct.pack(">BBBBIHH", 1, 1, 6, 0, 7, 0, 0) + bytes(16) + _HOST + bytes(202) + b"\x63\x82\x53\x63"
_NEIGHBOUR: Final = struct.pack(">BBHI", 135, 0, 0, 0) + ip_address("fd77::2").packed + b"\1\1" + _HOST
_ROUTER: Final = struct.pack(">BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\1\1" + _HOST

#: Frames that a service may know; the first is a question by ARP.
TYPICAL: Final[Sequence[bytes]] = (
    _ALL + _HOST + _arp(1, "10.77.0.1", "10.77.0.2"),
    _ALL + _HOST + _arp(2, "10.77.0.1", "10.77.0.1"),
    _ALL + _HOST + b"\x81\0\0\5" + _arp(1, "10.77.0.1", "10.77.0.2"),
    _ALL + _HOST + _ipv4("0.0.0.0", "255.255.255.255", (68, 67), _DHCP + b"\x35\1\1\xff"),
    _ALL + _HOST + _ipv4("10.77.0.1", "255.255.255.255", (67, 68), _DHCP + b"\x35\1\2\xff"),
    b"\x33\x33\xff\0\0\2" + _HOST + _ipv6(58, "fd77::1", "ff02::1:ff00:2", _NEIGHBOUR),
    b"\x33\x33\0\0\0\1" + _HOST + _ipv6(58, "fe80::1", "ff02::1", _ROUTER),
    b"\x33\x33\0\1\0\2" + _HOST + _ipv6(17, "fe80::1", "ff02::1:2", struct.pack(">HHHH", 546, 547, 12, 0) + b"\1abc"),
    b"\1\0\x5e\0\0\xfb" + _HOST + _ipv4("10.77.0.1", "224.0.0.251", (5353, 5353), bytes(5) + b"\1" + bytes(6)),
    b"\1\x80\xc2\0\0\0" + _HOST + b"\0\x26\x42\x42\3" + bytes(35),
    _ALL + _HOST + b"\x88\xb5" + b"hello" + bytes(41),
    _ALL + _HOST + b"\x08\x42" + _ALL + _HOST * 16,
)

#: Frames that few services care for: an EtherType for experiments, UDP to a port of nobody's, IPX.
PASSING: Final[Sequence[bytes]] = (
    _ALL + _HOST + b"\x88\xb6" + bytes(46),
    _ALL + _HOST + _ipv4("10.77.0.1", "10.77.255.255", (40_000, 40_001), b"hello"),
    b"\1\0\x5e\1\2\3" + _HOST + _ipv4("10.77.0.1", "239.1.2.3", (40_000, 40_001), b"hello"),
    _ALL + _HOST + b"\x81\x37" + bytes(46),
)
