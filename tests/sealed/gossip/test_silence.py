"""
Tests for L{wand.sealed.gossip.silence}.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.gossip.silence import SILENT_MAXIMUM, THAWING, WAIT_MEMBER, Silence


class SilenceTests(SynchronousTestCase):
    """
    L{Silence}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.silence = Silence(self.clock, Random(1), lambda: 1000)

    def test_oneIsAccusedAtOnce(self) -> None:
        """
        Where all others answer, the silent one is accused, once.
        """
        self.assertTrue(self.silence.began(b"a"))
        self.assertFalse(self.silence.began(b"a"))
        self.assertEqual(self.silence.due(), [])
        self.silence.decide()
        self.assertEqual(self.silence.due(), [b"a"])
        self.assertEqual(self.silence.due(), [])

    def test_manyAreNot(self) -> None:
        """
        Where several are silent they are accused at any time within some seconds for each member of the network.
        """
        for peer in (b"a", b"b", b"c"):
            self.silence.began(peer)
        self.silence.decide()
        self.assertEqual(self.silence.due(), [])
        accused = []
        for _ in range(20):
            self.clock.advance(WAIT_MEMBER * 50)
            accused.extend(self.silence.due())
        self.assertEqual(sorted(accused), [b"a", b"b", b"c"])

    def test_othersJustCameBack(self) -> None:
        """
        Where others that were silent were just heard, the last one is asked once more, before it is accused.
        """
        for peer in (b"a", b"b"):
            self.silence.began(peer)
        self.silence.ended(b"a")
        self.assertEqual(self.silence.decide(), [b"b"])
        self.assertEqual(self.silence.due(), [])
        self.clock.advance(THAWING)
        self.assertEqual(self.silence.decide(), [])
        self.assertEqual(self.silence.due(), [b"b"])

    def test_forgotten(self) -> None:
        """
        Whose silence is of no interest any more is not heard again by that.
        """
        for peer in (b"a", b"b"):
            self.silence.began(peer)
        self.silence.forget(b"a")
        self.assertEqual(self.silence.decide(), [])
        self.assertEqual(self.silence.due(), [b"b"])

    def test_heard(self) -> None:
        """
        Who was heard is not silent.
        """
        self.silence.began(b"a")
        self.assertTrue(self.silence.ended(b"a"))
        self.assertFalse(self.silence.ended(b"a"))
        self.silence.decide()
        self.assertEqual(self.silence.due(), [])
        self.assertNotIn(b"a", self.silence)

    def test_bounded(self) -> None:
        """
        Only so many are remembered.
        """
        for number in range(SILENT_MAXIMUM + 5):
            self.silence.began(b"%d" % number)
        self.assertEqual(len(self.silence), SILENT_MAXIMUM)
