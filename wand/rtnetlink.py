"""
What the kernel says of its links, addresses and routes (rtnetlink(7)): one table at a time, as it is now.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from struct import Struct
from typing import Final

#: Tables, with the octets of a question and of the fixed part of each answer.
LINKS: Final = (18, 16)
ADDRESSES: Final = (22, 8)
ROUTES: Final = (26, 12)

#: How many entries of a table are read: a router with all the routes of the Internet must not keep us busy.
ENTRIES: Final = 8_192

#: Seconds after which the kernel is given up.
_PATIENCE: Final = 1.0

_HEADER: Final = Struct("=IHHII")
_ATTRIBUTE: Final = Struct("=HH")
_REQUEST_DUMP: Final = 0x301
_ERROR: Final = 2
_DONE: Final = 3
_TYPE: Final = 0x3FFF  # without the flags for nested ones and for byte order


def dump(table: tuple[int, int], family: int = socket.AF_UNSPEC) -> Iterator[tuple[bytes, dict[int, bytes]]]:
    """
    Read a table.

    @param table: one of those above.
    @return: of each entry the fixed part and the attributes.
    @raise OSError: if this system has no netlink, or it does not answer.
    """
    kind, fixed = table
    with socket.socket(getattr(socket, "AF_NETLINK", -1), socket.SOCK_RAW, 0) as netlink:
        netlink.settimeout(_PATIENCE)
        question = bytes([family]).ljust(fixed, b"\0")
        netlink.send(_HEADER.pack(_HEADER.size + fixed, kind, _REQUEST_DUMP, 1, 0) + question)
        for _, body in zip(range(ENTRIES), _messages(netlink), strict=False):
            yield body[:fixed], attributes(body[fixed:])


def attributes(octets: bytes) -> dict[int, bytes]:
    """
    The attributes in an entry, or in an attribute, by their numbers.
    """
    found: dict[int, bytes] = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(octets):
        size, kind = _ATTRIBUTE.unpack_from(octets, at)
        if size < _ATTRIBUTE.size:
            break
        found[kind & _TYPE] = octets[at + _ATTRIBUTE.size : at + size]
        at += -(-size // 4) * 4
    return found


def _messages(netlink: socket.socket) -> Iterator[bytes]:
    while True:
        octets = netlink.recv(1 << 16)
        at = 0
        while at + _HEADER.size <= len(octets):
            size, kind, _, _, _ = _HEADER.unpack_from(octets, at)
            if kind in (_DONE, _ERROR) or size < _HEADER.size:
                return
            yield octets[at + _HEADER.size : at + size]
            at += -(-size // 4) * 4
