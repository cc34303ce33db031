"""
Whose word counts for a MAC address: the rows of the table in docs/architecture.md, with everything that feeds it.
"""

from __future__ import annotations

from simulated.membership import TestNetwork, macFrom, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.directories.static import StaticDirectory
from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.credentials.identity import Identity, NodeKey
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.claims import Claims
from wand.table import OPERATOR, Table

PHONE = macFrom("phone")
CAROL, DAVE = (Identity(octetsFrom(name)) for name in ("carol", "dave"))


class WhoseWordTests(SynchronousTestCase):
    """
    One address, and everybody who may speak of it.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        events = Events(self.clock.seconds)
        self.network = TestNetwork()
        self.alice, self.bob = (NodeKey.fromSeed(octetsFrom(name)) for name in ("alice", "bob"))
        self.table = Table(self.clock, events)
        trust = Trust(self.network.key.network, self.clock.seconds)
        own = Identity(bytes(32))
        self.claims = Claims(own, trust.check, self.table, self.clock, events, Counters(), wallClock=self.clock.seconds)
        self.addCleanup(self.claims.stop)
        self.addCleanup(self.table.stop)

    def claim(self, key: NodeKey, name: str, since: int, epoch: int = 1, macs: tuple[MAC, ...] = (PHONE,)) -> None:
        certificate = self.network.certificate(key, name, macs, since=since, bridge=True, confirmed=True)
        self.claims.offer(certificate, self.network.claim(key, name, macs, epoch=epoch))

    def owner(self) -> object:
        entry = self.table.entry(PHONE)
        return None if entry is None else (entry.peer, entry.source.name)

    def test_everyRow(self) -> None:
        """
        From the last row to the first, and back: who has more to say is followed at once, and who takes it back is
        not missed.
        """
        self.claim(self.bob, "bob", 5, macs=())
        self.claims.learned.heard(self.bob.identity, PHONE, True)
        self.assertEqual(self.owner(), (self.bob.identity, "learned"))
        self.claim(self.bob, "bob", 5, epoch=2)
        self.assertEqual(self.owner(), (self.bob.identity, "claims"))
        self.claim(self.alice, "alice", 4)  # she has been a member for longer
        self.assertEqual(self.owner(), (self.alice.identity, "claims"))
        static = StaticDirectory({PHONE: CAROL}, self.table)
        static.start()
        self.assertEqual(self.owner(), (CAROL, "configuration"))
        self.clock.advance(1)
        self.table.put(PHONE, DAVE, OPERATOR)
        self.assertEqual(self.owner(), (DAVE, "operator"))
        for by in ("directory", "gossip"):
            self.claims.entries.directoryHeard(by)
            self.claims.entries.online(self.bob.identity, by)
            self.claims.entries.online(self.alice.identity, by)
        self.assertEqual(self.owner(), (DAVE, "operator"))
        self.table.remove(PHONE, OPERATOR)
        self.assertEqual(self.owner(), (CAROL, "configuration"))
        static.stop()
        self.assertEqual(self.owner(), (self.alice.identity, "claims"))
        self.claims.drop(self.alice.identity)
        self.assertEqual(self.owner(), (self.bob.identity, "claims"))
        self.claims.drop(self.bob.identity)
        self.assertIsNone(self.owner())
