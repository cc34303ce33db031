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
    The prefix of the overlay addresses of a network.
    """

    def __init__(self, prefix: str) -> None:
        """
        @raise ValueError: if it is not a prefix.
        """
        network = ip_network(prefix)
        self._isIPv6 = network.version == 6
        self._mask = int(network.netmask)
        self._begin = int(network.network_address)

    def __contains__(self, host: str) -> bool:
        """
        Is a numeric address in the overlay?  Whatever is none is not.
        """
        isIPv6 = ":" in host
        if isIPv6 is not self._isIPv6:
            return False
        try:
            octets = inet_pton(AF_INET6 if isIPv6 else AF_INET, host.partition("%")[0])
        except (OSError, ValueError):
            return False
        return int.from_bytes(octets, "big") & self._mask == self._begin


@lru_cache(maxsize=16)
def overlayOf(prefix: str) -> Overlay:
    """
    The overlay of a prefix, C{10.77.0.0/16}.
    """
    return Overlay(prefix)
