"""
The routes of this host: where its datagrams go.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, TypeAlias

import attrs

from wand.host.rtnetlink import ROUTES, dump

Prefix: TypeAlias = IPv4Network | IPv6Network

#: Where overlay addresses may come from when the wish overlaps: prefixes for private use (RFC 1918, RFC 6598).
_SPARE: Final = ("10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10", "192.168.0.0/16")

# Types of routes: to other hosts, to an address of this one, and those that lead nowhere.
_TYPES: Final = frozenset({1, 2})
_NOWHERE: Final = {6: "blackhole", 7: "unreachable", 8: "prohibit"}
_DESTINATION, _INTERFACE, _GATEWAY, _METRIC, _NEXT_HOPS, _VIA = 1, 4, 5, 6, 9, 18
_OVER_ROUTERS: Final = frozenset({_GATEWAY, _NEXT_HOPS, _VIA})

#: The table that is asked about other hosts, and the type of routes to them (rtnetlink(7)).
_MAIN, _UNICAST = 254, 1


@attrs.frozen
class Route:
    """
    One of them.

    @ivar interface: the name of where it leads; empty if there are several, or it is unknown.
    @ivar nowhere: what the kernel does instead, if it leads nowhere: C{blackhole}, for example.
    @ivar isBeyond: does it lead to others over a router, so that this host is in no such network itself?
    """

    prefix: Prefix
    interface: str
    nowhere: str = ""
    isBeyond: bool = False


def routes() -> list[Route]:
    """
    The routes to other hosts and to this host's own addresses; none where the system does not tell.
    """
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            entries = list(dump(ROUTES, family))
        except OSError:
            continue
        found += [
            _route(family, *entry)
            for entry in entries
            if entry[0][0] == family and (entry[0][7] in _TYPES or entry[0][7] in _NOWHERE)
        ]
    return found


def defaultGateway(except_: str = "") -> str | None:
    """
    The router through which this host reaches others over IPv4, that of the default route with the lowest metric;
    C{None} if there is none, or the system does not tell.

    @param except_: an interface that does not count: our own tap.
    """
    try:
        entries = list(dump(ROUTES, socket.AF_INET))
    except OSError:
        return None
    found = [
        (int.from_bytes(attributes.get(_METRIC, b""), sys.byteorder), socket.inet_ntoa(attributes[_GATEWAY]))
        for fixed, attributes in entries
        if (fixed[0], fixed[1], fixed[4], fixed[7]) == (socket.AF_INET, 0, _MAIN, _UNICAST)
        and len(attributes.get(_GATEWAY, b"")) == 4
        and (not except_ or _name(int.from_bytes(attributes.get(_INTERFACE, b""), sys.byteorder)) != except_)
    ]
    return min(found, key=lambda each: each[0])[1] if found else None


def overlap(prefix: Prefix, own: Iterable[str] = (), known: Iterable[Route] | None = None) -> Route | None:
    """
    A route of this host, other than a default route, to addresses that are in an overlay's prefix too; the one that
    is in the way most.

    @param own: names of our own interfaces, of which routes are as they should be, and our own addresses.
    @param known: the routes; those of this host, if not given.
    """
    ours = frozenset(own)
    found = [
        each
        for each in (routes() if known is None else known)
        if not {each.interface, str(each.prefix.network_address)} & ours
        and _isSpecific(each.prefix)
        and not (each.nowhere and each.prefix.prefixlen < prefix.prefixlen)  # as many routers have for private ones
        and _overlaps(each.prefix, prefix)
    ]
    return max(found, key=lambda each: each.prefix.prefixlen, default=None)


def alternative(prefix: Prefix, known: Iterable[Route] | None = None) -> Prefix | None:
    """
    A private prefix of the same size that no route of this host overlaps; C{None} if there is none.
    """
    table = routes() if known is None else list(known)
    if isinstance(prefix, IPv6Network):
        candidates = (IPv6Network((0xFD << 120 | part << 80, max(prefix.prefixlen, 48))) for part in range(77, 333))
        return next((each for each in candidates if overlap(each, known=table) is None), None)
    for spare in map(IPv4Network, _SPARE):
        if prefix.prefixlen >= spare.prefixlen:
            for each in _few(spare, prefix.prefixlen):
                if overlap(each, known=table) is None:
                    return each
    return None


def _few(spare: IPv4Network, length: int) -> Iterable[IPv4Network]:
    """
    Some prefixes of a length in a bigger one, far from those that everybody uses, which are the first.
    """
    count = 1 << (length - spare.prefixlen)
    size = 1 << (32 - length)
    for number in range(min(count, 256)):
        yield IPv4Network((int(spare.network_address) + (count * 5 // 9 + number * 7) % count * size, length))


def _isSpecific(prefix: Prefix) -> bool:
    """
    Is it no default route, nor half of one as other tunnels make them (C{0.0.0.0/1}), and to hosts beyond a link?
    """
    return prefix.prefixlen > 1 and not (prefix.is_multicast or prefix.is_link_local)


def _overlaps(one: Prefix, other: Prefix) -> bool:
    return one.version == other.version and one.overlaps(other)


def _route(family: int, fixed: bytes, attributes: dict[int, bytes]) -> Route:
    octets = attributes.get(_DESTINATION, bytes(4 if family == socket.AF_INET else 16))
    prefix = ip_network((octets, fixed[1]), strict=False)
    interface = _name(int.from_bytes(attributes.get(_INTERFACE, b""), sys.byteorder))
    return Route(prefix, interface, _NOWHERE.get(fixed[7], ""), bool(_OVER_ROUTERS & attributes.keys()))


def _name(index: int) -> str:
    try:
        return socket.if_indextoname(index) if index else ""
    except OSError:
        return ""
