"""
Rings: who watches whom.  Every member has a place on each of a few rings, which follows from its identity; it watches
the next one on each.  So nobody chooses whom to watch, and everybody can check whether somebody may accuse another.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import islice
from random import Random
from typing import Final

#: How many rings there are: a member watches so many others, and as many watch it.
RINGS: Final = 3

#: How many members that are here may be between an accuser and the accused: those that it found silent itself, and
#: those of which it has not heard.
NEAR: Final = 16

#: How far apart the two may be at all, so that nobody makes us walk around a ring.
FAR: Final = 512


class Rings:
    """
    The places of members on all rings.
    """

    def __init__(self, network: bytes) -> None:
        self._network = network
        self._rings: list[list[tuple[bytes, bytes]]] = [[] for _ in range(RINGS)]
        self._places: dict[bytes, tuple[bytes, ...]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, identity: bytes) -> bool:
        return identity in self._places

    def add(self, identity: bytes) -> None:
        """
        A member is known.
        """
        if identity in self._places:
            return
        places = self._places[identity] = self._placesOf(identity)
        for ring, place in zip(self._rings, places, strict=True):
            insort(ring, (place, identity))

    def discard(self, identity: bytes) -> None:
        """
        Somebody is a member no longer.
        """
        places = self._places.pop(identity, None)
        for ring, place in zip(self._rings, places or (), strict=False):
            del ring[bisect_left(ring, (place, identity))]

    def after(self, number: int, identity: bytes) -> Iterator[bytes]:
        """
        The others on a ring, beginning with the next one.
        """
        ring = self._rings[number]
        places = self._places.get(identity) or self._placesOf(identity)
        start = bisect_left(ring, (places[number], identity))
        for at in range(start, start + len(ring)):
            other = ring[at % len(ring)][1]
            if other != identity:
                yield other

    def before(self, number: int, identity: bytes) -> Iterator[bytes]:
        """
        The others on a ring, beginning with the one before.
        """
        ring = self._rings[number]
        places = self._places.get(identity) or self._placesOf(identity)
        start = bisect_left(ring, (places[number], identity))
        for at in range(start - 1, start - 1 - len(ring), -1):
            other = ring[at % len(ring)][1]
            if other != identity:
                yield other

    def some(self, count: int, random: Random) -> list[bytes]:
        """
        Some members at random.
        """
        ring = self._rings[0]
        return [identity for _, identity in random.sample(ring, min(count, len(ring)))]

    def mayAccuse(
        self, number: int, accuser: bytes, accused: bytes, isHere: Callable[[bytes], bool], near: int = NEAR
    ) -> bool:
        """
        Does one member watch another on a ring, or may it think that it does?

        @param near: how many that are here may be between the two.
        """
        between = 0
        for other in islice(self.after(number, accuser), FAR):
            if other == accused:
                return True
            between += isHere(other)
            if between > near:
                return False
        return False

    def _placesOf(self, identity: bytes) -> tuple[bytes, ...]:
        return tuple(
            blake2b(self._network + identity, digest_size=8, person=b"wand ring %d" % ring).digest()
            for ring in range(RINGS)
        )
