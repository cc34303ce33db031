"""
What the kernel says of its links, addresses and routes (rtnetlink(7)): how it is written, and one table at a time, as
it is now.  L{wand.host.netlink} hears what changes.
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

#: The numbers of attributes of a link: its name, the bridge that it is a port of, its alias (if_link.h).
LINK_NAME: Final = 3
LINK_MASTER: Final = 10
LINK_ALIAS: Final = 20

#: That of the attribute with what a link is, and of the one within it that has its kind.
_LINK_INFO: Final = 18
_INFO_KIND: Final = 1

#: How many entries of a table are read: a router with all the routes of the Internet must not keep us busy.
ENTRIES_MAXIMUM: Final = 8_192

#: Seconds after which the kernel is given up.
_ANSWER_PATIENCE: Final = 1.0

#: The numbers of the messages that end an answer.
ERROR: Final = 2
DONE: Final = 3

_HEADER: Final = Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE: Final = Struct("=HH")  # length, type
_U32: Final = Struct("=I")
_REQUEST_DUMP: Final = 0x301
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
        netlink.settimeout(_ANSWER_PATIENCE)
        netlink.send(question(kind, bytes([family]).ljust(fixed, b"\0"), 1))
        for _, body in zip(range(ENTRIES_MAXIMUM), _messages(netlink), strict=False):
            yield body[:fixed], attributes(body[fixed:])


def question(kind: int, body: bytes, sequence: int) -> bytes:
    """
    Write a request to be told a whole table.
    """
    return _HEADER.pack(_HEADER.size + len(body), kind, _REQUEST_DUMP, sequence, 0) + body


def attribute(kind: int, value: int) -> bytes:
    """
    Write an attribute.
    """
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + _U32.size, kind) + _U32.pack(value)


def messagesOf(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    """
    The messages in one datagram of the kernel's, with their numbers; what cannot be read ends them.
    """
    at = 0
    while at + _HEADER.size <= len(datagram):
        size, kind, _, _, _ = _HEADER.unpack_from(datagram, at)
        if not _HEADER.size <= size <= len(datagram) - at:
            return
        yield kind, datagram[at + _HEADER.size : at + size]
        at += -(-size // 4) * 4


def attributes(octets: bytes) -> dict[int, bytes]:
    """
    The attributes in an entry, or in an attribute, by their numbers; what cannot be read ends them.
    """
    found: dict[int, bytes] = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(octets):
        size, kind = _ATTRIBUTE.unpack_from(octets, at)
        if not _ATTRIBUTE.size <= size <= len(octets) - at:
            break
        found[kind & _TYPE] = octets[at + _ATTRIBUTE.size : at + size]
        at += -(-size // 4) * 4
    return found


def kindOf(link: dict[int, bytes]) -> str:
    """
    What the kernel calls a link with these attributes; empty for hardware.
    """
    return textOf(attributes(link.get(_LINK_INFO, b"")).get(_INFO_KIND, b""))


def textOf(octets: bytes) -> str:
    """
    The text in an attribute.
    """
    return octets.rstrip(b"\0").decode("utf-8", "replace")


def _messages(netlink: socket.socket) -> Iterator[bytes]:
    while True:
        for kind, body in messagesOf(netlink.recv(1 << 16)):
            if kind in (DONE, ERROR):
                return
            yield body
