"""
Tests for L{wand.sealed.directory.seen_versions}.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.directory.seen_versions import PARTS_MAXIMUM, SeenVersions


class SeenVersionsTests(SynchronousTestCase):
    """
    L{SeenVersions}.
    """

    def test_aNodeThatKnowsNothing(self) -> None:
        """
        Before the server was heard nothing is complete, and everything is missing.
        """
        seen = SeenVersions()
        self.assertEqual((seen.isComplete, seen.hole), (False, (0, 0)))

    def test_aPushThatWasLostLeavesAHole(self) -> None:
        """
        What lies between what is known and what came is the hole, which the next question is about; once it is filled,
        what came before counts, too.
        """
        seen = SeenVersions(b"instance")
        seen.newest = 9
        seen.markSeen(0, 3)
        seen.markSeen(5, 9)
        self.assertEqual((seen.version, seen.hole, seen.isComplete), (3, (3, 5), False))
        seen.markSeen(3, 5)
        self.assertEqual((seen.version, seen.hole, seen.isComplete), (9, (9, 0), True))

    def test_progressIsWhatWasNotKnownBefore(self) -> None:
        """
        A page that comes twice is not a progress.
        """
        seen = SeenVersions(b"instance")
        for part in ((0, 3), (0, 3), (2, 3), (5, 6), (5, 6)):
            seen.markSeen(*part)
        self.assertEqual(seen.progress, 2)

    @given(st.lists(st.integers(1, 5), min_size=1, max_size=30), st.randoms(use_true_random=False))
    @settings(deadline=None)
    def test_anyOrderOfTheSamePartsIsTheSame(self, lengths: list[int], random: st.random.Random) -> None:
        """
        Parts that come in any order, some of them twice, show everything in the end.
        """
        ends = [sum(lengths[: at + 1]) for at in range(len(lengths))]
        parts = list(zip([0, *ends[:-1]], ends, strict=True))
        shuffled = [*parts, *parts[::2]]
        random.shuffle(shuffled)
        seen = SeenVersions(b"instance")
        for part in shuffled:
            seen.markSeen(*part)
        self.assertEqual((seen.version, seen.hole), (ends[-1], (ends[-1], 0)))

    @given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=200))
    @settings(deadline=None)
    def test_itNeverClaimsMoreThanItSaw(self, parts: list[tuple[int, int]]) -> None:
        """
        Whatever comes, only versions that lay in some part count as known, and little is remembered.
        """
        seen, shown = SeenVersions(b"instance"), set[int]()
        for after, upto in parts:
            seen.markSeen(after, upto)
            shown.update(range(after + 1, upto + 1))
            self.assertLessEqual(set(range(1, seen.version + 1)), shown)
            self.assertLessEqual(len(seen._parts), PARTS_MAXIMUM)
            after, upto = seen.hole
            self.assertTrue(upto == 0 or upto > after)
