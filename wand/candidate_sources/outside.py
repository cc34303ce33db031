"""
What is outside of a NAT: a public address, or that of another NAT.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

from wand.endpoint import Endpoint
from wand.health.notes import Notes
from wand.interfaces import OwnCandidate

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

#: What is said of a router that is behind a NAT itself.
NESTED: Final = (
    "the router at {} maps UDP port {} of this node, but is behind a NAT itself: outside it has the address {}, which "
    "the Internet does not reach. Where no direct way is found, let the router in front of it forward that port, or "
    "set that one to bridge mode"
)


def isPublic(host: str) -> bool:
    """
    Does an address mean the same host everywhere?
    """
    address = ip_address(host)
    return not any(address in each for each in _INSIDE if each.version == address.version)


def mapped(external: Endpoint, port: int, router: str, protocol: str, notes: Notes) -> OwnCandidate:
    """
    The candidate that a mapping makes.  If the router is behind a NAT itself that is one of the network between the
    two, where others may be, and the operator is told.

    @param port: our own UDP port.
    @param router: its address, for people.
    @param protocol: how it was asked, for people.
    """
    key = f"nested-{protocol}"
    about = f"mapped by {protocol} at {router}"
    if isPublic(external.host):
        notes.clear(key)
        return OwnCandidate(external, "mapped", about)
    notes.say(key, NESTED.format(router, port, external.host), isHint=True)
    return OwnCandidate(external, "host", f"{about}, which is behind a NAT itself")
