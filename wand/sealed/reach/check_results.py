"""
What was found in the network, as the operator reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import attrs

from wand.interfaces import Context
from wand.reach_status import CandidateStatus, CheckStatus, NATStatus
from wand.sealed.reach.nat_kind import DEPENDENT, INDEPENDENT, NONE

#: Why no server is known.
NO_MEMBER: Final = "this node is not a member of a network yet, or no longer: wand status says more"


@attrs.frozen
class Findings:
    """
    What was found.

    @ivar servers: how many servers are known.
    @ivar nearest: seconds that a server took to answer, by its identity.
    @ivar families: over which families of IP somebody beyond our links answered in UDP: is it IPv6?
    @ivar paths: how many ways beyond our links there are that carry UDP.
    @ivar sizes: octets of the longest datagrams, of each of them on which a probe was answered.
    @ivar isHairpinning: did a datagram to our own place outside come back?  C{None} if there is none.
    @ivar isInStream: does a server answer in a stream?
    @ivar nat: what is in front of us.
    @ivar ours: our own places.
    """

    servers: int
    nearest: Mapping[bytes, float]
    families: Collection[bool]
    paths: int
    sizes: Sequence[int]
    isHairpinning: bool | None
    isInStream: bool
    nat: NATStatus
    ours: Sequence[CandidateStatus]


def resultsOf(found: Findings, context: Context, nameOf: Callable[[bytes], str]) -> list[CheckStatus]:
    """
    All of it.

    @param nameOf: what a server is called.
    """
    return [
        _udp(found),
        _ipv6(found),
        _mapping(found),
        _portMapping(found, context),
        _hairpin(found),
        _pathSize(found),
        _server(found, nameOf),
    ]


def _udp(found: Findings) -> CheckStatus:
    if found.families:
        return CheckStatus("udp", True, "yes", "others beyond our links answer over UDP")
    if found.isInStream and found.nearest:
        if found.servers < 2:
            return CheckStatus("udp", False, "no answer", "the only server answers in a stream, and not over UDP")
        return CheckStatus("udp", False, "no", "only streams get through")
    return CheckStatus("udp", None, "unknown", "nobody beyond our links answers")


def _ipv6(found: Findings) -> CheckStatus:
    if True in found.families:
        return CheckStatus("ipv6", True, "yes", "others beyond our links answer over IPv6")
    if any(each.endpoint.startswith("[") for each in found.ours):
        return CheckStatus("ipv6", None, "unknown", "there is an address, and nobody who answers over IPv6")
    return CheckStatus("ipv6", False, "no", "this host has no address that others could reach")


def _mapping(found: Findings) -> CheckStatus:
    mapping = found.nat.mapping
    if mapping == NONE:
        return CheckStatus("mapping", True, NONE, "others hear us at an address of this host")
    if mapping == INDEPENDENT:
        return CheckStatus("mapping", True, INDEPENDENT, "one place outside, for all")
    if mapping in DEPENDENT:
        return CheckStatus("mapping", False, mapping, "another place outside for each destination")
    if found.nat.observations:
        return CheckStatus("mapping", None, mapping, "there is one; it takes a second observer to tell")
    return CheckStatus("mapping", None, mapping, "nobody beyond our links says where it hears us")


def _portMapping(found: Findings, context: Context) -> CheckStatus:
    mapped = next((each for each in found.ours if each.kind == "mapped"), None)
    if mapped is not None:
        return CheckStatus("port-mapping", True, mapped.endpoint, mapped.about)
    if found.nat.mapping == NONE:
        return CheckStatus("port-mapping", True, "no", "none is needed")
    refusals = [note.text for note in context.notes if note.key in ("mapping-refused", "mapping-upnp")]
    if refusals:
        return CheckStatus("port-mapping", False, "refused", refusals[0].partition(". ")[0])
    if context.counters.get("mapping-asks"):
        return CheckStatus("port-mapping", False, "no", "no router answers to PCP, NAT-PMP or UPnP")
    return CheckStatus("port-mapping", None, "not asked", "no router is known, or the sources pcp and upnp are off")


def _hairpin(found: Findings) -> CheckStatus:
    if found.nat.mapping == NONE:
        return CheckStatus("hairpin", True, "no", "none is needed: there is no NAT")
    if found.isHairpinning is None:
        return CheckStatus("hairpin", None, "not tried", "no NAT was seen")
    if found.isHairpinning:
        return CheckStatus("hairpin", True, "yes", "hosts behind our NAT reach each other by its address outside")
    return CheckStatus("hairpin", False, "no", "hosts behind our NAT need LAN discovery or a relay for each other")


def _pathSize(found: Findings) -> CheckStatus:
    if not found.sizes:
        about = "no probe was answered in time" if found.paths else "nothing goes beyond our links over UDP"
        return CheckStatus("path-size", None, "unknown", about)
    least, most = min(found.sizes), max(found.sizes)
    value = str(least) if least == most else f"{least} to {most}"
    return CheckStatus("path-size", True, value, "octets of the longest datagrams that get through")


def _server(found: Findings, nameOf: Callable[[bytes], str]) -> CheckStatus:
    if not found.nearest:
        return CheckStatus("server", False, "none", "no server answers" if found.servers else NO_MEMBER)
    nearest, seconds = min(found.nearest.items(), key=lambda each: each[1])
    return CheckStatus("server", True, f"{seconds * 1000:.1f} ms", f"{nameOf(nearest)} answers first")
