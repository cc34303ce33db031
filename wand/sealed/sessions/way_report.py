"""
What is known of the ways to a peer, for people.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from wand.endpoint import Endpoint
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.way import Way
from wand.status import WayStatus


def waysOf(place: PeerPlace, epoch: Callable[[float], float]) -> list[WayStatus]:
    """
    All ways to a peer, the one in use first, then the best first.

    @param epoch: makes seconds since the epoch of the clock's.
    """
    ways = sorted(place.ways, key=lambda way: (way.usedSince is None, not way.isProven, way.preference))
    return [_statusOf(way, place, epoch) for way in ways]


def _statusOf(way: Way, place: PeerPlace, epoch: Callable[[float], float]) -> WayStatus:
    def moment(seconds: float | None) -> float | None:
        return None if seconds is None or seconds == -inf else epoch(seconds)

    sources = place.ways.sourcesOf(way.place)
    return WayStatus(
        place=str(Endpoint(*way.place)),
        rank=way.rank.name.lower(),
        sources=[*sources, "heard"] if way.heardAt > -inf else sources,
        isProven=way.isProven,
        roundTrip=_roundTrip(way),
        asked=moment(way.triedAt),
        answered=moment(way.answeredAt),
        usedSince=moment(way.usedSince),
        why=_why(way, place.way),
        silent=way.silent,
        heard=moment(max(way.heardAt, way.questionedAt)),
    )


def _roundTrip(way: Way) -> float | None:
    return next((each for each in (way.roundTrip, way.handshake) if each < inf), None)


def _why(way: Way, current: Way | None) -> str:
    if way is current:
        return way.why
    if way.swallowedAt > -inf and way.swallowedAt >= way.gaveUpAt:
        return "given up: it answers, but nothing else arrived there"
    if way.gaveUpAt > way.answeredAt:
        return "given up: no answer there"
    if not way.isProven or current is None:
        return ""
    if way.rank != current.rank:
        return "kept in reserve" if way.rank > current.rank else "taken when it answers again"
    return "hardly sooner than the way in use" if way.roundTrip < current.roundTrip else "no sooner than the way in use"
