"""
Whom a request of a browser was meant for.

A page of a stranger can give its own name the address 127.0.0.1 (DNS rebinding) and then read what this machine serves
to its own users.  Its requests carry that name in their C{Host}, which is how they are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, Protocol

#: A name or an address, and perhaps a port (RFC 9110, section 7.2); an IPv6 address without a zone.
_HOST: Final = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^][:@,\s]+))(?::\d*)?", re.IGNORECASE | re.ASCII)


class HostRefused(Exception):
    """
    The request was meant for somebody else.
    """


class Hosts(Protocol):
    """
    Knows which requests are meant for us.
    """

    def check(self, host: str, local: str) -> None:
        """
        Check the C{Host} of a request (RFC 9110, section 7.2).

        @param local: the address at which the request arrived.
        @raise HostRefused: if it was meant for somebody else.
        """


class TheseNames:
    """
    Takes addresses, C{localhost} and some names.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset({"localhost", *(name.lower() for name in names)})

    def check(self, host: str, local: str) -> None:
        """
        See L{Hosts.check}.
        """
        name = _withoutPort(host)
        if name.lower() in self._names:
            return
        try:
            ip_address(name)
        except ValueError:
            raise HostRefused("ask for this page by its address, or as localhost") from None


class AnyName(TheseNames):
    """
    Takes any name where others than this machine reach us: they may call us what they like.
    """

    def check(self, host: str, local: str) -> None:
        """
        See L{Hosts.check}.
        """
        if ip_address(local.partition("%")[0]).is_loopback:
            super().check(host, local)


def _withoutPort(host: str) -> str:
    """
    The name or address without the port; empty if it is not written as L{_HOST} says.
    """
    found = _HOST.fullmatch(host)
    return "" if found is None else found[1] or found[2]
