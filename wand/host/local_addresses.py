"""
The IP addresses of this host: where others may reach it, the best first.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterable
from enum import IntEnum
from ipaddress import ip_address
from typing import Final

import attrs

from wand.endpoint import Endpoint
from wand.host.changes import Link
from wand.host.messages import linkFrom
from wand.host.rtnetlink import ADDRESSES, LINKS, dump
from wand.host.tunnels import TUNNELS, isOurs
from wand.underlay.source import chosenSource

#: How many addresses are told at most.
ENDPOINTS_MAXIMUM: Final = 4

#: Hosts far away (RFC 5737, RFC 3849), to which nothing is sent: which of our addresses would the kernel take?
_FAR: Final = (("192.0.2.1", 9), ("2001:db8::1", 9))

# Flags of addresses (if_addr.h), kinds of attributes.
_TEMPORARY, _OPTIMISTIC, _FAILED, _DEPRECATED, _TENTATIVE = 0x01, 0x04, 0x08, 0x20, 0x40
_ADDRESS, _LOCAL, _FLAGS = 1, 2, 8
_SCOPE_LINK: Final = 253

#: Kinds of links that lead to other programs on this host.
_INSIDE: Final = frozenset({"bridge", "veth", "dummy", "openvswitch", "ifb", "nlmon", "netkit", "vcan"})


class Reachability(IntEnum):
    """
    How likely others reach an address: that of the default route, another one of its interface, one of another
    interface, a further one, of a tunnel, of what is inside this host as containers are, of nothing beyond a link, or
    only through a network of ours.
    """

    CHOSEN = 0
    BESIDE = 1
    OTHER = 2
    FURTHER = 3
    TUNNEL = 4
    INSIDE = 5
    LINK = 6
    OURS = 7


@attrs.frozen
class LocalAddress:
    """
    An address of this host.

    @ivar link: the number of its link.
    @ivar isUsable: may others be told of it?
    """

    host: str
    link: int
    isUsable: bool = True


def localEndpoints(
    host: str,
    port: int,
    except_: str = "",
    mayReach: Callable[[str], bool] = lambda host: True,
    *,
    tunnels: bool = False,
) -> list[str]:
    """
    Where a UDP port of this host can be reached, as far as the host knows, the best first.

    @param host: the local address that the port is bound to; C{0.0.0.0} and C{::} stand for all.
    @param except_: an interface that does not count: our own tap.
    @param mayReach: whether datagrams may go to an address; to those of the overlay they may not.
    @param tunnels: see L{ranked}.
    """
    found = _addresses(except_, host == "::", tunnels) if host in ("0.0.0.0", "::") else [host]
    return [str(Endpoint(each, port)) for each in found if mayReach(each)][:ENDPOINTS_MAXIMUM]


def tunnels() -> list[str]:
    """
    The names of this host's tun and tap interfaces.
    """
    try:
        return [link.name for link in _links() if link.kind == "tun"]
    except OSError:
        return []


def bridgesOf(interface: str) -> list[str]:
    """
    The name of the bridge that an interface is a port of, if it is one.
    """
    try:
        links = _links()
    except OSError:
        return []
    masters = {link.master for link in links if link.name == interface}
    return [link.name for link in links if link.index in masters]


def ranked(
    links: dict[int, Link], addresses: Iterable[LocalAddress], chosen: Iterable[str], *, tunnels: bool = False
) -> list[str]:
    """
    The addresses at which others may reach this host, the best first.

    @param links: by their numbers.
    @param chosen: those that the kernel sends from to hosts far away.
    @param tunnels: are those of tunnels told, too, if there are better ones?  Those into a network of ours are told
        only where there is nothing else at all, as in a container that was given nothing but a tap.
    """
    addresses = list(addresses)
    usable = [each for each in addresses if each.isUsable and each.link in links and links[each.link].isUp]
    first = frozenset(chosen)
    routed = {each.link for each in addresses if each.host in first}
    hardware = {link.master for link in links.values() if not link.kind}
    seen: set[tuple[int, bool]] = set()
    found = []
    for each in sorted(usable, key=lambda each: each.host not in first):
        rank = _rank(each, links[each.link], first, routed, hardware)
        kind = (each.link, ":" in each.host)
        if kind in seen:  # an interface with many addresses of IPv6 does not crowd out the others
            rank = max(rank, Reachability.FURTHER)
        seen.add(kind)
        found.append((rank, each.host))
    found.sort(key=lambda each: each[0])
    best = found[0][0] if found else Reachability.OURS
    return [host for rank, host in found if _isTold(rank, best, tunnels)]


def _isTold(rank: Reachability, best: Reachability, tunnels: bool) -> bool:
    if rank is Reachability.TUNNEL:
        return tunnels or best is Reachability.TUNNEL
    return rank is not Reachability.OURS or best is Reachability.OURS


def _rank(
    address: LocalAddress, link: Link, chosen: frozenset[str], routed: set[int], hardware: set[int]
) -> Reachability:
    if isOurs(link.alias):
        return Reachability.OURS
    if not link.isRunning or ip_address(address.host).is_link_local:
        return Reachability.LINK
    if address.host in chosen:
        return Reachability.CHOSEN
    if address.link in routed:
        return Reachability.BESIDE
    if link.kind in TUNNELS:
        return Reachability.TUNNEL
    if link.kind in _INSIDE and address.link not in hardware:
        return Reachability.INSIDE
    return Reachability.OTHER


def _addresses(except_: str, onlyIPv6: bool, tunnels: bool) -> list[str]:
    try:
        links = {link.index: link for link in _links() if link.name != except_}
        addresses = [_address(*entry) for entry in dump(ADDRESSES)]
    except OSError:  # not Linux: those that the host's name has
        return _named()
    chosen = [each for each in map(chosenSource, _FAR) if each is not None]
    found = ranked(links, addresses, chosen, tunnels=tunnels)
    return [each for each in found if ":" in each or not onlyIPv6]


def _links() -> list[Link]:
    return [linkFrom(*entry) for entry in dump(LINKS)]


def _address(fixed: bytes, told: dict[int, bytes]) -> LocalAddress:
    family, scope = fixed[0], fixed[3]
    flags = _number(told.get(_FLAGS, fixed[2:3]))
    octets = told.get(_LOCAL) or told.get(_ADDRESS, b"")
    host = socket.inet_ntop(family, octets) if family in (socket.AF_INET, socket.AF_INET6) else ""
    # Those of a link only: of IPv4 they are good for that link; of IPv6 nobody else can write them down.
    isFar = scope < _SCOPE_LINK or (scope == _SCOPE_LINK and family == socket.AF_INET)
    isWell = not flags & (_TEMPORARY | _FAILED | _DEPRECATED) and (not flags & _TENTATIVE or bool(flags & _OPTIMISTIC))
    return LocalAddress(host, _number(fixed[4:8]), bool(host) and isFar and isWell and not ip_address(host).is_loopback)


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, sys.byteorder)


def _named() -> list[str]:
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_DGRAM)]
    except OSError:
        return []
