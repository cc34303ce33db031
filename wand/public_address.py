"""
Which addresses mean the same host everywhere.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

#: Addresses that mean something else everywhere: of private networks, of NATs of providers, of one link, of one host
#: (RFC 1918, RFC 6598, RFC 3927, RFC 6333, RFC 4193).
_INSIDE: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.168.0.0/16",
            "::/127",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)


def isPublic(host: str) -> bool:
    """
    Does an address mean the same host everywhere?
    """
    address = ip_address(host)
    return not any(address in each for each in _INSIDE if each.version == address.version)


def isOfAHost(host: str) -> bool:
    """
    Can it be the address of another host at all, be it on some private network?
    """
    address = ip_address(host)
    isNone = address.is_loopback or address.is_multicast or address.is_unspecified or address.is_link_local
    return not (isNone or address.is_reserved or host == "255.255.255.255")
