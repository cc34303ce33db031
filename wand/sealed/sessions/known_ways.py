"""
The ways to one peer that are known: where others say that it is, where it was heard, where it answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import Final

from wand.endpoint import Endpoint
from wand.interfaces.sessions import LAN
from wand.sealed.sessions.way import ANSWERED, Way, WayRank, rankOf

#: How many of the places where a peer may be are tried at once; so nobody who says where a peer may be makes us send
#: to many others.  Those beyond have their turn with the repetitions.
CANDIDATES: Final = 4

#: How many of them are remembered, of each source.
INTRODUCED: Final = 16

#: How many places are remembered where the peer was heard and nobody says that it is: unproven ones, and proven ones.
PLACES_MAXIMUM: Final = 4
PROVEN_MAXIMUM: Final = 8

#: What nobody says of a peer of which nobody was told.
_NOBODY: Final[Mapping[str, tuple[Endpoint, ...]]] = MappingProxyType({})


class KnownWays:
    """
    The ways to a peer by their places.

    @ivar told: where others say that it is, those of each source in turn, the best first.
    """

    __slots__ = ("_isNear", "_toldBy", "_ways", "told")

    def __init__(self, isNear: Callable[[str], bool]) -> None:
        """
        @param isNear: is an address on a link of ours?
        """
        self._isNear = isNear
        self.told: tuple[Endpoint, ...] = ()
        self._toldBy: Mapping[str, tuple[Endpoint, ...]] = _NOBODY
        self._ways: dict[tuple[str, int], Way] = {}

    def __iter__(self) -> Iterator[Way]:
        return iter(tuple(self._ways.values()))

    def get(self, place: tuple[str, int]) -> Way | None:
        """
        The way to a place, if it is known.
        """
        return self._ways.get(place)

    def at(self, place: tuple[str, int]) -> Way:
        """
        The way to a place, at which the peer was heard, or that it proved.
        """
        way = self._ways.get(place)
        if way is None:
            self._makeRoom()
            way = self._ways[place] = Way(place, rankOf(place[0], self._isNear))
        return way

    def resume(self, place: tuple[str, int], since: float) -> None:
        """
        There is the way that there was when it was the only one, and plain since some moment.
        """
        way = self.at(place)
        way.proven()
        way.usedSince, way.why = since, ANSWERED

    @property
    def isPlainSince(self) -> float | None:
        """
        Since when the only way is in use, if nothing is known but that; see L{Way.isPlain}.
        """
        ways = tuple(self._ways.values()) if len(self._ways) == 1 and not self._toldBy else ()
        return next((way.usedSince for way in ways if way.isPlain), None)

    def introduce(self, endpoints: Iterable[Endpoint], source: str) -> list[Way]:
        """
        Somebody says where the peer may be.

        @param source: see L{wand.interfaces.ISessions.introduce}.
        @return: the ways of which nobody said so before.
        """
        before, neighbours = set(self.told), self._toldBy.get(LAN, ())
        self._toldBy = {**self._toldBy, source: tuple(dict.fromkeys(endpoints))[:INTRODUCED]}
        rows = zip_longest(*self._toldBy.values())
        self.told = tuple(dict.fromkeys(each for row in rows for each in row if each is not None))
        for place in before - set(self.told):
            self._untold(place)
        news = [self._told(each) for each in self.told if each not in before]
        self._rank(self._ways[each] for each in neighbours if each in self._ways)
        self._rankNeighbours()
        return news

    def rankAgain(self) -> None:
        """
        This host has other links or addresses.
        """
        self._rank(self._ways.values())
        self._rankNeighbours()

    def _rank(self, ways: Iterable[Way]) -> None:
        for way in ways:
            way.rank = rankOf(way.place[0], self._isNear)

    def _rankNeighbours(self) -> None:
        for each in self._toldBy.get(LAN, ()):
            self._ways[each].rank = WayRank.LAN

    def sourcesOf(self, place: tuple[str, int]) -> list[str]:
        """
        Who says that the peer is at a place.
        """
        return [source for source, told in self._toldBy.items() if place in told]

    def candidates(self, heard: tuple[str, int] | None, turn: int) -> list[tuple[str, int]]:
        """
        Where to send an initiation: where the peer was heard last, a few of the places where it is said to be, and the
        relays and streams that we made ourselves.

        @param turn: how often it was tried before; the others have their turn then.
        """
        direct = [each for each in self.told if self._ways[each].rank.isDirect]
        others = [each for each in self.told if not self._ways[each].rank.isDirect]
        start = turn * CANDIDATES % len(direct) if len(direct) > CANDIDATES else 0
        first = [] if heard is None else [heard]
        return list(dict.fromkeys([*first, *(direct[start:] + direct[:start])[:CANDIDATES], *others[:CANDIDATES]]))

    def doubt(self) -> None:
        """
        Nothing is proven any more.
        """
        for way in self._ways.values():
            way.doubt()

    def _told(self, place: Endpoint) -> Way:
        way = self._ways.setdefault(place, Way(place, rankOf(place.host, self._isNear)))
        way.isTold = True
        return way

    def _untold(self, place: tuple[str, int]) -> None:
        way = self._ways[place]
        way.isTold, way.rank = False, rankOf(place[0], self._isNear)
        if not way.rank.isDirect:  # the channel or the stream has ended: nothing goes there any more
            way.isProven = False
        if not way.isProven and way.usedSince is None:
            del self._ways[place]

    def left(self, way: Way) -> None:
        """
        A way is not in use any more.  A channel that its relay has ended meanwhile leads nowhere; what is known of a
        stream or a place where the peer was only heard stays, such as that it is shunned.
        """
        if way.rank is WayRank.RELAY and not way.isTold:
            self._ways.pop(way.place, None)

    def _makeRoom(self) -> None:
        loose = [way for way in self._ways.values() if not way.isTold and way.usedSince is None]
        unproven = [way for way in loose if not way.isProven]
        proven = sorted((way for way in loose if way.isProven), key=lambda each: each.answeredAt)
        tooMany = max(0, len(unproven) + 1 - PLACES_MAXIMUM)
        for way in (*unproven[:tooMany], *proven[:-PROVEN_MAXIMUM]):
            del self._ways[way.place]
