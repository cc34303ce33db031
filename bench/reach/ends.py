"""
Ends: the nodes of the matrix, and what is between each of them and the Internet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from wand.lab.internet import IPV4, IPV6
from wand.lab.router_rules import BLOCKED, CONE, FULL, PROXY, RESTRICTED, SYMMETRIC

#: What is between a node and the Internet; besides the kinds of NATs, which L{wand.lab.routers} has.
PUBLIC: Final = "public"
FIREWALL: Final = "firewall"
CARRIER: Final = "carrier"
GATEWAY: Final = "gateway"

#: The kinds of ends of which there are pairs.
KINDS: Final = (PUBLIC, FIREWALL, CONE, CARRIER, SYMMETRIC)


@attrs.frozen
class End:
    """
    A node of the matrix.

    @ivar name: of the node and its host; at most 10 characters.
    @ivar kind: what is between it and the Internet; a C{GATEWAY} is a router itself.
    @ivar home: the name of its router, for those that share one.
    @ivar carrier: the name of its carrier's router, for those that share one.
    @ivar hairpin: whether the outermost router takes packets from inside for what is inside.
    @ivar versions: the versions of IP it has; behind a NAT, version 4 among them, and version 6 behind a firewall.
    @ivar hole: IP packets of more octets vanish on the way; 0 for none.
    @ivar isHoleInward: do they vanish only on the way to it?
    @ivar forgetAfter: after how many unused seconds its router forgets a mapping; 0 for as long as the kernel does.
    @ivar settings: lines of its configuration.
    """

    name: str
    kind: str = PUBLIC
    home: str = ""
    carrier: str = ""
    hairpin: bool = False
    versions: Sequence[str] = (IPV4,)
    hole: int = 0
    isHoleInward: bool = False
    forgetAfter: int = 0
    settings: str = ""

    @property
    def router(self) -> str:
        """
        The name of its router.
        """
        return self.home or f"{self.name}-nat"

    @property
    def outermost(self) -> str:
        """
        The name of the host that hangs on the Internet: its own, its router or its carrier's.
        """
        if self.kind in (PUBLIC, FIREWALL, GATEWAY):
            return self.name
        return (self.carrier or f"{self.name}-isp") if self.kind == CARRIER else self.router


def isDirect(one: End, two: End) -> bool:
    """
    Can two ends reach each other with no help but an introduction, neither behind the NAT of the other?

    A symmetric NAT has another port for each peer, so only who takes datagrams from any port can be reached from there.
    """
    kinds = {one.kind, two.kind}
    common = set(one.versions) & set(two.versions)
    if kinds & {BLOCKED, PROXY} or not common:
        return False
    return IPV6 in common or bool(kinds & {PUBLIC, RESTRICTED, FULL}) or SYMMETRIC not in kinds
