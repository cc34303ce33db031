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
from wand.sealed.gossip.asked import (
    AGAIN,
    ASKED_MAXIMUM,
    ITEMS_BURST,
    ITEMS_RATE,
    PATIENCE,
    TOLD_BURST,
    Asked,
)
from wand.sealed.gossip.comparison import (
    ANSWERS_BURST,
    COMPARISON_END,
    INTERVAL,
    QUIET,
    REMEMBERED,
    VOID,
    VOID_MAXIMUM,
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
        Two that say that they have something, and do not give it, do not keep us from asking one that we watch, nor
        from asking another one soon.
        """
        for peer in (b"liar", b"watched"):
            self.comparison.begin(peer)
            self.assertTrue(self.offers(peer))
            self.assertFalse(self.offers(peer))
        for peer in (b"another", b"honest"):
            self.clock.advance(PATIENCE)
            self.comparison.begin(peer)
            self.assertTrue(self.offers(peer))
            self.assertFalse(self.offers(peer))

    def test_theRestSoon(self) -> None:
        """
        Whoever has more than it is asked for at a time is compared with again soon.
        """
        digests = [number.to_bytes(DIGEST, "big") for number in range(1, 1000)]
        self.comparison.begin(b"honest")
        for at in range(0, 999, 100):
            self.comparison.held(b"honest", Held(True, ((at // 100, b"".join(digests[at : at + 100])),)))
        asked = sum(len(field) for _, wanted in self.sent if isinstance(wanted, Wanted) for _, field in wanted.leaves)
        self.assertEqual(asked, ITEMS_BURST * DIGEST)
        self.sent.clear()
        self.clock.advance(INTERVAL)
        self.assertEqual([type(message) for _, message in self.sent], [Digests])

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

    def test_whatIsVoidHere(self) -> None:
        """
        What came and does not count here is asked of nobody for a while, and does not make us compare again; then it
        may count.
        """
        self.comparison.begin(b"honest")
        self.assertTrue(self.offers(b"honest"))
        self.comparison.refused(int.from_bytes(DIGEST_THEIRS, "big"))
        self.clock.advance(AGAIN)
        self.comparison.begin(b"honest")
        self.assertFalse(self.offers(b"honest"))
        self.sent.clear()
        self.clock.advance(VOID - AGAIN)
        self.assertEqual(self.sent, [])
        self.clock.advance(1)
        self.comparison.begin(b"honest")
        self.assertTrue(self.offers(b"honest"))
        for digest in range(2 * VOID_MAXIMUM):
            self.comparison.refused(digest)
        self.assertLessEqual(len(self.comparison._void), VOID_MAXIMUM)

    def test_whatStaysDifferent(self) -> None:
        """
        With a member that differs in the same way again and again we compare less and less often, and at once when
        either changed.
        """
        self.clock.advance(QUIET)
        compared = []
        for number in range(65):
            self.sent.clear()
            self.comparison.told(b"other", 7 if number < 64 else 8)
            self.clock.advance(INTERVAL)
            compared += [number + 1] if self.sent else []
        self.assertEqual(compared, [1, 2, 4, 8, 16, 32, 48, 64, 65])

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

    def test_fewAtOnce(self) -> None:
        """
        One member is asked for one thing at a time, and besides one of those that are watched.
        """
        self.assertEqual(self.may(b"1", b"2", b"watched", b"watched"), [True, False, True, False])
        self.clock.advance(PATIENCE)
        self.assertEqual(self.may(b"1", b"watched", b"2", b"3"), [False, False, True, False])

    def test_noFasterThanItComes(self) -> None:
        """
        One member is asked for no more than it can send meanwhile, so that the rest is asked of others.
        """

        def asks(peer: bytes, first: int) -> int:
            return sum(self.asked.may(peer, first + digest, isWatched=False) for digest in range(1000))

        self.assertEqual((asks(b"1", 0), asks(b"2", 1000)), (ITEMS_BURST, ITEMS_BURST))
        self.clock.advance(1)
        self.assertEqual(asks(b"1", 2000), ITEMS_RATE)

    def test_muchIsNotToldOn(self) -> None:
        """
        What somebody else told first is told on, as are a few items that we asked for, but not thousands of them.
        """
        self.assertTrue(all(self.asked.isToBeTold(digest) for digest in range(1000)))
        told = 0
        for digest in range(1000):
            self.assertTrue(self.asked.may(b"%d" % digest, digest, isWatched=False))
            told += self.asked.isToBeTold(digest)
        self.assertEqual(told, TOLD_BURST)

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
            self.asked.may(b"%d" % digest, digest, isWatched=False)
        self.assertEqual(len(self.asked._asked), ASKED_MAXIMUM)
