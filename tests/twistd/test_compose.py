"""
What all programs do when they begin.
"""

from __future__ import annotations

import gc
from weakref import ref

from twisted.trial.unittest import SynchronousTestCase

from wand.twistd.collecting import GROWTH, OLDEST
from wand.twistd.compose import settle


class SettleTests(SynchronousTestCase):
    """
    Tests for the end of the beginning.
    """

    def setUp(self) -> None:
        before = list(gc.callbacks)
        self.addCleanup(gc.unfreeze)
        self.addCleanup(gc.callbacks.__setitem__, slice(None), before)

    def test_collectionsAreShort(self) -> None:
        """
        What was made at the beginning is not looked at again by the garbage collector.
        """
        made = [[number] for number in range(1000)]
        settle()
        self.assertGreater(gc.get_freeze_count(), len(made))
        self.assertFalse({id(each) for each in made} & {id(each) for each in gc.get_objects()})

    def test_whatSurvivesIsSetAside(self) -> None:
        """
        Neither is what survived a collection later; so however much there is, the next is short.
        """
        settle()
        made = [[number] for number in range(1000)]
        gc.collect()
        self.assertFalse({id(each) for each in made} & {id(each) for each in gc.get_objects(OLDEST)})

    def test_whatIsSetAsideIsNotKeptForEver(self) -> None:
        """
        When much more is set aside than there was, everything is looked at once: circles that were set aside go.
        """
        settle()
        something = _Something()
        something.itself, known = something, ref(something)
        gc.collect()
        del something
        gc.collect()
        self.assertIsNotNone(known())
        more: list[list[object]] = [[] for _ in range(int(GROWTH * gc.get_freeze_count()))]
        gc.collect()  # sets them aside
        gc.collect()
        self.assertIsNone(known())
        del more


class _Something:
    itself: object = None
