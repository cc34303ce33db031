"""
Slots for opened datagrams.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from wand.underlay.slots import LAYOUTS_MAXIMUM, SLICES_FIRST, SLICES_MAXIMUM, Slots


class SlotsTests(SynchronousTestCase):
    """
    Slices of all slots at once.
    """

    def test_slices(self) -> None:
        """
        A slice is the same part of each slot, and of the memory itself.
        """
        slots = Slots(10, memoryview(bytearray(40)))
        slots.view[:] = bytes(range(40))
        parts = [bytes(part) for part in slots.slices(2, 3, 4)]
        self.assertEqual(parts, [bytes(range(first, first + 3)) for first in (2, 12, 22, 32)])
        slots.slices(0, 1, 4)[3][0] = 99
        self.assertEqual(slots.view[30], 99)

    def test_madeOnce(self) -> None:
        """
        The slices of a layout are made once, and not so many layouts are kept that a peer could fill the memory.
        """
        slots = Slots(200, memoryview(bytearray(400)))
        self.assertIs(slots.slices(1, 2, 2), slots.slices(1, 2, 2))
        first = slots.slices(1, 2, 2)
        for size in range(LAYOUTS_MAXIMUM):
            slots.slices(0, size, 2)
        self.assertIsNot(slots.slices(1, 2, 2), first)
        self.assertEqual(slots.slices(1, 2, 2), first)

    def test_noMoreThanATrain(self) -> None:
        """
        Slices are made for the datagrams of the longest train, not for all that would fit into the memory: those of
        small datagrams would take many times as much.
        """
        slots = Slots(100, memoryview(bytearray(65_536)))
        self.assertEqual(len(slots.slices(16, 84, 500)), SLICES_MAXIMUM)
        self.assertEqual(len(Slots(100, memoryview(bytearray(250))).slices(0, 16, 3)), 3)

    def test_noMoreThanAreUsed(self) -> None:
        """
        Where datagrams come alone, slices are made of a few slots only; of more when a longer train comes, and those
        that were made stay.
        """
        slots = Slots(100, memoryview(bytearray(65_536)))
        first = slots.slices(4, 12, 1)[0]
        self.assertLessEqual(len(slots.slices(4, 12, 1)), SLICES_FIRST)
        self.assertGreaterEqual(len(slots.slices(4, 12, 47)), 47)
        self.assertIs(slots.slices(4, 12, 1)[0], first)

    def test_datagramsOfATrain(self) -> None:
        """
        A train is taken apart into its datagrams, wherever it begins; the last one may be shorter, as may all.
        """
        slots = Slots(4, memoryview(b"0123456789abcdef"))
        self.assertEqual([bytes(each) for each in slots.datagrams(1, 3, 4, 2)], [b"4567", b"89ab", b"cd"])
        self.assertEqual([bytes(each) for each in slots.datagrams(0, 2, 3, 3)], [b"012", b"456"])
        self.assertEqual([bytes(each) for each in slots.datagrams(3, 1, 4, 1)], [b"c"])
