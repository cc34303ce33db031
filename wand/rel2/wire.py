"""
The registration wire of REL2: the request of a node and the listing of a directory server, as pure functions of bytes.

A request is the node's MAC address as text and a NUL, 18 octets.  A listing is the server's whole table in one
datagram, C{mac NUL ip NUL mac NUL ip NUL ...}.  The page C{docs/rel2.md} tells the whole protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address
from typing import Final

import attrs

from wand.ethernet import MAC
from wand.underlay.ports import DATAGRAM_MAXIMUM

#: Octets of a request: C{aa:bb:cc:dd:ee:ff} and a NUL.
REQUEST_SIZE: Final = 18

_MAC_TEXT: Final = re.compile(rb"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")


@attrs.frozen
class Listing:
    """
    A listing that was read.

    @ivar hosts: the IPv4 address of every MAC address that it names.
    @ivar bad: how many entries could not be read, and were skipped.
    """

    hosts: dict[MAC, str]
    bad: int


def buildRequest(mac: MAC) -> bytes:
    """
    The request of the node with C{mac}.
    """
    return b"%s\0" % str(mac).encode("ascii")


def parseRequest(datagram: bytes | memoryview) -> MAC | None:
    """
    Read a request.

    @return: who asks, or C{None} if this is not a request, or its address is not that of a single host.
    """
    if len(datagram) != REQUEST_SIZE or datagram[-1]:
        return None
    return _parseMAC(bytes(datagram[:-1]))


def entrySize(host: str) -> int:
    """
    How many octets the entry of a node at C{host} takes in a listing.
    """
    return REQUEST_SIZE + len(host) + 1


def buildListing(entries: Iterable[tuple[MAC, str]]) -> bytes | None:
    """
    The listing of C{entries}, each a MAC address and an IPv4 address.

    @return: the datagram, or C{None} if it would not fit into one; it is never cut short.
    """
    listing = "".join(f"{mac}\0{host}\0" for mac, host in entries).encode("ascii")
    return listing if len(listing) <= DATAGRAM_MAXIMUM else None


def parseListing(datagram: bytes | memoryview) -> Listing | None:
    """
    Read a listing, with or without its last NUL.  An entry with a mistake is skipped, the others count; of two
    for one MAC address the last counts.

    @return: the listing, or C{None} if it has no valid entry: a server lists at least the node that asks.
    """
    fields = bytes(datagram).split(b"\0")
    if not fields[-1]:
        fields.pop()
    hosts: dict[MAC, str] = {}
    bad = position = 0
    while position < len(fields):
        mac = _parseMAC(fields[position])
        text = fields[position + 1] if position + 1 < len(fields) else b""
        host = parseHost(text)
        if mac is not None and host is not None:
            hosts[mac] = host
        else:
            bad += 1
        # Where a field is missing, a MAC address stands where an IP address should: an entry begins there.
        position += 1 if host is None and _MAC_TEXT.fullmatch(text) else 2
    return Listing(hosts, bad) if hosts else None


def parseHost(text: bytes) -> str | None:
    """
    Read the address of a single IPv4 host.

    @return: its canonical form, or C{None} if it is not an address, or not that of a single host.
    """
    try:
        address = IPv4Address(text.decode("ascii"))
    except (UnicodeDecodeError, AddressValueError):
        return None
    if address.is_multicast or address.is_reserved or not int(address) >> 24:
        return None
    return str(address)


def _parseMAC(text: bytes) -> MAC | None:
    if not _MAC_TEXT.fullmatch(text):
        return None
    mac = MAC(bytes.fromhex(text.decode("ascii").replace(":", "")))
    return mac if mac.isUnicast else None
