"""
Endpoints: an IP address and a UDP port, where datagrams come from and go to.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import ClassVar, Final, NamedTuple

from wand.errors import AddressInvalid

#: The UDP port of a node's data, of the original and ours.
NODE_PORT: Final = 22222

#: The UDP port of a directory server, of the original and ours.
SERVER_PORT: Final = 44444


_BRACKETED: Final = re.compile(r"\[(?P<host>[^]]*)\](?::(?P<port>.*))?")
_PLAIN: Final = re.compile(r"(?P<host>[^:]*)(?::(?P<port>.*))?")


class Endpoint(NamedTuple):
    """
    Where datagrams come from and go to.  It equals, and hashes like, the plain pair that the socket module gives.

    @ivar host: a numeric IPv4 or IPv6 address in its canonical form.
    @ivar port: a UDP port, 1 to 65535.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, defaultPort: int | None = None) -> Endpoint:
        """
        Read C{192.0.2.1:22222} or C{[2001:db8::1]:22222}; the port is optional where there is a default.

        @raise AddressInvalid: if C{text} is anything else, or not the address of a single host: unspecified, multicast
            or broadcast.
        """
        name, port = splitHostPort(text, defaultPort)
        return cls(_hostIn(name), port)

    @property
    def isIPv6(self) -> bool:
        """
        Is the host an IPv6 address?
        """
        return ":" in self.host

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Heard(Endpoint):
    """
    Where a datagram came from, and to which of our addresses.  It equals, and hashes like, the plain pair of its
    origin.  Thousands are heard at each of a few addresses of ours, so there is a subclass for each of these.

    @cvar local: the numeric address of this host.
    """

    __slots__ = ()

    local: ClassVar[str]

    @classmethod
    def at(cls, host: str, port: int, local: str) -> Heard:
        """
        For a datagram from C{host} and C{port} to the address C{local}.
        """
        return _heardAt(local)(host, port)


def numericAddress(host: str) -> str:
    """
    A numeric address in its canonical form, without a zone; empty if it is none.  An IPv4 address that is written as
    one of IPv6 (RFC 4291, section 2.5.5.2), as a listener for both gives it, is an IPv4 address.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def splitHostPort(text: str, defaultPort: int | None = None) -> tuple[str, int]:
    """
    Split C{host:port}, C{[ipv6]:port}, or either without a port where there is a default.

    @return: the host, a name or a numeric address, and the port.
    @raise AddressInvalid: if the host is empty, or the port missing, not a number or out of range.
    """
    text = text.strip()
    match = _BRACKETED.fullmatch(text) or (None if text.count(":") > 1 else _PLAIN.fullmatch(text))
    host, port = match.group("host", "port") if match else (text, None)
    if not host or set(host) & set(" \t\r\n[]") or (":" in host and not _isIPv6(host)):
        raise AddressInvalid(f"{text!r} names no host; write HOST:PORT")
    if port is None and defaultPort is not None:
        return host, defaultPort
    return host, parsePort(port or "", text)


def parsePort(port: str, text: str | None = None, *, anyAllowed: bool = False) -> int:
    """
    Read a UDP port, 1 to 65535, or also 0 for "any" where that is allowed.

    @param text: the endpoint that the port is from, for the message; C{None} if the port stands alone.
    @raise AddressInvalid: if it is anything else.
    """
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and (not anyAllowed) <= int(port) <= 65535):
        if text is None:
            raise AddressInvalid(f"expected a port, {0 if anyAllowed else 1} to 65535, not {port}")
        raise AddressInvalid(f"{text!r} has no port between 1 and 65535; write HOST:PORT")
    return int(port)


@lru_cache(maxsize=64)
def _heardAt(local: str) -> type[Heard]:
    return type(Heard.__name__, (Heard,), {"__slots__": (), "local": local})


@lru_cache(maxsize=1024)
def _hostIn(name: str) -> str:
    try:
        address = ip_address(name)
    except ValueError:
        raise AddressInvalid(f"{name!r} is not a numeric IP address; write it like 192.0.2.1:22222") from None
    if address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255":
        raise AddressInvalid(f"{name} is not the address of a single host")
    return str(address)


def _isIPv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
