"""
Tests for L{wand.rel2.listing_sender}.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.endpoint import SERVER_PORT, Endpoint
from wand.ethernet import MAC
from wand.rel2.listing_sender import LISTED_BURST, ListingSender
from wand.rel2.registry import Registration, Registry
from wand.rel2.wire import parseListing
from wand.testing.network import Network

ALICE = MAC.parse("02:00:00:00:00:0a")
BOB = MAC.parse("02:00:00:00:00:0b")
CAROL = MAC.parse("02:00:00:00:00:0c")


class ListingSenderTests(SynchronousTestCase):
    """
    L{ListingSender}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(0))
        self.counters = Counters()
        self.registry = Registry(self.clock, self.clock.seconds, lambda registration: None)
        self.listings = ListingSender(self.registry, self.clock, self.counters)
        self.listings.port = self.network.host("192.0.2.100").bind("0.0.0.0", SERVER_PORT, self)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}: nobody sends anything here.
        """

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """

    def register(self, number: int, mac: MAC) -> Registration:
        return self.registry.register(mac, Endpoint(f"192.0.2.{number}", 5000))

    def sent(self) -> list[tuple[str, int]]:
        """
        To whom listings were sent since the last look, and how many nodes each named.
        """
        listings = [(each.destination.host, parseListing(each.payload)) for each in self.network.sent]
        self.network.sent.clear()
        return [(host, len(listing.hosts)) for host, listing in listings if listing is not None]

    def test_whoAsksIsAnsweredWithAll(self) -> None:
        """
        An answer goes to the node that asked, and to nobody else.
        """
        self.register(1, ALICE)
        self.listings.reply(self.register(2, BOB))
        self.assertEqual(self.sent(), [("192.0.2.2", 2)])

    def test_aChangeGoesToWhoDoesNotKnow(self) -> None:
        """
        Everybody who asked once is told of a change, except for those who have that listing already.
        """
        self.register(1, ALICE)
        self.listings.reply(self.register(2, BOB))
        self.sent()
        self.listings.changed()
        self.assertEqual(self.sent(), [("192.0.2.1", 2)])
        self.clock.advance(1)
        self.listings.changed()
        self.assertEqual(self.sent(), [])

    def test_whoNeverAskedIsNotTold(self) -> None:
        """
        A node that only an operator named is not told: nobody knows where it listens.
        """
        self.registry.put(Registration(ALICE, Endpoint("192.0.2.1", 22222), 0, 0, None, fixed=True, asked=False))
        self.listings.changed()
        self.assertEqual(self.sent(), [])

    def test_afterAStartEverybodyKnows(self) -> None:
        """
        What was read from the store is not news to those who are in it; what changes then is.
        """
        self.register(1, ALICE)
        self.register(2, BOB)
        self.listings.assumeKnown()
        self.listings.changed()
        self.assertEqual(self.sent(), [])
        self.clock.advance(1)
        self.register(3, CAROL)
        self.listings.changed()
        self.assertEqual(sorted(host for host, _ in self.sent()), ["192.0.2.1", "192.0.2.2", "192.0.2.3"])

    def test_oneAddressIsSentSoMuch(self) -> None:
        """
        An address is sent so many octets at once and no more; part of them is kept for answers, so that pushes cannot
        use up everything.
        """
        alice = self.register(1, ALICE)
        count = int(LISTED_BURST / len(self.registry.listing()))
        for _ in range(count + 5):
            self.listings.reply(alice)
        self.assertEqual(self.counters["rel2-server-replies"], count)
        self.assertEqual(self.counters["drop-rel2-server-throttled"], 5)
        self.register(2, BOB)
        self.listings.changed()
        self.assertEqual(self.counters["rel2-server-pushes"], 1)
        self.assertEqual(self.counters["drop-rel2-server-throttled"], 6)

    def test_stopFreesThePort(self) -> None:
        """
        After the end nothing is sent, and no timer is left.
        """
        self.register(1, ALICE)
        self.listings.changed()
        self.listings.stop()
        self.registry.stop()
        self.assertEqual((self.listings.port, self.clock.getDelayedCalls()), (None, []))
