"""
The fields of signed things and messages, with their limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface
from socket import AF_INET, inet_ntop, inet_pton
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from wand.errors import MembershipRefused
from wand.ethernet import MAC

#: The version of a program, for people.
Version = Annotated[str, Meta(max_length=24)]

#: What a name is, for whoever chose another text; see L{isName}.
NAME_RULE: Final = "1 to 32 of a-z, 0-9 and -, not at the ends"

#: A public key, or a secret.
Octets32: TypeAlias = Annotated[bytes, Meta(min_length=32, max_length=32)]

#: The id of an invitation.
Octets16: TypeAlias = Annotated[bytes, Meta(min_length=16, max_length=16)]

#: A MAC address as it travels.
Octets6: TypeAlias = Annotated[bytes, Meta(min_length=6, max_length=6)]

#: An Ed25519 signature.
Octets64: TypeAlias = Annotated[bytes, Meta(min_length=64, max_length=64)]

#: Seconds since the epoch, and other counts that only grow.
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]

#: The name of a network or of a member.
Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")]

#: What a member may call its own, at most, of each kind.
OWN_MAXIMUM: Final = 4

#: An overlay address with its prefix length.
Address: TypeAlias = Annotated[str, Meta(max_length=43)]

Addresses: TypeAlias = Annotated[tuple[Address, ...], Meta(max_length=OWN_MAXIMUM)]

#: Overlay addresses without the lengths of their prefixes, which a node would like: one of each kind at most.
WantedAddresses: TypeAlias = Annotated[tuple[Annotated[str, Meta(max_length=39)], ...], Meta(max_length=2)]

MACs: TypeAlias = Annotated[tuple[Octets6, ...], Meta(max_length=OWN_MAXIMUM)]

#: How a prefix length of IPv4 is written.
_LENGTHS: Final = frozenset(map(str, range(33)))

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


def isName(text: str) -> bool:
    """
    Can a member or a network be called so?
    """
    return _NAME.fullmatch(text) is not None


def nameLike(text: str, otherwise: str) -> str:
    """
    The nearest name to any text, such as the name of a host; C{otherwise} if nothing is left of it.
    """
    name = re.sub(r"[^a-z0-9]+", "-", text[:64].lower()).strip("-")[:32].strip("-")
    return name or otherwise


def printable(text: str) -> str:
    """
    A text for people, as it may stand in logs and on terminals whoever wrote it: what is no printable character becomes
    a space.
    """
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def withoutPrefix(address: str) -> str:
    """
    An overlay address without its prefix length.
    """
    return address.partition("/")[0]


def checkAddresses(addresses: tuple[str, ...]) -> None:
    """
    Check that overlay addresses are written in the one way that there is, and can be a host's.

    @raise ValueError: if not.
    """
    for text in addresses:
        _checkAddress(text)
    if len(addresses) > 1 and len(set(map(withoutPrefix, addresses))) < len(addresses):
        raise ValueError("an address stands twice")


def checkWanted(addresses: tuple[str, ...]) -> None:
    """
    Check the overlay addresses that a node would like.

    @raise ValueError: if one is no address of a host, or is not written in the one way that there is; or if two are of
        one kind.
    """
    found = [ip_address(each) for each in addresses]
    for address, text in zip(found, addresses, strict=True):
        if str(address) != text or "%" in text or not _isHost(address):
            raise ValueError(f"{text} is not an overlay address")
    if len({each.version for each in found}) < len(found):
        raise ValueError(f"{' and '.join(addresses)} are of one kind: a member has one address of each")


def wantedFrom(texts: Iterable[str]) -> tuple[str, ...]:
    """
    Read the overlay addresses that somebody would like, as they are typed.

    @return: as L{checkWanted} has them.
    @raise MembershipRefused: if no member can have them, with the reason.
    """
    found: list[str] = []
    for text in texts:
        try:
            found.append(str(ip_address(text.strip())))
        except ValueError:
            reason = f"{text[:64]!r} is not an IP address; write it like 10.77.0.9"
            raise MembershipRefused(reason) from None
    try:
        checkWanted(tuple(found))
    except ValueError as error:
        raise MembershipRefused(str(error)) from None
    return tuple(found)


def checkMACs(macs: tuple[bytes, ...]) -> None:
    """
    Check that each MAC address can be a host's.

    @raise ValueError: if not.
    """
    if len(macs) > 1 and len(set(macs)) < len(macs):
        raise ValueError("a MAC address stands twice")
    for mac in macs:
        if not MAC(mac).isUnicast:
            raise ValueError("a MAC address is not a single host's")


def checkSecret(secret: bytes) -> None:
    """
    Check that a secret is set, and not all zeros.

    @raise ValueError: if it is not.
    """
    if not any(secret):
        raise ValueError("the secret is not set")


def _checkAddress(text: str) -> None:
    if not isUsual(text):
        _checkSlowly(text)


def isUsual(text: str) -> bool:
    """
    Is this an IPv4 address of a host with its prefix length, plainly so?  A server checks thousands a second.
    """
    host, _, length = text.partition("/")
    try:
        octets = inet_pton(AF_INET, host)
    except (OSError, ValueError):
        return False
    return length in _LENGTHS and inet_ntop(AF_INET, octets) == host and 0 < octets[0] < 224 and octets[0] != 127


@lru_cache(maxsize=1024)
def _checkSlowly(text: str) -> None:
    interface = ip_interface(text)
    if str(interface) != text or "%" in text or not _isHost(interface.ip):
        raise ValueError(f"{text} is not an overlay address")


def _isHost(address: IPv4Address | IPv6Address) -> bool:
    return not (address.is_unspecified or address.is_multicast or address.is_loopback)
