"""
Tests for L{wand.sorted_keys}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sorted_keys import FEW, SortedKeys

Changes = list[tuple[bool, int]]


class SortedKeysTests(SynchronousTestCase):
    @given(st.lists(st.tuples(st.booleans(), st.integers(0, 40))), st.integers(0, 40), st.integers(0, 10))
    def test_asASetThatIsSorted(self, changes: Changes, after: int, count: int) -> None:
        """
        Whatever is added and discarded, a page is what a sorted set has.
        """
        keys, model = SortedKeys(), set[bytes]()
        for number, (isNew, key) in enumerate(changes):
            octets = bytes([key])
            if isNew and octets not in model:
                keys.add(octets)
                model.add(octets)
            elif not isNew:
                keys.discard(octets)
                model.discard(octets)
            if number % 3 == 0:
                keys.page(b"", 1)
        self.assertEqual(
            keys.page(bytes([after]), count), sorted(each for each in model if each > bytes([after]))[:count]
        )
        self.assertEqual(len(keys), len(model))

    @given(st.sets(st.binary(max_size=2)), st.binary(max_size=2), st.binary(max_size=2))
    def test_thoseThatThereAreAtFirst(self, first: set[bytes], new: bytes, gone: bytes) -> None:
        """
        Keys that are there at first are in their order, with those that come and without those that go.
        """
        keys = SortedKeys(first)
        if new not in first:
            keys.add(new)
        keys.discard(gone)
        self.assertEqual(keys.page(b"", 1000), sorted(each for each in first | {new} if each and each != gone))

    def test_manyAtOnce(self) -> None:
        """
        Many new keys are sorted together; none is left after all are forgotten.
        """
        keys = SortedKeys()
        for number in reversed(range(2 * FEW)):
            keys.add(bytes([number]))
        self.assertEqual(keys.page(bytes([FEW]), 3), [bytes([FEW + each]) for each in (1, 2, 3)])
        keys.clear()
        self.assertEqual((keys.page(b"", 3), len(keys)), ([], 0))
