"""
What frames say: what only a DHCP server or a router says, and for which addresses a frame speaks.  Functions of octets
and nothing else.

Sources: RFC 792 (ICMP), RFC 826 (ARP), RFC 2131 (DHCP), RFC 2516 (PPPoE), RFC 4861 (neighbour discovery), RFC 8415
(DHCPv6), RFC 6105 and RFC 7113 (what a guard must look at, and how it is evaded: by fragments, chains of headers, and,
CVE-2021-27853, tags and SNAP headers).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from wand.ethernet import Frame
from wand.headers import ARP, ICMP, ICMPV6, IPV4, IPV6, NOTHING, TCP, UDP, carriedBy, number, payloadOf

#: What L{reserved} answers.
DHCP: Final = "dhcp"
ROUTER: Final = "router"
PPPOE: Final = "pppoe"
UNREADABLE: Final = "unreadable"

_PPPOE_DISCOVERY: Final = 0x8863

#: From which ports servers speak, and at which ones clients listen, whoever speaks.
_DHCP_PORTS: Final = (67, 68)
_DHCPV6_PORTS: Final = (547, 546)

#: What access concentrators say: an offer, and a session confirmed (RFC 2516).
_OF_CONCENTRATORS: Final = (0x07, 0x65)

_SOLICITATIONS: Final = (133, 135)

#: What routers say: an advertisement, and that another way is shorter, by ICMPv6 and by ICMP.
_OF_ROUTERS: Final = (134, 137)
_REDIRECT: Final = 5

_NEIGHBOUR_ADVERTISEMENT: Final = 136


def isPlain(frame: Frame) -> bool:  # HOT PATH
    """
    Is a frame one of the many that say nothing of interest?  A quick look; C{False} is no answer.
    """
    try:
        if frame[12] == 0x08 and not frame[13]:
            carried = frame[23]
            if carried == TCP:
                return True
            # Without options the ports, both above 255 here, are where they are looked for; and so is the ICMP type.
            if carried == UDP:
                return frame[14] == 0x45 and frame[34] != 0 and frame[36] != 0
            return carried != ICMP or (frame[14] == 0x45 and frame[34] != _REDIRECT)
        if frame[12] == 0x86 and frame[13] == 0xDD:
            carried = frame[20]
            return carried == TCP or (carried == UDP and frame[54] != 2 and frame[56] != 2)
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
        kind, at = payloadOf(frame)
        if kind == IPV4:
            return _reservedIPv4(frame, at)
        if kind == IPV6:
            carried, at = carriedBy(frame, at)
            if carried == UDP:
                return DHCP if _isOfServer(frame, at, _DHCPV6_PORTS) else ""
            if carried == ICMPV6 and frame[at] in _OF_ROUTERS:
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
        kind, at = payloadOf(frame)
        if kind == ARP:
            yield from _address(frame, at + 14, 4)
        elif kind == IPV6:
            source = at + 8
            carried, at = carriedBy(frame, at)
            says = frame[at] if carried == ICMPV6 else NOTHING
            if says in _SOLICITATIONS:
                yield from _address(frame, source, 16)
            elif says == _NEIGHBOUR_ADVERTISEMENT:
                yield from _address(frame, at + 8, 16)
    except IndexError:
        return


def _reservedIPv4(frame: Frame, at: int) -> str:
    carried, isLaterFragment = frame[at + 9], number(frame, at + 6) & 0x1FFF
    if carried not in (UDP, ICMP) or isLaterFragment:
        return ""
    at += (frame[at] & 0x0F) * 4
    if carried == ICMP:
        return ROUTER if frame[at] == _REDIRECT else ""
    return DHCP if _isOfServer(frame, at, _DHCP_PORTS) else ""


def _isOfServer(frame: Frame, at: int, ports: tuple[int, int]) -> bool:
    server, client = ports
    return number(frame, at) == server or number(frame, at + 2) == client


def _address(frame: Frame, at: int, size: int) -> Iterator[str]:
    octets = bytes(frame[at : at + size])
    if len(octets) == size:
        yield str(ip_address(octets))
