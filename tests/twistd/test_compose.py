"""
What all programs do when they begin.
"""

from __future__ import annotations

import gc

from twisted.trial.unittest import SynchronousTestCase

from wand.twistd.compose import settle


class SettleTests(SynchronousTestCase):
    """
    Tests for the end of the beginning.
    """

    def test_collectionsAreShort(self) -> None:
        """
        What was made at the beginning is not looked at again by the garbage collector.
        """
        self.addCleanup(gc.unfreeze)
        made = [[number] for number in range(1000)]
        settle()
        self.assertGreater(gc.get_freeze_count(), len(made))
        self.assertFalse({id(each) for each in made} & {id(each) for each in gc.get_objects()})
