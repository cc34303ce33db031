"""
More cells: other NATs, other pairs and other changes than the matrix has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from bench.reach import changes
from bench.reach.cells import BLOCKED_LIMIT, CHANGE_LIMIT, DIRECT_LIMIT, HOLE_LIMIT, Cell, pair
from bench.reach.changes import Change
from bench.reach.ends import CARRIER, FIREWALL, PUBLIC, End, isDirect
from wand.lab.internet import BOTH, IPV4, IPV6
from wand.lab.router_rules import BLOCKED, CONE, FULL, PROXY, PROXY_PORT, RESTRICTED, SYMMETRIC
from wand.lab.routers import LAN

#: How an end says where the proxy of its LAN is.
_PROXY: Final = f'proxy = "http://{LAN}1:{PROXY_PORT}"'

#: Seconds after which many routers forget a mapping, and a longer silence.
_FORGETS_AFTER: Final = 30
_SILENCE: Final = 45.0

_SIX: Final = (IPV6,)
_FIXED: Final = "port = 22222"


def _end(side: str, kind: str, versions: Sequence[str] = (IPV4,)) -> End:
    name = f"{side}{kind[:6]}{'6' if versions == _SIX else '46' if versions == BOTH else ''}"
    return End(name, kind, versions=versions, settings=_PROXY if kind == PROXY else "")


def _filters() -> Iterator[Cell]:
    for one, two in (
        (RESTRICTED, RESTRICTED),
        (RESTRICTED, CONE),
        (CONE, RESTRICTED),
        (RESTRICTED, SYMMETRIC),
        (SYMMETRIC, RESTRICTED),
        (FULL, SYMMETRIC),
        (SYMMETRIC, FULL),
        (FULL, CARRIER),
        (CARRIER, FULL),
    ):
        yield pair("filter", f"{one} to {two}", _end("va-", one), _end("vb-", two))


def _withoutUDP() -> Iterator[Cell]:
    for one, two in (
        (PROXY, PUBLIC),
        (PROXY, CONE),
        (CONE, PROXY),
        (PROXY, PROXY),
        (PROXY, BLOCKED),
        (FIREWALL, BLOCKED),
        (BLOCKED, CARRIER),
        (CARRIER, BLOCKED),
    ):
        yield pair("no UDP", f"{one} to {two}", _end("va-", one), _end("vb-", two))
    narrow, cone = End("va-1280blk", BLOCKED, hole=1280), _end("vb-", CONE)
    yield Cell("no UDP", "blocked beyond a hole of 1280", narrow, cone, BLOCKED_LIMIT, False, isWhole=True)


def _versions() -> Iterator[Cell]:
    for first, second in (
        (_end("va-", CONE, BOTH), _end("vb-", CONE, BOTH)),
        (_end("va-", SYMMETRIC, BOTH), _end("vb-", SYMMETRIC, BOTH)),
        (_end("va-", CONE), _end("vb-", CONE, BOTH)),
        (_end("va-", SYMMETRIC, BOTH), _end("vb-", FIREWALL, _SIX)),
        (_end("va-", PUBLIC, _SIX), _end("vb-", SYMMETRIC, BOTH)),
        (_end("va-", PUBLIC, _SIX), _end("vb-", SYMMETRIC)),
        (_end("va-", BLOCKED), _end("vb-", PUBLIC, _SIX)),
    ):
        yield pair("both IP", f"{_place(first)} to {_place(second)}", first, second)
    for kind in (CONE, SYMMETRIC):
        one, two = _end("v4a-", kind, BOTH), _end("v4b-", kind, BOTH)
        yield attrs.evolve(pair("server of IPv4", f"{_place(one)} to {_place(two)}", one, two), server=(IPV4,))
    one, two = _end("v4a-", FIREWALL, BOTH), _end("v4b-", SYMMETRIC, BOTH)
    yield attrs.evolve(pair("server of IPv4", f"{_place(one)} to {_place(two)}", one, two), server=(IPV4,))


def _place(end: End) -> str:
    return f"{end.kind} with {' and '.join(end.versions)}"


def _oneRouter() -> Iterator[Cell]:
    one, two = (End(f"v-sym-{each}", SYMMETRIC, home="v-sym-twin", settings=_FIXED) for each in "12")
    yield pair("one router", "public to the second of a symmetric NAT", _end("va-", PUBLIC), two)
    yield pair("one router", "the first of a symmetric NAT to full", one, _end("vb-", FULL))
    one, two = (End(f"v-pin-{each}", CONE, home="v-pin-twin", hairpin=True, settings=_FIXED) for each in "12")
    yield Cell("one router", "one fixed port, with hairpin", one, two, DIRECT_LIMIT)
    one, two = (End(f"v-isp-{each}", CARRIER, carrier="v-isp-pin", hairpin=True, settings=_FIXED) for each in "12")
    yield Cell("one router", "homes of a carrier with hairpin and one fixed port", one, two, DIRECT_LIMIT)


def _holes() -> Iterator[Cell]:
    one = End("v1280-fire", FIREWALL, hole=1280, isHoleInward=True)
    yield Cell("hole", "1280 inward, firewall to cone", one, _end("vb-", CONE), HOLE_LIMIT, isWhole=True)
    one = End("v1280-isp", CARRIER, hole=1280)
    yield Cell("hole", "1280 carrier to carrier", one, _end("vb-", CARRIER), HOLE_LIMIT, isWhole=True)
    one = End("v1280-six", FIREWALL, versions=_SIX, hole=1280)
    yield Cell("hole", "1280 over IPv6", one, _end("vb-", FIREWALL, _SIX), HOLE_LIMIT, isWhole=True)
    for kind in (PUBLIC, SYMMETRIC):
        one, two = (End(f"v{each}dug-{kind[:3]}", kind) for each in "ab")
        direct = isDirect(one, two)
        yield Cell("hole", f"appears, {kind}", one, two, CHANGE_LIMIT, direct, changes.digTwo, isWhole=True)


def _changing() -> Iterator[Cell]:
    for number, (name, kinds, change) in enumerate(_CHANGES):
        one, two = (End(f"v{each}chg{number}", kind) for each, kind in zip("ab", kinds, strict=True))
        yield Cell("change", name, one, two, CHANGE_LIMIT, isDirect(one, two), change)


_CHANGES: Final[Sequence[tuple[str, tuple[str, str], Change]]] = (
    ("symmetric, one moves", (SYMMETRIC, SYMMETRIC), changes.moveOne),
    ("symmetric, both move at once", (SYMMETRIC, SYMMETRIC), changes.moveBoth),
    ("public, both are renumbered at once", (PUBLIC, PUBLIC), changes.renumberBoth),
    ("firewall, two is renumbered", (FIREWALL, FIREWALL), changes.renumberTwo),
    ("one moves from cone to symmetric", (CONE, CONE), changes.moving(SYMMETRIC)),
    ("one moves from public to cone", (PUBLIC, CONE), changes.moving(CONE)),
    ("one moves to where UDP is blocked", (CONE, CONE), changes.moving(BLOCKED)),
    ("two moves to where UDP is blocked", (CONE, CONE), changes.moving(BLOCKED, isTwo=True)),
    ("one moves from where UDP is blocked", (BLOCKED, CONE), changes.moving(CONE)),
    ("the NATs of both restart at once", (CONE, CONE), changes.restartBoth),
    ("the NATs of both restart, with other ports", (CONE, CONE), changes.remapBoth),
    ("the carriers of both restart at once", (CARRIER, CARRIER), changes.restartBoth),
    ("a symmetric NAT restarts", (SYMMETRIC, CONE), changes.restartOne),
    ("the router of two moves", (SYMMETRIC, SYMMETRIC), changes.renumberRouterOfTwo),
    ("the server is gone", (CONE, CONE), changes.loseServer),
)


def _silence() -> Iterator[Cell]:
    for one, two in ((CONE, CONE), (CONE, SYMMETRIC), (PUBLIC, CONE), (PROXY, CONE)):
        ends = (
            attrs.evolve(_end(f"vs{side}-", kind), forgetAfter=_forgets(kind))
            for side, kind in (("a", one), ("b", two))
        )
        cell = pair("silence", f"of {_SILENCE:g} s, {one} to {two}", *ends)
        yield attrs.evolve(cell, rest=_SILENCE)


def _forgets(kind: str) -> int:
    return 0 if kind == PUBLIC else _FORGETS_AFTER


#: All.
VARIATIONS: Final[Sequence[Cell]] = (
    *_filters(),
    *_withoutUDP(),
    *_versions(),
    *_oneRouter(),
    *_holes(),
    *_changing(),
    *_silence(),
)
