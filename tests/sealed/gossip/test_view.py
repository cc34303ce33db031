"""
Tests for L{wand.sealed.gossip.view} and L{wand.sealed.gossip.rings}: what is forged, replayed or made up changes
nothing, and is counted.
"""

from __future__ import annotations

from itertools import islice
from random import Random

from simulated.gossipers import Gossipers
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.gossip.held_back import CHANGE_BURST, WAITING_MAXIMUM
from wand.sealed.gossip.items import Item
from wand.sealed.gossip.rings import NEAR, RINGS, Rings
from wand.sealed.gossip.view import SUSPICION, Reception


class ViewTests(SynchronousTestCase):
    """
    L{wand.sealed.gossip.view.MemberView}.
    """

    def setUp(self) -> None:
        self.people = Gossipers(40)
        self.clock = Clock()
        self.counters = Counters()
        self.view = self.people.view(self.clock, self.counters)

    def refuse(self, item: Item, reception: Reception, counter: str) -> None:
        before, total = self.counters[counter], self.view.tree.total
        self.assertIs(self.view.take(item), reception)
        self.assertEqual(self.counters[counter], before + 1)
        self.assertEqual(self.view.tree.total, total)

    def test_news(self) -> None:
        """
        What is new and true is taken, and told on, once.
        """
        told: list[Item] = []
        self.view.changed = told.append
        item = self.people.presence(5, 2, port=9)
        self.assertIs(self.view.take(item), Reception.NEW)
        self.refuse(item, Reception.KNOWN, "gossip-items-known")
        self.assertEqual(told, [item])
        entry = self.view.get(self.people.who[5])
        assert entry is not None
        self.assertEqual(entry.endpoints, ("198.18.0.5:9",))

    def test_forged(self) -> None:
        """
        What the member did not sign is not taken.
        """
        for item in (self.people.presence(5, 2), self.people.accusation(self.people.watcher(5), 5)):
            self.refuse(self.people.forged(item), Reception.FORGED, "drop-gossip-item")

    def test_replayed(self) -> None:
        """
        What was said before is not taken again, however true it was.
        """
        old = self.people.presence(5, 1)
        self.view.take(self.people.presence(5, 3))
        self.refuse(old, Reception.KNOWN, "gossip-items-known")
        self.refuse(self.people.presence(5, 2), Reception.KNOWN, "gossip-items-known")

    def test_accused(self) -> None:
        """
        An accused member is here for as long as it may still object, and again when it does.
        """
        who = self.people.who[5]
        self.assertIs(self.view.take(self.people.accusation(self.people.watcher(5), 5)), Reception.NEW)
        self.assertTrue(self.view.isHere(who))
        self.clock.advance(SUSPICION)
        self.assertFalse(self.view.isHere(who))
        self.assertEqual(self.view.doubted, (who,))
        self.view.take(self.people.presence(5, 2))
        self.assertTrue(self.view.isHere(who))
        self.assertEqual(self.view.doubted, ())

    def test_onlyWhoWatchesMayAccuse(self) -> None:
        """
        Who is far from a member on the ring cannot accuse it.
        """
        rings, who = self.people.population.rings, self.people.who
        far = next(rings.after(0, who[5]))  # it watches member 5 last of all
        item = self.people.accusation(who.index(far), 5)
        self.refuse(item, Reception.DROPPED, "drop-gossip-accusation")

    def test_whoIsAccusedListensToMore(self) -> None:
        """
        An accusation of ourselves by somebody who may be near for others is taken: only we can refute it.
        """
        order = list(self.people.population.rings.after(0, self.people.who[5]))
        item = self.people.accusation(self.people.who.index(order[-20]), 5)
        self.refuse(item, Reception.DROPPED, "drop-gossip-accusation")
        self.view.own = self.people.who[5]
        self.assertIs(self.view.take(item), Reception.NEW)

    def test_strangers(self) -> None:
        """
        What is about somebody unknown, or said by such, is dropped.
        """
        stranger = Gossipers(41)
        self.refuse(stranger.presence(40), Reception.DROPPED, "drop-gossip-unknown")
        self.refuse(stranger.accusation(40, 5), Reception.DROPPED, "drop-gossip-unknown")
        self.assertIs(self.view.take(stranger.announcement(40)), Reception.NEW)
        self.assertIs(self.view.take(stranger.presence(40)), Reception.NEW)

    def test_theFutureIsUnknown(self) -> None:
        """
        Nobody can be accused of a presence that it has not announced.
        """
        item = self.people.accusation(self.people.watcher(5), 5, 2**32 - 1)
        self.refuse(item, Reception.DROPPED, "drop-gossip-unknown")

    def test_aMemberThatChangesTooOften(self) -> None:
        """
        Of a member that says something new all the time only so much is taken; nobody else is affected.
        """
        for order in range(2, 2 + int(CHANGE_BURST)):
            self.assertIs(self.view.take(self.people.presence(5, order)), Reception.NEW)
        total = self.view.tree.total
        self.assertIs(self.view.take(self.people.presence(5, 98)), Reception.DROPPED)
        self.refuse(self.people.presence(5, 100), Reception.DROPPED, "drop-gossip-throttled")
        self.assertIs(self.view.take(self.people.presence(5, 99)), Reception.DROPPED)
        self.assertEqual(self.view.tree.total, total)
        self.assertIs(self.view.take(self.people.presence(6, 2)), Reception.NEW)
        told: list[Item] = []
        self.view.changed = told.append
        self.clock.pump([0.5] * 20)
        self.assertEqual([item.order for item in told], [(1, 100)])
        self.assertEqual(self.counters["gossip-items-delayed"], 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_whatWaitsIsBounded(self) -> None:
        """
        However many change too often, few items wait; what waits for somebody who is no member any more is not taken.
        """
        people = Gossipers(WAITING_MAXIMUM + 20)
        view = people.view(self.clock, self.counters)
        told: list[Item] = []
        for number in range(len(people.who)):
            for order in range(2, 3 + int(CHANGE_BURST)):
                view.take(people.presence(number, order))
        self.assertEqual(self.counters["drop-gossip-throttled"], 20)
        view.forget(people.who[0])
        view.changed = told.append
        self.clock.pump([0.5] * 20)
        self.assertEqual(len(told), WAITING_MAXIMUM - 1)
        view.take(people.presence(1, 50))
        view.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_accusedByAMemberThatDoesNotWatchIt(self) -> None:
        """
        A member that was alone for a while accuses some that it does not watch when all are here.  They cannot object;
        so the accusation counts no more once they are heard, and the others are here again.
        """
        between = list(islice(self.view.rings.after(0, self.people.who[0]), NEAR + 3))
        *others, accused = [self.people.who.index(each) for each in between]
        for other in others:
            self.view.take(self.people.presence(other, 2, here=False))
        self.assertIs(self.view.take(self.people.accusation(0, accused)), Reception.NEW)
        self.assertIsNone(self.view.heard(self.people.who[accused]))
        for other in others:
            self.view.take(self.people.presence(other, 3))
        self.clock.advance(SUSPICION)
        self.assertFalse(self.view.isHere(self.people.who[accused]))
        self.assertIsNotNone(self.view.heard(self.people.who[accused]))
        self.assertIsNone(self.view.heard(self.people.who[accused]))
        self.assertTrue(self.view.isHere(self.people.who[accused]))
        self.refuse(self.people.accusation(0, accused), Reception.DROPPED, "drop-gossip-accusation")

    def test_goodbye(self) -> None:
        """
        Who says goodbye is not here, at once.
        """
        self.view.take(self.people.presence(5, 2, here=False))
        self.assertFalse(self.view.isHere(self.people.who[5]))

    def test_forgotten(self) -> None:
        """
        Of whom is no longer a member nothing is left.
        """
        self.view.take(self.people.accusation(self.people.watcher(5), 5))
        self.view.forget(self.people.who[5])
        self.assertIsNone(self.view.get(self.people.who[5]))
        self.assertEqual(self.view.doubted, ())

    def test_garbage(self) -> None:
        """
        What cannot be read is counted.
        """
        self.assertIsNone(self.view.read(b"\x93\x01\x02\x03"))
        self.assertEqual(self.counters["drop-gossip-item"], 1)


class RingTests(SynchronousTestCase):
    """
    L{Rings}.
    """

    def setUp(self) -> None:
        self.who = [bytes([number]) * 32 for number in range(50)]
        self.rings = Rings(b"network")
        for each in self.who:
            self.rings.add(each)
            self.rings.add(each)

    def test_everybodyIsOnEachRing(self) -> None:
        """
        Going around a ring, one meets everybody else once; each ring has another order.
        """
        orders = [tuple(self.rings.after(ring, self.who[0])) for ring in range(RINGS)]
        for order in orders:
            self.assertEqual(sorted(order), self.who[1:])
        self.assertEqual(len(set(orders)), RINGS)

    def test_goneMembers(self) -> None:
        """
        Who is no member any more is on no ring; nobody minds if it never was.
        """
        self.rings.discard(self.who[7])
        self.rings.discard(self.who[7])
        self.assertEqual(len(self.rings), 49)
        for ring in range(RINGS):
            self.assertNotIn(self.who[7], self.rings.after(ring, self.who[0]))

    def test_some(self) -> None:
        """
        Some members at random, or all if there are not so many.
        """
        self.assertEqual(len(set(self.rings.some(6, Random(1)))), 6)
        self.assertEqual(len(self.rings.some(600, Random(1))), 50)

    def test_mayAccuse(self) -> None:
        """
        Between an accuser and the accused there may be many who are not here, and few who are.
        """
        order = list(self.rings.after(1, self.who[0]))
        self.assertTrue(self.rings.mayAccuse(1, self.who[0], order[0], lambda each: True))
        self.assertTrue(self.rings.mayAccuse(1, self.who[0], order[16], lambda each: True))
        self.assertFalse(self.rings.mayAccuse(1, self.who[0], order[18], lambda each: True))
        self.assertTrue(self.rings.mayAccuse(1, self.who[0], order[40], lambda each: False))
        self.assertFalse(self.rings.mayAccuse(1, self.who[0], b"\xff" * 32, lambda each: False))
