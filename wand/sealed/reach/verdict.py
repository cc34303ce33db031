"""
What follows from a look at the network, in a sentence or two.
"""

from __future__ import annotations

from collections.abc import Mapping

from wand.reach_status import CheckStatus, NATStatus
from wand.sealed.reach.nat_kind import DEPENDENT, INDEPENDENT, NONE


def verdictOn(checks: Mapping[str, CheckStatus], nat: NATStatus, port: int) -> str:
    """
    What an operator should know, and do.

    @param checks: by their names.
    @param port: our UDP port.
    """
    server = checks["server"]
    said = _onUDP(checks, nat, port)
    if server.isGood:
        return said
    return f"{server.about[0].upper()}{server.about[1:]}. {said}"


def _onUDP(checks: Mapping[str, CheckStatus], nat: NATStatus, port: int) -> str:
    if checks["udp"].isGood is None:
        if checks["server"].isGood:
            return "All that answer are on this host's own links: whether UDP gets out beyond them cannot be told."
        return "Nobody beyond our links answers: see wand status, and whether a firewall lets UDP out."
    if checks["udp"].value == "no answer":
        return (
            "UDP to the only server is not answered: it is blocked here or there. All travels in streams, which is "
            "slower: let UDP out in the firewall here, to any port, and in at the server."
        )
    if not checks["udp"].isGood:
        return "No UDP gets out, and all travels in streams, which is slower: let UDP out in the firewall, to any port."
    if nat.mapping == NONE:
        return (
            "There is no NAT in front of this host. A stateful firewall is no hindrance for most members as long as a "
            "server answers, which has both sides begin at once; where wand why says that a firewall is in the way, "
            f"let in UDP port {port}."
        )
    if checks["port-mapping"].isGood:
        return "The router maps a port for this node: members reach it directly."
    if nat.mapping == INDEPENDENT:
        return "Most members reach this host directly; those behind a NAT that depends on the destination need a relay."
    if nat.mapping in DEPENDENT:
        return (
            "This NAT depends on the destination: members behind another NAT reach this host over a relay, unless the "
            f"router forwards UDP port {port} to it, or maps a port by PCP, NAT-PMP or UPnP."
        )
    return "UDP gets out; what kind of NAT is in front of this host will show once a second member or server answers."
