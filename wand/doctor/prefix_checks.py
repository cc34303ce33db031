"""
Whether a route of the machine leads where the overlay should.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_network

from wand.doctor.findings import GOOD, WARNING, Finding
from wand.host.routes import Prefix, Route, alternative, overlap, routes


def checkPrefix(prefix: str, own: Sequence[str], tell: Callable[[], list[Route]] = routes) -> Finding:
    """
    Look for a route that overlaps the prefix of the network.

    @param own: the tap and our overlay addresses, whose routes are as they should be.
    """
    wanted, known = ip_network(prefix), tell()
    found = overlap(wanted, own, known)
    if found is None:
        return Finding("prefix", GOOD, f"no other route leads to {prefix}")
    return Finding(
        "prefix",
        WARNING,
        f"the route to {found.prefix} by {found.interface or 'another interface'} overlaps {prefix} of the network",
        _repaired(found, alternative(wanted, known)),
    )


def _repaired(found: Route, free: Prefix | None) -> str:
    """
    What to do: the route stays if this host is in the network that it leads to, and would be cut off without it.
    """
    other = "make the network with another prefix" + (f", {free} for example" if free else "")
    if found.isBeyond or found.nowhere:
        return f"ip route show {found.prefix}: remove it if nothing needs it; else {other}"
    return f"this host is in {found.prefix}: leave the route, and give that network other addresses, or {other}"
