"""
What frames say: what only a DHCP server or a router says, and for which addresses a frame speaks.  Functions of octets
and nothing else.

Sources: RFC 826 (ARP), RFC 2131 (DHCP), RFC 2516 (PPPoE), RFC 4861 (neighbour discovery), RFC 8415 (DHCPv6), RFC 6105
and RFC 7113 (what a guard must look at, and how it is evaded: by fragments, chains of headers, and, CVE-2021-27853,
tags and SNAP headers).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from wand.ethernet import Frame

#: What L{reserved} answers.
DHCP: Final = "dhcp"
ROUTER: Final = "router"
PPPOE: Final = "pppoe"
UNREADABLE: Final = "unreadable"

_IPV4: Final = 0x0800
_ARP: Final = 0x0806
_IPV6: Final = 0x86DD
_PPPOE_DISCOVERY: Final = 0x8863
_TAGS: Final = frozenset((0x8100, 0x88A8, 0x9100))

#: Below this the field is a length, and an LLC header follows (IEEE 802.3).
_TYPES_FROM: Final = 0x0600
_SNAP: Final = (0xAA, 0xAA, 3)

_TCP: Final = 6
_UDP: Final = 17
_ICMPV6: Final = 58

#: Headers between that of IPv6 and what it carries: hop-by-hop, routing, fragment, authentication, destination.
_BETWEEN: Final = frozenset((0, 43, 44, 51, 60))
_FRAGMENT: Final = 44
_AUTHENTICATION: Final = 51

#: From which ports servers speak, and at which ones clients listen, whoever speaks.
_DHCP_PORTS: Final = (67, 68)
_DHCPV6_PORTS: Final = (547, 546)

#: What access concentrators say: an offer, and a session confirmed (RFC 2516).
_OF_CONCENTRATORS: Final = (0x07, 0x65)

_SOLICITATIONS: Final = (133, 135)
_ROUTER_ADVERTISEMENT: Final = 134
_NEIGHBOUR_ADVERTISEMENT: Final = 136

#: What carries nothing that is looked at: the rest of a packet in fragments.
_NOTHING: Final = -1


def isPlain(frame: Frame) -> bool:  # HOT PATH
    """
    Is a frame one of the many that say nothing of interest?  A quick look; C{False} is no answer.
    """
    try:
        if frame[12] == 0x08 and not frame[13]:
            carried = frame[23]
            # Without options the ports, both above 255 here, are where they are looked for.
            return carried != _UDP or (frame[14] == 0x45 and frame[34] != 0 and frame[36] != 0)
        if frame[12] == 0x86 and frame[13] == 0xDD:
            carried = frame[20]
            return carried == _TCP or (carried == _UDP and frame[54] != 2 and frame[56] != 2)
    except IndexError:
        return False
    return False


def reserved(frame: Frame) -> str:
    """
    Does a frame say what only servers and routers say?

    @return: L{DHCP}, L{ROUTER}, L{PPPOE}; L{UNREADABLE} if it is too short to tell, as no honest host sends it; or
        nothing.
    """
    try:
        kind, at = _payload(frame)
        if kind == _IPV4:
            return _reservedIPv4(frame, at)
        if kind == _IPV6:
            carried, at = _carried(frame, at)
            if carried == _UDP:
                return DHCP if _isOfServer(frame, at, _DHCPV6_PORTS) else ""
            if carried == _ICMPV6 and frame[at] == _ROUTER_ADVERTISEMENT:
                return ROUTER
        if kind == _PPPOE_DISCOVERY and frame[at + 1] in _OF_CONCENTRATORS:
            return PPPOE
    except IndexError:
        return UNREADABLE
    return ""


def spokenFor(frame: Frame) -> Iterator[str]:
    """
    The IP addresses that the sender of a frame says are its own, in ARP and in neighbour discovery.
    """
    try:
        kind, at = _payload(frame)
        if kind == _ARP:
            yield from _address(frame, at + 14, 4)
        elif kind == _IPV6:
            source = at + 8
            carried, at = _carried(frame, at)
            says = frame[at] if carried == _ICMPV6 else _NOTHING
            if says in _SOLICITATIONS:
                yield from _address(frame, source, 16)
            elif says == _NEIGHBOUR_ADVERTISEMENT:
                yield from _address(frame, at + 8, 16)
    except IndexError:
        return


def _payload(frame: Frame) -> tuple[int, int]:
    at = 12
    while True:
        kind = _number(frame, at)
        at += 2
        if kind in _TAGS:
            at += 2
        elif kind < _TYPES_FROM and (frame[at], frame[at + 1], frame[at + 2]) == _SNAP:
            at += 6
        else:
            return kind, at


def _reservedIPv4(frame: Frame, at: int) -> str:
    isLaterFragment = _number(frame, at + 6) & 0x1FFF
    if frame[at + 9] != _UDP or isLaterFragment:
        return ""
    return DHCP if _isOfServer(frame, at + (frame[at] & 0x0F) * 4, _DHCP_PORTS) else ""


def _carried(frame: Frame, at: int) -> tuple[int, int]:
    following, at = frame[at + 6], at + 40
    while following in _BETWEEN:
        if following == _FRAGMENT:
            if _number(frame, at + 2) & 0xFFF8:
                return _NOTHING, at
            size = 8
        else:
            size = (frame[at + 1] + 2) * 4 if following == _AUTHENTICATION else (frame[at + 1] + 1) * 8
        following, at = frame[at], at + size
    return following, at


def _isOfServer(frame: Frame, at: int, ports: tuple[int, int]) -> bool:
    server, client = ports
    return _number(frame, at) == server or _number(frame, at + 2) == client


def _number(frame: Frame, at: int) -> int:
    return frame[at] << 8 | frame[at + 1]


def _address(frame: Frame, at: int, size: int) -> Iterator[str]:
    octets = bytes(frame[at : at + size])
    if len(octets) == size:
        yield str(ip_address(octets))
