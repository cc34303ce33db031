"""
mDNS packets in frames.  Functions of octets and nothing else; what the packets ask and answer is not looked at.

Sources: RFC 6762, sections 3, 11 and 17, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 768 (UDP).
"""

from __future__ import annotations

from ipaddress import ip_address
from struct import Struct
from typing import Final, NamedTuple

from wand.ethernet import Frame
from wand.frame_services.checksum import checksum

#: Where everybody hears and speaks.
PORT: Final = 5353
GROUP: Final = "224.0.0.251"

#: The hop limit of what a reflector sends, and nobody else: it says that a packet was reflected before.  Others send
#: with 255, and whoever hears a packet takes no notice of it.
REFLECTED: Final = 254

#: The octets of a packet's header, and of the longest packet that is reflected: what fits into a frame of 1,500.
SHORTEST: Final = 12
LONGEST: Final = 1500 - 40 - 8

_GROUP: Final = ip_address(GROUP).packed
_GROUP6: Final = ip_address("ff02::fb").packed
_TO_GROUP: Final = bytes.fromhex("01005e0000fb")
_TO_GROUP6: Final = bytes.fromhex("3333000000fb")
_IPV4: Final = bytes.fromhex("0800")
_IPV6: Final = bytes.fromhex("86dd")
_UDP: Final = 17
_MORE: Final = 0x3FFF
_DO_NOT_FRAGMENT: Final = 0x4000
_HEADER: Final = Struct("!BBHHHBBH4s4s")
_HEADER6: Final = Struct("!IHBB16s16s")
_PORTS: Final = Struct("!HHHH")


class Packet(NamedTuple):
    """
    One to the group.

    @ivar hops: the hop limit that it came with.
    @ivar port: the UDP port that it came from.
    """

    hops: int
    port: int
    payload: bytes

    @property
    def isReflected(self) -> bool:
        """
        Did a reflector send it?
        """
        return self.hops == REFLECTED

    @property
    def isFit(self) -> bool:
        """
        Is it one that can be reflected?  Whoever asks from another port wants the answer there: we could not give it.
        """
        return self.port == PORT and SHORTEST <= len(self.payload) <= LONGEST


def isForGroup(frame: Frame) -> bool:
    """
    Does a frame go to where mDNS is spoken?
    """
    return frame[:6] in (_TO_GROUP, _TO_GROUP6)


def packetIn(frame: Frame, *, isIPv6: bool) -> Packet | None:
    """
    Read a frame that may be anything.

    @param isIPv6: which of the two families counts.  Hosts say the same in both.
    @return: C{None} if it is no whole packet to the group.
    """
    if isIPv6:
        return _packet6(bytes(frame)) if frame[:6] == _TO_GROUP6 and frame[12:14] == _IPV6 else None
    return _packet(bytes(frame)) if frame[:6] == _TO_GROUP and frame[12:14] == _IPV4 else None


def frameOf(mac: bytes, source: str, payload: bytes) -> bytes:
    """
    A frame with a packet that is reflected.

    @param source: the IP address of whoever reflects it, IPv4 or IPv6.
    """
    sender = ip_address(source).packed
    if len(sender) == 16:
        size = _PORTS.size + len(payload)
        header = _HEADER6.pack(6 << 28, size, _UDP, REFLECTED, sender, _GROUP6)
        return _TO_GROUP6 + mac + _IPV6 + header + _udp(sender, _GROUP6, payload)
    size = _HEADER.size + _PORTS.size + len(payload)
    header = _HEADER.pack(0x45, 0, size, 0, _DO_NOT_FRAGMENT, REFLECTED, _UDP, 0, sender, _GROUP)
    header = header[:10] + checksum(header).to_bytes(2, "big") + header[12:]
    return _TO_GROUP + mac + _IPV4 + header + _udp(sender, _GROUP, payload)


def _packet(frame: bytes) -> Packet | None:
    if len(frame) < 14 + _HEADER.size:
        return None
    first, _, size, _, fragment, hops, protocol, _, _, destination = _HEADER.unpack_from(frame, 14)
    start, end = 14 + 4 * (first & 15), 14 + size
    isWhole = first >> 4 == 4 and start >= 14 + _HEADER.size and end <= len(frame) and not fragment & _MORE
    if not isWhole or protocol != _UDP or destination != _GROUP:
        return None
    return _datagram(frame[start:end], hops)


def _packet6(frame: bytes) -> Packet | None:
    if len(frame) < 14 + _HEADER6.size:
        return None
    first, size, following, hops, _, destination = _HEADER6.unpack_from(frame, 14)
    start = 14 + _HEADER6.size
    if first >> 28 != 6 or start + size > len(frame) or following != _UDP or destination != _GROUP6:
        return None
    return _datagram(frame[start : start + size], hops)


def _datagram(octets: bytes, hops: int) -> Packet | None:
    if len(octets) < _PORTS.size:
        return None
    source, destination, size, _ = _PORTS.unpack_from(octets)
    if destination != PORT or not _PORTS.size <= size <= len(octets):
        return None
    return Packet(hops, source, octets[_PORTS.size : size])


def _udp(sender: bytes, group: bytes, payload: bytes) -> bytes:
    size = _PORTS.size + len(payload)
    datagram = _PORTS.pack(PORT, PORT, size, 0) + payload
    pseudo = sender + group + _UDP.to_bytes(4, "big") + size.to_bytes(4, "big")
    check = checksum(pseudo + datagram) or 0xFFFF
    return datagram[:6] + check.to_bytes(2, "big") + datagram[8:]
