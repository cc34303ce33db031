"""
Tests for L{wand.sealed.directory.entry_lifetimes}.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from wand.membership.claims import Claims
from wand.membership.trust import Trust
from wand.sealed.directory.entry_lifetimes import OFFLINE_LIFETIME, ONLINE_LIFETIME, EntryLifetimes
from wand.table import OPERATOR
from wand.testing.context import simulatedNode
from wand.testing.members import BEGIN, Person, SimulatedNetwork, macOf
from wand.testing.network import Network


class EntryLifetimesTests(SynchronousTestCase):
    """
    L{EntryLifetimes}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.clock = self.network.clock
        context = simulatedNode(self.clock, Network(self.clock, Random(0)), "192.0.2.1", macOf(1))
        self.table = context.table
        trust = Trust(self.network.key.network, self.clock.seconds)
        self.claims = Claims(
            self.network.person(1).key.identity,
            trust.check,
            self.table,
            self.clock,
            context.events,
            context.counters,
            wallClock=self.clock.seconds,
        )
        self.lifetimes = EntryLifetimes(self.claims, self.table)
        self.alice = self.network.person(2)
        self.claim(self.alice)

    def claim(self, person: Person) -> None:
        self.claims.offer(person.signedCertificate, person.claim())
        self.lifetimes.taken(person.key.identity)

    def known(self) -> list[bytes]:
        return sorted(self.table.peerOf)

    def test_whoWasNeverOnlineGoesSoon(self) -> None:
        """
        A claim alone gives an entry that goes within minutes.
        """
        self.assertEqual(self.known(), [macOf(2)])
        self.clock.advance(OFFLINE_LIFETIME + 1)
        self.assertEqual(self.known(), [])

    def test_whoIsOnlineStays(self) -> None:
        """
        Once a server says that a member is online its entry stands for a day, and for another each time it says so.
        """
        self.lifetimes.online(self.alice.key.identity)
        self.clock.advance(ONLINE_LIFETIME - 1)
        self.lifetimes.online(self.alice.key.identity)
        self.clock.advance(ONLINE_LIFETIME - 1)
        self.assertEqual(self.known(), [macOf(2)])
        self.clock.advance(2)
        self.assertEqual(self.known(), [])

    def test_whoComesBackIsBack(self) -> None:
        """
        An entry that went comes back when a server says that its member is online, without a new claim.
        """
        self.clock.advance(OFFLINE_LIFETIME + 1)
        self.lifetimes.online(self.alice.key.identity)
        self.assertEqual(self.known(), [macOf(2)])

    def test_whoLeavesIsHeardOn(self) -> None:
        """
        When no server says any more that a member is online its entry has some minutes, and more as long as frames
        come from it; that servers repeat it changes nothing.
        """
        self.lifetimes.online(self.alice.key.identity)
        self.lifetimes.offline(self.alice.key.identity)
        for _ in range(5):
            self.clock.advance(OFFLINE_LIFETIME - 1)
            self.table.touch(self.alice.key.identity)
        self.assertEqual(self.known(), [macOf(2)])
        self.clock.advance(OFFLINE_LIFETIME - 1)
        self.lifetimes.offline(self.alice.key.identity)
        self.clock.advance(2)
        self.assertEqual(self.known(), [])

    def test_whatSomebodyLostIsTheOthers(self) -> None:
        """
        Of two that claim one address the elder has it: to say that the younger is online gives it nothing, and what the
        elder got by that gets a lifetime with the next sweep.
        """
        elder = self.network.person(3, macs=[macOf(2)], since=BEGIN - 10)
        self.claims.offer(elder.signedCertificate, elder.claim())
        self.lifetimes.online(self.alice.key.identity)
        self.assertEqual(self.table.peerOf[macOf(2)], elder.key.identity)
        self.assertIsNone(self.table.sources(macOf(2))[0].lifetime)
        self.lifetimes.sweep()
        self.assertEqual(self.table.sources(macOf(2))[0].lifetime, OFFLINE_LIFETIME)

    def test_othersEntriesAreTheirs(self) -> None:
        """
        What an operator says of the address is neither changed nor given a lifetime.
        """
        self.table.put(macOf(2), self.alice.key.identity, OPERATOR)
        self.lifetimes.offline(self.alice.key.identity)
        self.lifetimes.sweep()
        self.clock.advance(2 * OFFLINE_LIFETIME)
        self.assertEqual([entry.source for entry in self.table.sources(macOf(2))], [OPERATOR])
