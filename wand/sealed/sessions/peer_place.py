"""
The place of one peer: the way in use, at which the peer proved to be, and all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from wand.endpoint import Endpoint
from wand.sealed.sessions.known_ways import KnownWays
from wand.sealed.sessions.parts import MadeAtUse
from wand.sealed.sessions.path import START, Path
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.way import Way
from wand.underlay.ports import DatagramSender


class Mover(Protocol):
    """
    Whose place it is.
    """

    @property
    def path(self) -> Path:
        """
        How big datagrams may be.
        """


def _waysOf(place: PeerPlace) -> KnownWays:
    ways = KnownWays(place.shared.isNear)
    if place.endpoint is not None:  # it was at rest
        ways.resume(place.endpoint, place.since)
    return ways


class PeerPlace(MadeAtUse):
    """
    Where one peer is, and where it may be.

    @ivar endpoint: where the peer is, and at which address of ours it was heard: by an authenticated datagram, and it
        proved to be there.  It is what the port gave with that, for another of our addresses makes another object that
        is equal.  C{None} if it is nowhere.
    @ivar port: sends there.
    @ivar before: the same two, of the session before the present one.
    @ivar ways: all ways that are known.
    @ivar since: since when the way there was in use, when C{ways} were let go of.
    @ivar shared: what all conversations have in common.
    """

    __slots__ = ("_kept", "_mover", "before", "endpoint", "port", "shared", "since", "ways")

    makers = {"ways": _waysOf}

    ways: KnownWays

    def __init__(self, shared: Shared, mover: Mover) -> None:
        """
        @param mover: has another path when the peer moves.
        """
        super().__init__()
        self.endpoint: tuple[str, int] | None = None
        self.port: DatagramSender | None = None
        self.before: tuple[DatagramSender, tuple[str, int]] | None = None
        self.since = 0.0
        self.shared = shared
        self._kept: tuple[str, int] | None = None
        self._mover = mover

    @property
    def way(self) -> Way | None:
        """
        What is known of the way to where the peer is.
        """
        return None if self.endpoint is None else self.ways.get(self.endpoint)

    def rest(self) -> None:
        """
        Let go of the ways if there is but one, of which nothing is known that is not known of every one.
        """
        since = self.ways.isPlainSince if self.made else None
        if since is not None:
            self.since = since
            self.drop("ways")

    @property
    def told(self) -> tuple[Endpoint, ...]:
        """
        Where others say that the peer is.
        """
        return self.ways.told

    def introduce(self, endpoints: Iterable[Endpoint], source: str) -> list[Way]:
        """
        Somebody says where the peer may be.

        @param source: see L{wand.interfaces.ISessions.introduce}.
        @return: the ways that are new.
        """
        return self.ways.introduce(endpoints, source)

    def candidates(self, turn: int = 0) -> list[tuple[str, int]]:
        """
        Where to try; see L{KnownWays.candidates}.
        """
        return self.ways.candidates(self.endpoint, turn)

    def isProvenAt(self, place: tuple[str, int]) -> bool:
        """
        See L{wand.interfaces.sessions.PlaceInUse}.
        """
        way = self.ways.get(place)
        return way is not None and way.isProven

    def rememberSession(self) -> None:
        """
        A session begins: keep where the peer was in the one before.
        """
        if self.port is not None and self.endpoint is not None:
            self.before = self.port, self.endpoint

    def use(self, place: tuple[str, int]) -> bool:
        """
        Send there from now on.

        @param place: as the port gave it, if the peer was heard there.
        @return: is it another place than before?  Not if it is only another address of ours, or nothing can go there.
        """
        port = self.shared.portFor(place)
        if port is None:
            return False
        isOther = place != self.endpoint
        if isOther:
            self.shared.places.moved(self.endpoint, place)
            self._turn(self.ways.at(place))
        self.port, self.endpoint = port.towards(place), place
        return isOther

    def keep(self, place: tuple[str, int]) -> None:
        """
        The peer proved to be in a stream that we do not use: that is no stranger's.
        """
        if place != self._kept:
            self.shared.places.moved(self._kept, place)
            self._kept = place

    def forget(self) -> None:
        """
        The peer is nowhere, as far as we know.
        """
        if self._kept is not None:
            self.shared.places.moved(self._kept, None)
            self._kept = None
        way = self.way
        self.shared.places.moved(self.endpoint, None)
        self.port = self.endpoint = None
        if way is not None:
            way.usedSince = None
            self.ways.left(way)

    def _turn(self, way: Way) -> None:
        before = self.way
        way.usedSince = self.shared.clock.seconds()
        if before is not None:
            before.usedSince, before.step = None, self._mover.path.step
            self._mover.path.forget(START if way.step is None else way.step)
            self.ways.left(before)
