"""
Tests of L{wand.rel2.registry} and L{wand.timing.token_buckets}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import MAC
from wand.rel2.registry import EXPIRY, Change, Registration, Registry
from wand.rel2.wire import entrySize, parseListing
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.ports import DATAGRAM_MAXIMUM

ALICE = MAC.parse("02:00:00:00:00:0a")
BOB = MAC.parse("02:00:00:00:00:0b")
HOME = Endpoint("192.0.2.1", 5000)


class RegistryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.expired: list[Registration] = []
        self.registry = Registry(self.clock, self.clock.seconds, self.expired.append)

    def test_whatCountsAsAChange(self) -> None:
        """
        A new address, another host and another port are changes; the same endpoint again is none.
        """
        self.assertIs(self.registry.change(ALICE, HOME), Change.NEW)
        self.registry.register(ALICE, HOME)
        self.assertIs(self.registry.change(ALICE, HOME), Change.NONE)
        self.assertIs(self.registry.change(ALICE, Endpoint("192.0.2.1", 5001)), Change.PORT)
        self.assertIs(self.registry.change(ALICE, Endpoint("192.0.2.2", 5000)), Change.HOST)

    def test_versionGrowsWithChangesOnly(self) -> None:
        """
        The version grows when there is something to tell, and not when a node is merely heard of again.
        """
        self.registry.register(ALICE, HOME)
        before = self.registry.version
        self.registry.register(ALICE, HOME)
        self.assertEqual(self.registry.version, before)
        self.registry.register(ALICE, Endpoint("192.0.2.1", 5001))
        self.assertGreater(self.registry.version, before)

    def test_nodeExpiresAnHourAfterItWasLastSeen(self) -> None:
        """
        A node that is not heard of for 3,600 s is forgotten; each request starts the hour over.
        """
        self.registry.register(ALICE, HOME)
        self.clock.advance(EXPIRY - 1)
        self.registry.register(ALICE, HOME)
        self.clock.advance(EXPIRY - 1)
        self.assertEqual(self.expired, [])
        self.assertEqual(self.registry.expires(ALICE), self.clock.seconds() + 1)
        self.clock.advance(2)
        self.assertEqual([registration.mac for registration in self.expired], [ALICE])
        self.assertEqual(len(self.registry), 0)

    def test_sinceIsWhenTheNodeCameToItsEndpoint(self) -> None:
        """
        C{since} stays while a node stays, and moves with it; C{lastSeen} moves with every request.
        """
        self.registry.register(ALICE, HOME)
        self.clock.advance(10)
        kept = self.registry.register(ALICE, HOME)
        self.assertEqual((kept.since, kept.lastSeen), (1000, 1010))
        self.clock.advance(10)
        moved = self.registry.register(ALICE, Endpoint("192.0.2.2", 5000))
        self.assertEqual((moved.since, moved.lastSeen), (1020, 1020))

    def test_listingNamesEverybody(self) -> None:
        """
        The listing names every node with its host, several nodes behind one address too.
        """
        self.registry.register(ALICE, HOME)
        self.registry.register(BOB, Endpoint("192.0.2.1", 6000))
        listing = parseListing(self.registry.listing())
        assert listing is not None
        self.assertEqual(listing.hosts, {ALICE: "192.0.2.1", BOB: "192.0.2.1"})
        self.registry.remove(ALICE)
        listing = parseListing(self.registry.listing())
        assert listing is not None
        self.assertEqual(listing.hosts, {BOB: "192.0.2.1"})

    def test_fullTableRefusesAndKeepsItsMembers(self) -> None:
        """
        A table takes as many nodes as one datagram can name; one more is refused, a member is still welcome, and when
        one leaves there is room.
        """
        host = "100.100.100.10"
        count, rest = divmod(DATAGRAM_MAXIMUM, entrySize(host))
        members = [MAC(b"\x02\xee" + number.to_bytes(4, "big")) for number in range(count)]
        for mac in members:
            self.registry.register(mac, Endpoint(host, 5000))
        self.assertRaises(EntryRefused, self.registry.register, ALICE, Endpoint(host, 5000))
        self.assertEqual(len(self.registry.listing()), DATAGRAM_MAXIMUM - rest)
        self.registry.register(members[0], Endpoint(host, 6000))
        self.registry.remove(members[1])
        self.registry.register(ALICE, Endpoint(host, 5000))

    def test_operatorsEntryIsNotMovedByARequest(self) -> None:
        """
        What the operator fixed to a host is not moved by a request from another, and does not expire.
        """
        self.registry.put(Registration(ALICE, HOME, 1000, 1000, None, fixed=True, asked=False))
        self.assertRaises(EntryRefused, self.registry.register, ALICE, Endpoint("192.0.2.2", 5000))
        self.assertTrue(self.registry.register(ALICE, Endpoint("192.0.2.1", 6000)).fixed)
        self.clock.advance(10 * EXPIRY)
        self.assertIsNone(self.registry.expires(ALICE))
        self.assertEqual(len(self.registry), 1)

    def test_unknownNodeCanNotBeRemoved(self) -> None:
        """
        To remove a node that is not registered is an error.
        """
        self.assertRaises(NoSuchEntry, self.registry.remove, ALICE)

    def test_pagesGoThroughTheRegistryInOrder(self) -> None:
        """
        Pages are in the order of the addresses and go on where the last one ended.
        """
        self.registry.register(BOB, HOME)
        self.registry.register(ALICE, HOME)
        self.assertEqual([registration.mac for registration in self.registry.page(None, 1)], [ALICE])
        self.assertEqual([registration.mac for registration in self.registry.page(ALICE, 5)], [BOB])
        self.assertEqual(self.registry.page(BOB, 5), [])

    def test_stopLeavesNoTimer(self) -> None:
        """
        A stopped registry leaves no timer behind.
        """
        self.registry.register(ALICE, HOME)
        self.registry.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class BudgetTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.budget = TokenBuckets(self.clock, rate=2, burst=3, memory=4)

    def test_burstThenRate(self) -> None:
        """
        A bucket has so many tokens at once, and then gets more at its rate.
        """
        self.assertEqual([self.budget.take("a") for _ in range(5)], [True, True, True, False, False])
        self.clock.advance(0.5)
        self.assertEqual([self.budget.take("a") for _ in range(2)], [True, False])

    def test_reserveIsLeft(self) -> None:
        """
        A reserve is left for others; where there is not enough, nothing is taken.
        """
        self.assertFalse(self.budget.take("a", 2, reserve=2))
        self.assertTrue(self.budget.take("a", 1, reserve=2))
        self.assertTrue(self.budget.take("a", 2))

    def test_addressesDoNotShare(self) -> None:
        """
        A bucket that is empty takes nothing from another.
        """
        for _ in range(9):
            self.budget.take("a")
        self.assertTrue(self.budget.take("b"))

    def test_memoryIsBounded(self) -> None:
        """
        However many keys there are, only so many are remembered.
        """
        for number in range(100):
            self.budget.take(str(number))
        self.assertEqual(len(self.budget), 4)
