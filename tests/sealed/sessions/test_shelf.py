"""
Tests for L{wand.sealed.sessions.shelf}.
"""

from __future__ import annotations

import resource
from pathlib import Path

from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, precondition, rule
from hypothesis.strategies import binary
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.shelf import Shelf

COUNT = 8
SIZE = 5


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def shared() -> int:
    """
    Octets of memory that processes may share, whether they are resident or not: what one lets go of stays there.
    """
    statm = Path("/proc/self/statm").read_text().split()
    return int(statm[2]) * resource.getpagesize()


class ShelfTests(SynchronousTestCase):
    """
    L{Shelf}.
    """

    def test_memoryGoesBack(self) -> None:
        """
        When nothing waits any more, what waited takes no memory.
        """
        shelf = Shelf(20_000, 1_000)
        before = resident()
        places = [shelf.put(memoryview(bytes([number % 255 + 1]) * 1_000)) for number in range(20_000)]
        self.assertGreater(resident() - before, 15_000_000)
        for place in places:
            shelf.take(place)
        self.assertLess(resident() - before, 5_000_000)

    def test_itIsMemoryOfItsOwn(self) -> None:
        """
        What waits is in no memory that processes may share: the system keeps that though nobody has it any more.
        """
        shelf = Shelf(20_000, 1_000)
        before = shared()
        for _ in range(20_000):
            shelf.put(memoryview(bytes([1]) * 1_000))
        self.assertLess(shared() - before, 5_000_000)

    def test_whatIsTooLongOrTooMuchIsRefused(self) -> None:
        """
        It never takes more than it said.
        """
        shelf = Shelf(1, SIZE)
        with self.assertRaises(ValueError):
            shelf.put(memoryview(bytes(SIZE + 1)))
        shelf.put(memoryview(bytes(SIZE)))
        with self.assertRaises(ValueError):
            shelf.put(memoryview(b""))


class ShelfMachine(RuleBasedStateMachine):
    """
    Whatever is put there comes out, once, however much comes and goes.
    """

    places = Bundle("places")

    @initialize()
    def begin(self) -> None:
        self.shelf = Shelf(COUNT, SIZE)
        self.kept: dict[int, bytes] = {}

    @precondition(lambda self: len(self.kept) < COUNT)
    @rule(target=places, datagram=binary(max_size=SIZE))
    def put(self, datagram: bytes) -> int:
        place = self.shelf.put(memoryview(datagram))
        assert place not in self.kept
        self.kept[place] = datagram
        return place

    @rule(place=consumes(places))
    def take(self, place: int) -> None:
        assert self.shelf.take(place) == self.kept.pop(place)
        assert len(self.shelf) == len(self.kept)


ShelfMachineTests = ShelfMachine.TestCase
