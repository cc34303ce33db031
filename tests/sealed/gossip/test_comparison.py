"""
Tests for L{wand.sealed.gossip.comparison} and L{wand.sealed.gossip.asked}: nobody keeps anything from us by what he
says that he has, and nobody makes us say more than is of use.
"""

from __future__ import annotations

from random import Random

from simulated.gossipers import Gossipers
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.gossip.asked import AGAIN, ASKED_MAXIMUM, AT_ONCE, PATIENCE, Asked
from wand.sealed.gossip.comparison import (
    ANSWERS_BURST,
    COMPARISON_END,
    INTERVAL,
    REMEMBERED,
    Comparison,
)
from wand.sealed.gossip.messages import DIGEST, WHOLE, Digests, Held, Wanted
from wand.sealed.gossip.tree import WIDTH

#: Totals that nobody has.
OTHER = b"\x01" * (WIDTH * DIGEST)

#: A digest that nobody has.
DIGEST_THEIRS = b"\x07" * DIGEST


class ComparisonTests(SynchronousTestCase):
    """
    L{Comparison}.
    """

    def setUp(self) -> None:
        self.clock, self.counters = Clock(), Counters()
        self.sent: list[tuple[bytes, Digests | Held | Wanted]] = []
        tree = Gossipers().population.tree
        self.comparison = Comparison(
            self.clock,
            Random(1),
            self.counters,
            lambda: tree,
            lambda peer, message: self.sent.append((peer, message)),
            lambda item, peers: None,
            lambda peer: peer == b"watched",
        )
        self.addCleanup(self.comparison.stop)

    def offers(self, peer: bytes) -> bool:
        """
        A member says that it has something.

        @return: whether it is asked for that.
        """
        self.sent.clear()
        self.comparison.held(peer, Held(True, ((7, DIGEST_THEIRS),)))
        return self.sent == [(peer, Wanted(((7, DIGEST_THEIRS),)))]

    def test_nobodyKeepsAnythingFromUs(self) -> None:
        """
        Two that say that they have something, and do not give it, do not keep us from asking a third one.
        """
        for peer in (b"liar", b"another", b"honest"):
            self.comparison.begin(peer)
            self.assertTrue(self.offers(peer))
            self.assertFalse(self.offers(peer))

    def test_unasked(self) -> None:
        """
        Who says what it has while we do not compare is not listened to, nor when that was over long ago.
        """
        self.assertFalse(self.offers(b"liar"))
        self.assertEqual(self.counters["drop-gossip-comparison"], 1)
        self.comparison.begin(b"honest")
        self.clock.advance(COMPARISON_END)
        self.assertFalse(self.offers(b"honest"))
        self.assertEqual(self.counters["drop-gossip-comparison"], 2)

    def test_theWholeNotTooOften(self) -> None:
        """
        Of what a member has in all branches only so much is answered; nobody else has to wait for that.
        """
        self.comparison.digests(b"liar", Digests(WHOLE, OTHER))
        answers = len(self.sent)
        self.assertGreater(answers, 0)
        self.comparison.digests(b"liar", Digests(WHOLE, OTHER))
        self.assertEqual((len(self.sent), self.counters["drop-gossip-comparison"]), (answers, 1))
        self.comparison.digests(b"honest", Digests(WHOLE, OTHER))
        self.assertEqual(len(self.sent), 2 * answers)
        self.clock.advance(INTERVAL / 2)
        self.comparison.digests(b"liar", Digests(WHOLE, OTHER))
        self.assertEqual(len(self.sent), 3 * answers)

    def test_answersAreLimited(self) -> None:
        """
        A member that asks and asks gets so many answers and no more, whatever it asks with.
        """
        self.comparison.begin(b"liar")
        self.sent.clear()
        leaves = tuple((number, b"") for number in range(64))
        for at in range(200):
            if at % 2:
                self.comparison.digests(b"liar", Digests(at % WIDTH, OTHER))
            else:
                self.comparison.held(b"liar", Held(False, leaves))
        self.assertEqual(self.counters["drop-gossip-comparison"], 200 - ANSWERS_BURST)

    def test_littleIsRemembered(self) -> None:
        """
        However many members compare, only of so many is that remembered: the last ones.
        """
        for number in range(3 * REMEMBERED):
            self.comparison.digests(number.to_bytes(32, "big"), Digests(WHOLE, OTHER))
        self.assertEqual(len(self.comparison._begun), REMEMBERED)
        self.assertTrue(self.offers(number.to_bytes(32, "big")))


class AskedTests(SynchronousTestCase):
    """
    L{Asked}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.asked = Asked(self.clock)

    def may(self, *peers: bytes) -> list[bool]:
        return [self.asked.may(peer, 1, isWatched=peer == b"watched") for peer in peers]

    def test_someAtOnce(self) -> None:
        """
        Only so many are asked for one thing at a time, and who is watched in any case.
        """
        self.assertEqual(AT_ONCE, 3)
        self.assertEqual(self.may(b"1", b"2", b"3", b"4", b"watched"), [True, True, True, False, True])
        self.clock.advance(PATIENCE)
        self.assertEqual(self.may(b"1", b"watched", b"4"), [False, False, True])

    def test_again(self) -> None:
        """
        Who did not give it is asked again after a while.
        """
        self.assertEqual(self.may(b"1", b"1"), [True, False])
        self.clock.advance(AGAIN)
        self.assertEqual(self.may(b"1"), [True])

    def test_bounds(self) -> None:
        """
        Of that only so much is remembered.
        """
        for digest in range(2 * ASKED_MAXIMUM):
            self.asked.may(b"1", digest, isWatched=False)
        self.assertEqual(len(self.asked._asked), ASKED_MAXIMUM)
