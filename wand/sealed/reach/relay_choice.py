"""
The relays that a node may ask, and which of them it asks first.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from math import inf
from typing import Final

from wand.interfaces.sessions import PlaceInUse
from wand.underlay.place_kinds import STREAM, isBehindRelay, kindOf

#: How many relays are kept that are not servers; servers are kept all.
MEMBERS_MAXIMUM: Final = 256

#: Seconds after which a relay that was asked and is silent comes after all others.
SILENCE: Final = 1.0

#: Seconds for which a relay is left out that said it passes nothing on.
OFF_LASTS: Final = 300.0

#: What a relay's distance is taken for before it is measured, in seconds of round-trip time.
UNMEASURED: Final = 0.25

#: How much of a new measurement is taken (RFC 6298, section 2).
GAIN: Final = 0.125


class KnownRelay:
    """
    A relay with which there is a session.

    @ivar identity: who it is.
    @ivar name: what it is called, for people.
    @ivar place: where it is.
    @ivar roundTrip: how far away it is, in seconds; C{None} before it answered.
    @ivar wasOff: did it say last that it passes nothing on?
    """

    def __init__(self, identity: bytes, name: str, place: PlaceInUse, *, isServer: bool) -> None:
        self.identity = identity
        self.name = name
        self.place = place
        self.roundTrip: float | None = None
        self.isServer = isServer
        self.wasOff = False
        self._askedAt = inf
        self._silentSince = inf
        self._offUntil = -inf

    def asked(self, now: float) -> None:
        """
        It is asked something.
        """
        self._askedAt = now
        self._silentSince = min(now, self._silentSince)

    def answered(self, now: float) -> None:
        """
        It answered.
        """
        self.wasOff = False
        if self._askedAt == inf:
            return  # somebody else asked
        measured = max(0.0, now - self._askedAt)
        self._askedAt = self._silentSince = inf
        before = self.roundTrip
        self.roundTrip = measured if before is None else before + GAIN * (measured - before)

    def isOff(self, now: float) -> None:
        """
        It passes nothing on.
        """
        self.wasOff = True
        self._offUntil = now + OFF_LASTS

    def rank(self, now: float) -> tuple[bool, bool, float] | None:
        """
        The lower the sooner it is asked; C{None} for not at all.
        """
        if now < self._offUntil or isBehindRelay(self.place.endpoint):
            return None
        distance = UNMEASURED if self.roundTrip is None else self.roundTrip
        return now - self._silentSince > SILENCE, not self.isServer, distance


class RelayChoice:
    """
    Knows the relays.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        """
        @param seconds: gives the clock's seconds.
        """
        self._seconds = seconds
        self._relays: dict[bytes, KnownRelay] = {}

    def add(self, relay: KnownRelay) -> bool:
        """
        There is a session with a relay.

        @return: whether it is kept.
        """
        members = sum(not each.isServer for each in self._relays.values())
        if not relay.isServer and members >= MEMBERS_MAXIMUM:
            return False
        self._relays[relay.identity] = relay
        return True

    def remove(self, identity: bytes) -> bool:
        """
        There is no session any more.

        @return: whether it was one of ours.
        """
        return self._relays.pop(identity, None) is not None

    def get(self, identity: bytes) -> KnownRelay | None:
        """
        A relay.
        """
        return self._relays.get(identity)

    def isServer(self, identity: bytes) -> bool:
        """
        Is this a relay that is a server?
        """
        relay = self._relays.get(identity)
        return relay is not None and relay.isServer

    @property
    def hasServer(self) -> bool:
        """
        Is there a server that passes datagrams on, as far as we know?
        """
        now = self._seconds()
        return any(each.isServer and each.rank(now) is not None for each in self._relays.values())

    @property
    def isCutOff(self) -> bool:
        """
        Do we have nothing but streams to servers, none of which passes anything on?
        """
        servers = [each for each in self._relays.values() if each.isServer]
        return bool(servers) and all(each.wasOff and _isStream(each.place.endpoint) for each in servers)

    def best(self, without: Container[bytes]) -> KnownRelay | None:
        """
        Whom to ask.

        @param without: those that were asked already, and whoever is to be reached.
        @return: C{None} if there is nobody.
        """
        now = self._seconds()
        ranked = [
            (rank, each.identity, each)
            for each in self._relays.values()
            if each.identity not in without and (rank := each.rank(now)) is not None
        ]
        return min(ranked)[2] if ranked else None


def _isStream(place: tuple[str, int] | None) -> bool:
    return place is not None and kindOf(place[0]) == STREAM
