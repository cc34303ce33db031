"""
The shape of a frame: where its headers begin and end (IEEE 802.1Q; RFC 791, 8200, 9293, 768).
"""

from __future__ import annotations

from typing import Final, NamedTuple

TCP: Final = 6
UDP: Final = 17

_TAGS: Final = frozenset({0x8100, 0x88A8})
_TAGS_MAXIMUM: Final = 4
_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD

#: IPv6 headers of the form (next header, length in units of 8 octets beyond the first): hop-by-hop options, routing,
#: destination options.  A packet with any other, such as a fragment header, is not cut.
_EXTENSIONS: Final = frozenset({0, 43, 60})

#: SYN, RST and URG: a TCP segment with any of these is not cut.
_SINGULAR: Final = 0x02 | 0x04 | 0x20


class Shape(NamedTuple):
    """
    Where the parts of a frame with TCP or UDP are, in octets from its start.

    @ivar network: the IP header.
    @ivar isIPv4: whether that is IPv4, else IPv6.
    @ivar transport: the TCP or UDP header.
    @ivar isTCP: whether that is TCP, else UDP.
    @ivar payload: the payload: the size of all headers.
    """

    network: int
    isIPv4: bool
    transport: int
    isTCP: bool
    payload: int


# HOT PATH: once for a superframe, on both sides
def shapeOf(frame: bytes | memoryview, length: int) -> Shape | None:
    """
    Find the headers of a frame.

    @param frame: the frame, or at least its headers.
    @param length: the length of the whole frame; the lengths in its IP header must agree with it.
    @return: C{None} unless the frame is a whole IP packet with TCP or UDP whose payload can be cut; any other travels
        as it is.
    """
    size = len(frame)
    network = 14
    if size < 42:  # Ethernet, IPv4, UDP
        return None
    etherType = frame[12] << 8 | frame[13]
    while etherType in _TAGS:
        network += 4
        if network > 14 + 4 * _TAGS_MAXIMUM or network + 28 > size:
            return None
        etherType = frame[network - 2] << 8 | frame[network - 1]
    if etherType == _IPV4:
        first = frame[network]
        transport = network + (first & 15) * 4
        isFragment = frame[network + 6] & 0x3F or frame[network + 7]
        if not 0x45 <= first <= 0x4F or isFragment or frame[network + 2] << 8 | frame[network + 3] != length - network:
            return None
        protocol = frame[network + 9]
    elif etherType == _IPV6:
        if size < network + 48 or frame[network] >> 4 != 6:
            return None
        if frame[network + 4] << 8 | frame[network + 5] != length - network - 40:
            return None
        transport, protocol = network + 40, frame[network + 6]
        while protocol in _EXTENSIONS:
            if transport + 10 > size:
                return None
            protocol, transport = frame[transport], transport + (frame[transport + 1] + 1) * 8
    else:
        return None
    payload = _payloadOf(frame, transport, protocol)
    if payload is None or payload > size or payload > length:
        return None
    return Shape(network, etherType == _IPV4, transport, protocol == TCP, payload)


def _payloadOf(frame: bytes | memoryview, transport: int, protocol: int) -> int | None:
    if protocol == UDP:
        return transport + 8
    if protocol != TCP or transport + 20 > len(frame) or frame[transport + 13] & _SINGULAR:
        return None
    header = (frame[transport + 12] >> 4) * 4
    return transport + header if header >= 20 else None
