"""
Whether a route of the machine leads where the overlay should.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_network

from wand.doctor.findings import GOOD, WARNING, Finding
from wand.host.routes import Route, overlap, routes


def checkPrefix(prefix: str, own: Sequence[str], tell: Callable[[], list[Route]] = routes) -> Finding:
    """
    Look for a route that overlaps the prefix of the network.

    @param own: the tap and our overlay addresses, whose routes are as they should be.
    """
    found = overlap(ip_network(prefix), own, tell())
    if found is None:
        return Finding("prefix", GOOD, f"no other route leads to {prefix}")
    return Finding(
        "prefix",
        WARNING,
        f"the route to {found.prefix} by {found.interface or 'another interface'} overlaps {prefix} of the network",
        f"ip route show {found.prefix}; remove it, or make the network with another prefix",
    )
