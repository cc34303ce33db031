"""
Advice: what would make the way to a member direct.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wand.reach_status import CandidateStatus, NATStatus
from wand.sealed.reach.nat_kind import DEPENDENT
from wand.status import WayStatus

#: The ranks of direct ways; see L{WayStatus}.
DIRECT = frozenset({"lan", "ipv6", "ipv4"})

#: What a port is called to a router and to a firewall.
_FORWARD = "let the router forward UDP port {port} to this host, or switch on port mapping (PCP, NAT-PMP or UPnP) there"


def adviceFor(
    name: str, isUp: bool, ways: Sequence[WayStatus], ours: Collection[CandidateStatus], nat: NATStatus, port: int
) -> str:
    """
    What to do, in a sentence or two.

    @param name: of the member.
    @param isUp: is there a session with it?
    @param ways: the one in use first.
    @param ours: our own places.
    @param nat: what is in front of us.
    @param port: our UDP port.
    """
    used = next((way for way in ways if way.usedSince is not None), None)
    if isUp and used is not None and used.rank in DIRECT:
        return "The way is direct: nothing needs to be done."
    if isUp and used is not None and used.rank == "stream":
        return (
            "Datagrams do not get through, so they travel in a stream, which is slower. Let UDP out here and at "
            f"{name}: wand netcheck tells on which side it is blocked."
        )
    if isUp:
        return _indirect(name, ways, ours, nat, port)
    if not ways:
        return (
            f"Nobody says where {name} is. Is it running, and does a server list it? wand status shows whether ours "
            "answer."
        )
    return (
        f"There is no session with {name}, which is not a fault while nothing is sent to it. Try it: wand ping {name}. "
        f"If nothing answers, see there whether it runs, and whether its firewall lets UDP out."
    )


def _indirect(
    name: str, ways: Sequence[WayStatus], ours: Collection[CandidateStatus], nat: NATStatus, port: int
) -> str:
    isMapped = any(each.kind in ("mapped", "configured") for each in ours)
    if nat.mapping in DEPENDENT and not isMapped:
        return (
            "The NAT in front of this host gives us another place for every destination, so that nobody can know where "
            f"to reach us: {_FORWARD.format(port=port)}. The same at {name} would do as well."
        )
    if not any(way.rank in DIRECT for way in ways):
        return f"Nobody says where {name} is, except for the relay: see there what wand netcheck says."
    other = f"At {name}, see what wand netcheck says: a port that its router forwards makes the way direct."
    return other if isMapped else f"{other} So does one here: {_FORWARD.format(port=port)}."
