"""
The few messages of Linux's rtnetlink(7) that matter here, read defensively: what is not as expected is ignored.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from struct import Struct
from typing import Final

from wand.host.changes import Address, Link
from wand.host.rtnetlink import (
    LINK_ALIAS,
    LINK_MASTER,
    LINK_NAME,
    attribute,
    attributes,
    kindOf,
    question,
    textOf,
)

#: The numbers of the messages.
LINK_SEEN: Final = 16
LINK_GONE: Final = 17
GET_LINKS: Final = 18
ADDRESS_SEEN: Final = 20
ADDRESS_GONE: Final = 21
GET_ADDRESSES: Final = 22
ROUTE_SEEN: Final = 24
ROUTE_GONE: Final = 25

#: The groups to which we listen, as bits: links, IPv4 addresses and routes, IPv6 addresses and routes.
GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x100 | 0x400

_LINK: Final = Struct("=BxHiII")  # family, hardware, index, flags, change
_ADDRESS: Final = Struct("=BBBBI")  # family, prefix, flags, scope, index
_ROUTE: Final = Struct("=BBBBBBBBI")  # family, destination, source, TOS, table, protocol, scope, type, flags
_U32: Final = Struct("=I")

_UP: Final = 0x1
_RUNNING: Final = 0x40

_LINK_ADDRESS: Final = 1
_LINK_MTU: Final = 4
_LINK_MASK: Final = 29
_WITHOUT_STATISTICS: Final = 8

_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_FLAGS: Final = 8
_SCOPE_LINK: Final = 253
_DEPRECATED: Final = 0x20
_TENTATIVE: Final = 0x40

_RTA_DESTINATION: Final = 1
_RTA_INTERFACE: Final = 4
_TABLE_LOCAL: Final = 255
_CLONED: Final = 0x200

#: Routes to somewhere, and those that say that there is none: unicast, black hole, unreachable, prohibited.
_KINDS: Final = frozenset({1, 6, 7, 8})

#: Who makes routes: the kernel, people, router advertisements, DHCP.  Those of routing daemons come by the thousand,
#: and only their default routes concern us.
_MAKERS: Final = frozenset({0, 2, 3, 4, 9, 16})


def request(kind: int, sequence: int) -> bytes:
    """
    Write a request to be told everything of one kind.
    """
    if kind == GET_LINKS:
        body = _LINK.pack(0, 0, 0, 0, 0) + attribute(_LINK_MASK, _WITHOUT_STATISTICS)
    else:
        body = _ADDRESS.pack(0, 0, 0, 0, 0)
    return question(kind, body, sequence)


def linkOf(body: bytes) -> Link | None:
    """
    Read what is said of an interface; C{None} if it is something else, such as a port of a bridge.
    """
    if len(body) < _LINK.size:
        return None
    family, _, index, *_ = _LINK.unpack_from(body)
    return None if family or index <= 0 else linkFrom(body[: _LINK.size], attributes(body[_LINK.size :]))


def linkFrom(fixed: bytes, found: dict[int, bytes]) -> Link:
    """
    Read an interface as L{wand.host.rtnetlink.dump} tells it.

    @param fixed: the part of the message that is the same for all.
    @param found: its attributes by their kinds.
    """
    _, _, index, flags, _ = _LINK.unpack(fixed)
    return Link(
        index,
        textOf(found.get(LINK_NAME, b"")),
        found.get(_LINK_ADDRESS, b""),
        _number(found.get(_LINK_MTU, b"")),
        bool(flags & _UP),
        bool(flags & _RUNNING),
        kindOf(found),
        _number(found.get(LINK_MASTER, b"")),
        textOf(found.get(LINK_ALIAS, b"")),
    )


def addressOf(body: bytes) -> Address | None:
    """
    Read what is said of an address.
    """
    if len(body) < _ADDRESS.size:
        return None
    family, prefix, flags, scope, index = _ADDRESS.unpack_from(body)
    found = attributes(body[_ADDRESS.size :])
    octets = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS, b"")
    if len(octets) != {socket.AF_INET: 4, socket.AF_INET6: 16}.get(family):
        return None
    more = found.get(_IFA_FLAGS, b"")
    flags = _number(more) if len(more) == _U32.size else flags
    isUsable = scope < _SCOPE_LINK and not flags & (_TENTATIVE | _DEPRECATED)
    return Address(index, str(ip_address(octets)), prefix, isUsable)


def routeOf(body: bytes) -> int | None:
    """
    Read what is said of a route.

    @return: the number of its interface, 0 if it has none; C{None} if it does not concern us.
    """
    if len(body) < _ROUTE.size:
        return None
    _, length, _, _, table, maker, _, kind, flags = _ROUTE.unpack_from(body)
    if table == _TABLE_LOCAL or kind not in _KINDS or flags & _CLONED or (length and maker not in _MAKERS):
        return None
    found = attributes(body[_ROUTE.size :])
    destination = found.get(_RTA_DESTINATION, b"")
    if len(destination) in (4, 16) and (ip_address(destination).is_link_local or ip_address(destination).is_multicast):
        return None
    return _number(found.get(_RTA_INTERFACE, b""))


def _number(octets: bytes) -> int:
    """
    A number of 32 bits; 0 if it is none.
    """
    return int(_U32.unpack(octets)[0]) if len(octets) == _U32.size else 0
