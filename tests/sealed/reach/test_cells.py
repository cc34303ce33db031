"""
Do any two members reach each other, and how soon?  Whole nodes and a server in the open, in simulated networks: pairs
of the situations in which most hosts are, what they have in common, and what changes.

One end pings the other, ten times a second; the other is silent, but for the answers.  What counts is the time until
the first answer, whether a direct way is taken where L{simulated.ways} knows that there is one, and what is lost
meanwhile.  Cells where UDP is blocked are missing: streams are not simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import attrs
from reach_case import PING_INTERVAL, ReachTestCase, Resident
from simulated.situations import CONE, FIREWALL, KINDS, PUBLIC, SYMMETRIC, Land, Spot
from simulated.ways import hasDirectWay

from wand.endpoint import NODE_PORT
from wand.testing.sites import Link, Site
from wand.underlay.ports import DATAGRAM_MAXIMUM

#: Seconds until the first answer where one end is public, where both find a direct way, and where there is none.
PUBLIC_LIMIT: Final = 1.0
DIRECT_LIMIT: Final = 2.0
RELAY_LIMIT: Final = 1.0

#: Seconds until the first answer to a ping that is as long as the tap takes through a black hole, and after a change.
HOLE_LIMIT: Final = 3.0
CHANGE_LIMIT: Final = 3.0

#: Seconds until such pings are answered again after a black hole began on the way in use.
NARROWED_LIMIT: Final = 2.0

#: Seconds from the first answer until a direct way is taken, if there is one.
DIRECT_WITHIN: Final = 5.0


Ends: TypeAlias = Callable[[Land], tuple[Spot, ...]]


@attrs.frozen
class Cell:
    """
    One end pings another.

    @ivar ends: makes the places of both, and of others who are there before.
    @ivar limit: seconds until the first answer; by default as said above.
    @ivar change: what happens once pings are answered; then the limit is for the next answer.
    @ivar isWhole: are the pings as long as the tap takes?
    """

    title: str
    ends: Ends
    limit: float | None = None
    change: Callable[[Land, Resident, Resident], object] | None = None
    isWhole: bool = False

    @property
    def testName(self) -> str:
        """
        The title, as the name of a test.
        """
        return "test_" + "".join(each if each.isalnum() else "_" for each in self.title)


#: What does not pass yet.  A cell that passes must not be here.
NOT_YET: Final[frozenset[str]] = frozenset()


def _pairs() -> Iterator[Cell]:
    for one in KINDS:
        for two in KINDS:
            limit = PUBLIC_LIMIT if PUBLIC in (one, two) else None
            yield Cell(f"pair: {one} to {two}", _ends(one, two), limit)


def _ends(one: str, two: str) -> Ends:
    return lambda land: (land.spot(one), land.spot(two))


def _oneNAT() -> Iterator[Cell]:
    for kind, hairpin in ((CONE, False), (CONE, True), (SYMMETRIC, False)):
        name = f"one NAT: {kind}{' with hairpin' if hairpin else ''}"
        yield Cell(name, lambda land, kind=kind, hairpin=hairpin: _neighbours(land, land.spot(kind, hairpin=hairpin)))
    for hairpin in (False, True):
        name = f"one NAT: homes of a carrier{' with hairpin' if hairpin else ''}"
        yield Cell(name, lambda land, hairpin=hairpin: _homes(land, hairpin))


def _neighbours(land: Land, first: Spot) -> tuple[Spot, Spot]:
    return first, land.neighbour(first)


def _homes(land: Land, hairpin: bool) -> tuple[Spot, Spot]:
    carrier = land.carrier(hairpin)
    return land.inHome(carrier), land.inHome(carrier)


def _onePort() -> Iterator[Cell]:
    yield Cell("one port: public to the second", lambda land: _toSecond(land, land.spot(PUBLIC)), PUBLIC_LIMIT)
    yield Cell("one port: the second to cone", lambda land: _second(land, land.spot(CONE)))


def _second(land: Land, peer: Spot) -> tuple[Spot, ...]:
    """
    The second host with its port behind a NAT, and another end.
    """
    first = land.spot(CONE)
    return land.neighbour(first), peer, first


def _toSecond(land: Land, peer: Spot) -> tuple[Spot, ...]:
    second, peer, first = _second(land, peer)
    return peer, second, first


def _versions() -> Iterator[Cell]:
    yield Cell("IP: 4 to 6", lambda land: (land.spot(PUBLIC), land.ipv6()), PUBLIC_LIMIT)
    yield Cell("IP: 6 to 4", lambda land: (land.ipv6(), land.spot(PUBLIC)), PUBLIC_LIMIT)
    yield Cell("IP: 6 behind a firewall to cone", lambda land: (land.ipv6(FIREWALL), land.spot(CONE)))
    yield Cell("IP: cone to 6 behind a firewall", lambda land: (land.spot(CONE), land.ipv6(FIREWALL)))
    yield Cell("IP: 6 to 6, behind firewalls", lambda land: (land.ipv6(FIREWALL), land.ipv6(FIREWALL)))
    yield Cell("IP: both to 6, behind firewalls", lambda land: (land.ipv6(FIREWALL, both=True), land.ipv6(FIREWALL)))


def _holes() -> Iterator[Cell]:
    for size, one, two in (
        (1400, PUBLIC, PUBLIC),
        (1280, PUBLIC, PUBLIC),
        (1280, CONE, CONE),
        (1000, FIREWALL, PUBLIC),
        (1280, SYMMETRIC, SYMMETRIC),
    ):
        ends = lambda land, size=size, one=one, two=two: (land.beyondHole(size, one), land.spot(two))  # noqa: E731
        yield Cell(f"hole: {size} {one} to {two}", ends, HOLE_LIMIT, isWhole=True)


def _move(land: Land, who: Resident, kind: str) -> None:
    spot = land.spot(kind)
    who.roam(spot.region, *spot.addresses)


def _moveBoth(land: Land, one: Resident, two: Resident) -> None:
    _move(land, one, CONE)
    _move(land, two, CONE)


def _reboot(who: Resident, *externals: str) -> None:
    Spot(who.region, ()).router.reboot(*externals)


def _changes() -> Iterator[Cell]:
    for title, kind, change in (
        ("roaming: public, one is renumbered", PUBLIC, lambda land, one, two: _move(land, one, PUBLIC)),
        ("roaming: public, two is renumbered", PUBLIC, lambda land, one, two: _move(land, two, PUBLIC)),
        ("roaming: cone, one moves", CONE, lambda land, one, two: _move(land, one, CONE)),
        ("roaming: cone, two moves", CONE, lambda land, one, two: _move(land, two, CONE)),
        ("roaming: cone, both move at once", CONE, _moveBoth),
        ("restart: of one's NAT", CONE, lambda land, one, two: _reboot(one)),
    ):
        yield Cell(title, _ends(kind, kind), CHANGE_LIMIT, change)


def _narrow(who: Resident, longest: int) -> None:
    assert isinstance(who.region, Site)
    link = who.region if isinstance(who.region, Link) else who.region.outside
    assert isinstance(link, Link)
    link.longest = longest


def _narrowed() -> Iterator[Cell]:
    """
    One end's connection becomes a black hole for long datagrams while they pass: over a relay, and directly.
    """
    for size, one, two in (
        (1280, SYMMETRIC, SYMMETRIC),
        (1000, SYMMETRIC, SYMMETRIC),
        (1280, CONE, CONE),
        (1000, PUBLIC, PUBLIC),
    ):
        ends = lambda land, one=one, two=two: (land.beyondHole(DATAGRAM_MAXIMUM, one), land.spot(two))  # noqa: E731
        change = lambda land, one, two, size=size: _narrow(one, size)  # noqa: E731
        yield Cell(f"narrowed: {size} {one} to {two}", ends, NARROWED_LIMIT, change, isWhole=True)


CELLS: Final = (*_pairs(), *_oneNAT(), *_onePort(), *_versions(), *_holes(), *_changes(), *_narrowed())


class CellTests(ReachTestCase):
    """
    One test a cell, made below.
    """

    def check(self, cell: Cell) -> None:
        """
        Measure a cell, unless it is known not to pass: then see that it does not.
        """
        faults = self.faults(cell)
        if cell.title in NOT_YET:
            self.assertNotEqual(faults, [], f"{cell.title!r} passes: take it out of NOT_YET")
        else:
            self.assertEqual(faults, [], cell.title)

    def faults(self, cell: Cell) -> list[str]:
        """
        What is not as it should be.
        """
        land = Land(self.network)
        one, two = self.residents(*cell.ends(land))
        isDirect = hasDirectWay(one.place, two.place)
        limit = cell.limit or (DIRECT_LIMIT if isDirect else RELAY_LIMIT)
        octets = 1_486 if cell.isWhole else 0
        first = self.firstAnswer(one, two, limit + 0.1, octets)
        if cell.change is not None and first <= limit:
            self.lostPings(one, two, DIRECT_WITHIN, octets)
            one.ping(two)  # who is idle behind a NAT that forgets it cannot know
            self.go(PING_INTERVAL)
            cell.change(land, one, two)
            first = self.firstAnswer(one, two, limit + 0.1, octets)
        if first > limit:
            return [f"first answer after {first:.2f} s"]
        lost = self.lostPings(one, two, DIRECT_WITHIN, octets)
        found = [f"{lost} pings were lost"] if lost else []
        return found + (["the way is not direct"] if isDirect and not self.isDirect(one, two) else [])

    def residents(self, one: Spot, two: Spot, *others: Spot) -> tuple[Resident, Resident]:
        """
        Start nodes at the places, all with one port, the others first.
        """
        spots = *others, one, two
        *_, first, second = (self.resident(each.region, *each.addresses, port=NODE_PORT) for each in spots)
        return first, second


for _cell in CELLS:
    setattr(CellTests, _cell.testName, lambda self, cell=_cell: self.check(cell))


class TableTests(ReachTestCase):
    """
    The table of the cells.
    """

    def test_notYet(self) -> None:
        """
        What does not pass yet is in the table, and no two cells have one name.
        """
        titles = [cell.title for cell in CELLS]
        self.assertLessEqual(NOT_YET, set(titles))
        self.assertEqual(len({cell.testName for cell in CELLS}), len(titles))
