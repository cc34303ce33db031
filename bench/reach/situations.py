"""
Twelve situations that users of other VPNs reported, as cells.  Each is named after the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bench.reach import changes
from bench.reach.cells import CELLS, CHANGE_LIMIT, HOLE_LIMIT, Cell, pair
from bench.reach.changes import Change
from bench.reach.ends import GATEWAY, End
from wand.lab.router_rules import CONE

_BY_TITLE: Final = {cell.title: cell for cell in CELLS}


def _cells(report: str, *titles: str) -> tuple[str, list[Cell]]:
    return report, [_BY_TITLE[title] for title in titles]


def _changing(report: str, name: str, one: End, two: End, change: Change) -> tuple[str, list[Cell]]:
    return report, [Cell(report, name, one, two, CHANGE_LIMIT, change=change)]


def _situations() -> Iterator[tuple[str, Sequence[Cell]]]:
    yield _cells("tailscale/tailscale#3105", "one port: the first to cone", "one port: the second to cone")
    ends = End("ts5754-a", CONE), End("ts5754-b", CONE)
    yield _changing("tailscale/tailscale#5754", "the router moves", *ends, changes.renumberRouterOfTwo)
    ends = End("ts2869-a", CONE), End("ts2869-b", CONE)
    yield _changing("tailscale/tailscale#2869", "an outage that nobody sees", *ends, changes.outage)
    ends = End("ts19457-a"), End("ts19457-b")
    yield _changing("tailscale/tailscale#19457", "a direct way that is dead", *ends, changes.scrub)
    yield _cells("tailscale/tailscale#20330", "UDP blocked: blocked to public")
    yield _cells("zerotier/ZeroTierOne#1774", "IP: 4 behind a cone NAT to 6 behind a firewall")
    gateway, inside = End("zt528", GATEWAY), End("zt528-in", CONE, home="zt528")
    other = End("zt528-b", CONE)
    report = "zerotier/ZeroTierOne#528"
    yield report, [pair(report, "a NAT's own node", gateway, other), pair(report, "one behind it", inside, other)]
    one, two = End("zt2284-a"), End("zt2284-b", hole=1200, isHoleInward=True)
    report = "zerotier/ZeroTierOne#2284"
    yield report, [Cell(report, "long packets vanish one way", one, two, HOLE_LIMIT, isWhole=True)]
    yield _cells("slackhq/nebula#605", "one NAT: LAN of a cone NAT")
    ends = End("ne204-a", CONE, home="ne204"), End("ne204-b", CONE, home="ne204")
    yield _changing("slackhq/nebula#204", "one leaves the LAN", *ends, changes.moveTwo)
    yield _cells("slackhq/nebula#705", "pair: cone to carrier")
    ends = End("n103-a", CONE), End("n103-b", CONE)
    yield _changing("ntop/n2n#103", "restarted on another port", *ends, changes.restartOnOtherPort)


#: The cells of each report.
SITUATIONS: Final[Mapping[str, Sequence[Cell]]] = dict(_situations())
