"""
The overlay: which addresses are inside the network, so that its own datagrams must not go there.

Every stranger's handshake asks, so this is quick: L{ipaddress} takes ten times as long.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from socket import AF_INET, AF_INET6, inet_pton


class Overlay:
    """
    The prefixes of the overlay addresses of a network, at most one of IPv4 and one of IPv6.
    """

    def __init__(self, *prefixes: str) -> None:
        """
        @raise ValueError: if one is not a prefix.
        """
        networks = map(ip_network, prefixes)
        self._parts = {each.version == 6: (int(each.netmask), int(each.network_address)) for each in networks}

    def __contains__(self, host: str) -> bool:
        """
        Is a numeric address in the overlay?  Whatever is none is not.
        """
        isIPv6 = ":" in host
        part = self._parts.get(isIPv6)
        if part is None:
            return False
        try:
            octets = inet_pton(AF_INET6 if isIPv6 else AF_INET, host.partition("%")[0])
        except (OSError, ValueError):
            return False
        mask, begin = part
        return int.from_bytes(octets, "big") & mask == begin


@lru_cache(maxsize=16)
def overlayOf(*prefixes: str) -> Overlay:
    """
    The overlay of a prefix, C{10.77.0.0/16}, or of one of each kind.
    """
    return Overlay(*prefixes)
