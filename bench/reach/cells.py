"""
The cells of the matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from bench.reach import changes
from bench.reach.changes import Change
from bench.reach.ends import CARRIER, FIREWALL, KINDS, PUBLIC, End, isDirect
from wand.lab.internet import BOTH, IPV6
from wand.lab.router_rules import BLOCKED, CONE, PROXY, SYMMETRIC

#: Seconds until the first answer, or until the next after a change.
PUBLIC_LIMIT: Final = 1.0
DIRECT_LIMIT: Final = 2.0
RELAY_LIMIT: Final = 1.0
BLOCKED_LIMIT: Final = 3.0
HOLE_LIMIT: Final = 3.0
CHANGE_LIMIT: Final = 3.0

#: Seconds from the first answer until a direct way must be in use, where there is one.
DIRECT_WITHIN: Final = 5.0


@attrs.frozen
class Cell:
    """
    One end pings another.

    @ivar group: what it is about.
    @ivar name: what tells it from the others of its group.
    @ivar one: who pings.
    @ivar two: who answers, and is silent otherwise.
    @ivar limit: seconds until the first answer or, if there is a change, until the first after it.
    @ivar isDirect: must a direct way be found?
    @ivar change: what happens to the network once pings are answered.
    @ivar isWhole: are the pings as long as the tap's MTU?
    @ivar rest: seconds of silence before, after they had a session.
    @ivar server: the versions of IP of the server.
    """

    group: str
    name: str
    one: End
    two: End
    limit: float
    isDirect: bool = True
    change: Change | None = None
    isWhole: bool = False
    rest: float = 0.0
    server: Sequence[str] = BOTH

    @property
    def title(self) -> str:
        """
        The group and the name.
        """
        return f"{self.group}: {self.name}"


#: Of each kind one end that pings, and one that is pinged.
_PINGING: Final = {kind: End(f"a-{kind}", kind) for kind in (*KINDS, BLOCKED)}
_PINGED: Final = {kind: End(f"b-{kind}", kind) for kind in (*KINDS, BLOCKED)}


def _pairs() -> Iterator[Cell]:
    for one in KINDS:
        for two in KINDS:
            yield pair("pair", f"{one} to {two}", _PINGING[one], _PINGED[two])


def pair(group: str, name: str, one: End, two: End) -> Cell:
    """
    A cell with the limit that follows from its ends.
    """
    direct = isDirect(one, two)
    limit = DIRECT_LIMIT if direct else RELAY_LIMIT
    if PUBLIC in (one.kind, two.kind):
        limit = PUBLIC_LIMIT
    if {BLOCKED, PROXY} & {one.kind, two.kind}:
        limit = BLOCKED_LIMIT
    return Cell(group, name, one, two, limit, direct)


def _oneNAT() -> Iterator[Cell]:
    for name, kind, hairpin in (("LAN", CONE, False), ("LAN with hairpin", CONE, True), ("LAN", SYMMETRIC, False)):
        home = f"{kind[:4]}-{'pin' if hairpin else 'one'}"
        one, two = (End(f"{home}-{each}", kind, home=home, hairpin=hairpin) for each in "ab")
        yield Cell("one NAT", f"{name} of a {kind} NAT", one, two, DIRECT_LIMIT)
    for name, hairpin in (("two homes of a carrier", False), ("two homes of a carrier with hairpin", True)):
        carrier = f"isp-{'pin' if hairpin else 'one'}"
        one, two = (End(f"{carrier}-{each}", CARRIER, carrier=carrier, hairpin=hairpin) for each in "ab")
        yield Cell("one NAT", name, one, two, DIRECT_LIMIT if hairpin else RELAY_LIMIT, isDirect=hairpin)


def _ports() -> Iterator[Cell]:
    first, second = (End(f"twin-{each}", CONE, home="twins") for each in "ab")
    yield pair("one port", "public to the second", _PINGING[PUBLIC], second)
    yield pair("one port", "the first to cone", first, _PINGED[CONE])
    yield pair("one port", "the second to cone", second, _PINGED[CONE])
    yield Cell("one port", "each other", first, second, DIRECT_LIMIT)


def _versions() -> Iterator[Cell]:
    four, six = _PINGING[PUBLIC], End("a-six", versions=(IPV6,))
    yield pair("IP", "4 to 6", four, End("b-six", versions=(IPV6,)))
    yield pair("IP", "6 to 4", six, _PINGED[PUBLIC])
    one, two = (End(f"{each}-six-wall", FIREWALL, versions=(IPV6,)) for each in "ab")
    yield pair("IP", "6 behind a firewall to 4 behind a cone NAT", one, _PINGED[CONE])
    yield pair("IP", "4 behind a cone NAT to 6 behind a firewall", _PINGING[CONE], two)
    yield pair("IP", "6 to 6, both behind firewalls", one, two)
    yield pair("IP", "both to 6, both behind firewalls", End("a-both-wall", FIREWALL, versions=BOTH), two)


def _blocked() -> Iterator[Cell]:
    for kind in (PUBLIC, CONE, SYMMETRIC, BLOCKED):
        yield pair("UDP blocked", f"blocked to {kind}", _PINGING[BLOCKED], _PINGED[kind])
    for kind in (PUBLIC, CONE, SYMMETRIC):
        yield pair("UDP blocked", f"{kind} to blocked", _PINGING[kind], _PINGED[BLOCKED])


def _holes() -> Iterator[Cell]:
    for size, kind, other in (
        (1400, PUBLIC, PUBLIC),
        (1280, PUBLIC, PUBLIC),
        (1280, CONE, CONE),
        (1000, FIREWALL, PUBLIC),
        (1280, SYMMETRIC, SYMMETRIC),
    ):
        one = End(f"{size}-{kind[:4]}", kind, hole=size)
        two = _PINGED[other]
        yield Cell("hole", f"{size} {kind} to {other}", one, two, HOLE_LIMIT, isDirect(one, two), isWhole=True)


def _changing() -> Iterator[Cell]:
    mover = End("mover-a", CONE), End("mover-b", CONE)
    for group, name, one, two, change in (
        ("roaming", "public, one is renumbered", End("roam-1"), _PINGED[PUBLIC], changes.renumberOne),
        ("roaming", "public, two is renumbered", _PINGING[PUBLIC], End("roam-2"), changes.renumberTwo),
        ("roaming", "cone, one moves", End("roam-3", CONE), _PINGED[CONE], changes.moveOne),
        ("roaming", "cone, two moves", _PINGING[CONE], End("roam-4", CONE), changes.moveTwo),
        ("roaming", "cone, both move at once", *mover, changes.moveBoth),
        ("restart", "of one's NAT", End("boot-1", CONE), _PINGED[CONE], changes.restartOne),
        ("restart", "of two's NAT", _PINGING[CONE], End("boot-2", CONE), changes.restartTwo),
        ("restart", "of two's NAT, which has other ports", _PINGING[CONE], End("boot-3", CONE), changes.remapTwo),
    ):
        yield Cell(group, name, one, two, CHANGE_LIMIT, isDirect(one, two), change)


#: All.
CELLS: Final[Sequence[Cell]] = (
    *_pairs(),
    *_oneNAT(),
    *_ports(),
    *_versions(),
    *_blocked(),
    *_holes(),
    *_changing(),
)


def chosen(words: Sequence[str], cells: Sequence[Cell]) -> list[Cell]:
    """
    The cells with one of some words in their titles; all, if there is none.
    """
    return [cell for cell in cells if not words or any(word in cell.title for word in words)]
