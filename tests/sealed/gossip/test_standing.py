"""
Tests for L{wand.sealed.gossip.standing}: who is wrong again and again is believed less and less, for a while.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from simulated.gossipers import Gossipers
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.gossip.standing import (
    AGAIN,
    AGAIN_LONGEST,
    FORGIVEN,
    FREE,
    HALVINGS_MAXIMUM,
    REMEMBERED,
    Objections,
    Standing,
)
from wand.sealed.gossip.view import ACCUSATION_BURST, OBJECTION_BURST, SUSPICION, Reception

digests = st.integers(0, (1 << 64) - 1)


class StandingTests(SynchronousTestCase):
    """
    L{Standing}.
    """

    @given(digests, st.integers(0, 40), st.integers(0, 40))
    def test_theMoreOftenTheLess(self, digest: int, less: int, more: int) -> None:
        """
        What is not believed of somebody is not believed of one who was wrong more often either; and two who counted
        the same believe the same.
        """
        one, two = Standing(Clock()), Standing(Clock())
        for _ in range(less):
            one.wasWrong(b"liar")
        for _ in range(less + more):
            two.wasWrong(b"liar")
        self.assertLessEqual(two.isBelieved(b"liar", digest), one.isBelieved(b"liar", digest))
        self.assertTrue(one.isBelieved(b"another", digest))

    @given(st.lists(st.floats(0, 1000), max_size=60), digests)
    def test_forgiven(self, pauses: list[float], digest: int) -> None:
        """
        Whatever somebody did, it is forgotten after a bounded time.
        """
        clock = Clock()
        standing = Standing(clock)
        for pause in pauses:
            clock.advance(pause)
            standing.wasWrong(b"liar")
        clock.advance(FORGIVEN * HALVINGS_MAXIMUM)
        self.assertTrue(standing.isBelieved(b"liar", digest) or int(standing._times(b"liar")) > FREE - 1)
        clock.advance(FORGIVEN * FREE)
        self.assertTrue(standing.isBelieved(b"liar", digest))

    def test_halved(self) -> None:
        """
        The first times are free; each one more halves what is believed.
        """
        standing = Standing(Clock())
        for _ in range(FREE):
            standing.wasWrong(b"liar")
        self.assertTrue(standing.isBelieved(b"liar", (1 << 64) - 1))
        for halvings in range(1, HALVINGS_MAXIMUM + 4):
            standing.wasWrong(b"liar")
            bits = min(halvings, HALVINGS_MAXIMUM)
            self.assertFalse(standing.isBelieved(b"liar", 1 << 64 - bits))
            self.assertTrue(standing.isBelieved(b"liar", (1 << 64 - bits) - 1))

    @given(st.lists(st.integers(0, 2 * REMEMBERED), max_size=3 * REMEMBERED))
    def test_bounded(self, accusers: list[int]) -> None:
        """
        However many are wrong, only so many are remembered: the last ones.
        """
        standing, objections = Standing(Clock()), Objections(Clock())
        for each in accusers:
            standing.wasWrong(b"%d" % each)
            objections.objected(b"%d" % each)
        for memory in (standing, objections):
            self.assertLessEqual(len(memory), REMEMBERED)


class ObjectionsTests(SynchronousTestCase):
    """
    L{Objections}.
    """

    def test_laterAndLater(self) -> None:
        """
        Each time that somebody objects we wait twice as long; after a long time as at first.
        """
        clock = Clock()
        objections = Objections(clock)
        self.assertEqual(objections.until(b"a"), 0)
        waits = []
        for _ in range(8):
            objections.objected(b"a")
            waits.append(objections.until(b"a") - clock.seconds())
            clock.advance(waits[-1] + 20)
        self.assertEqual(waits[:3], [AGAIN, 2 * AGAIN, 4 * AGAIN])
        self.assertEqual(max(waits), AGAIN_LONGEST)
        clock.advance(AGAIN_LONGEST)
        objections.objected(b"a")
        self.assertEqual(objections.until(b"a") - clock.seconds(), AGAIN)


class DisprovenTests(SynchronousTestCase):
    """
    L{wand.sealed.gossip.view.MemberView}, of accusers that are wrong.
    """

    def setUp(self) -> None:
        self.people = Gossipers(40)
        self.clock = Clock()
        self.counters = Counters()
        self.view = self.people.view(self.clock, self.counters)
        self.accuser = self.people.watcher(5)

    def accuseInVain(self, times: int, pause: float = 1.0) -> list[Reception]:
        found = []
        for _ in range(times):
            presence = self.view.get(self.people.who[5]).presence  # type: ignore[union-attr]
            assert presence is not None
            number = presence.order[1]
            found.append(self.view.take(self.people.accusation(self.accuser, 5, number)))
            self.clock.advance(pause)
            self.view.take(self.people.presence(5, number + 1))
        return found

    def test_whoIsWrongIsNotTaken(self) -> None:
        """
        Of somebody who accuses in vain all the time few accusations are taken; others are believed as before.
        """
        found = self.accuseInVain(200, pause=20.0 / 3)
        self.assertEqual(found[: FREE + 1], [Reception.NEW] * (FREE + 1))
        self.assertLess(found.count(Reception.NEW), 40)
        self.assertEqual(self.counters["drop-gossip-disproven"], found.count(Reception.VOID))
        presence = self.view.get(self.people.who[5]).presence  # type: ignore[union-attr]
        assert presence is not None
        another = self.people.accusation(self.people.watcher(5, 1), 5, presence.order[1], ring=1)
        self.assertIs(self.view.take(another), Reception.NEW)

    def test_whoObjectsTooLateProvesNothing(self) -> None:
        """
        A member that comes back after it was gone does not prove that it had been there.
        """
        self.assertEqual(self.accuseInVain(4, pause=SUSPICION), [Reception.NEW] * 4)
        self.assertEqual(len(self.view.standing), 0)

    def test_oneObjectsAllTheSame(self) -> None:
        """
        Who is accused by somebody who is not believed objects, only so often: others may believe it.
        """
        self.view.own = self.people.who[5]
        for _ in range(FREE + HALVINGS_MAXIMUM):
            self.view.standing.wasWrong(self.people.who[self.accuser])
        found = self.accuseInVain(int(OBJECTION_BURST) + 8, pause=0.0)
        self.assertEqual(found.count(Reception.NEW), min(OBJECTION_BURST, ACCUSATION_BURST))

    def test_whoIsHeardIsHere(self) -> None:
        """
        Who is accused by somebody who is not believed any more is here once it is heard.
        """
        who = self.people.who[5]
        self.view.take(self.people.accusation(self.accuser, 5))
        self.clock.advance(SUSPICION)
        self.assertIsNone(self.view.heard(who))
        for _ in range(FREE + HALVINGS_MAXIMUM):
            self.view.standing.wasWrong(self.people.who[self.accuser])
        self.assertFalse(self.view.isHere(who))
        self.assertIsNotNone(self.view.heard(who))
        self.assertTrue(self.view.isHere(who))
