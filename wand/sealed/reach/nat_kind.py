"""
What kind of NAT is in front of us, as others observe it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from wand.endpoint import Endpoint
from wand.sealed.reach.observing import Observation

#: What a NAT does to one port of ours towards several destinations (RFC 4787, section 4.1).
NONE: Final = "none"
INDEPENDENT: Final = "endpoint-independent"
ADDRESS: Final = "address-dependent"
ADDRESS_AND_PORT: Final = "address-and-port-dependent"
UNKNOWN: Final = "unknown"

#: Those with which no place of ours that one member knows is good for another.
DEPENDENT: Final = frozenset({ADDRESS, ADDRESS_AND_PORT})


def mappingOf(observations: Iterable[Observation], own: Collection[str]) -> str:
    """
    What the NAT does; there is none for those who hear us at an address of our own.

    @param own: our own addresses.
    @return: one of the constants here.
    """
    seen = [(each.observer, each.endpoint) for each in observations if not each.endpoint.isIPv6]
    outside = [(observer, endpoint) for observer, endpoint in seen if endpoint.host not in own]
    if not outside:
        return NONE if seen else UNKNOWN
    if len({observer for observer, _ in outside}) < 2:
        return UNKNOWN
    if len({endpoint for _, endpoint in outside}) == 1:
        return INDEPENDENT
    byHost: dict[str, set[Endpoint]] = {}
    for observer, endpoint in outside:
        byHost.setdefault(observer.host, set()).add(endpoint)
    return ADDRESS_AND_PORT if any(len(each) > 1 for each in byHost.values()) else ADDRESS
