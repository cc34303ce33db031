"""
Tests for L{wand.sealed.node.member_entries}: what a sealed network has in the table.
"""

from __future__ import annotations

from simulated.membership import macFrom, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.hosts_behind import HostsBehind
from wand.sealed.node.member_entries import CLAIMED, LEARNED, OFFLINE_LIFETIME, ONLINE_LIFETIME, MemberEntries
from wand.table import Table

OWN, ALICE, BOB = (Identity(octetsFrom(name)) for name in ("own", "alice", "bob"))
LAPTOP, PRINTER, CAMERA = map(macFrom, ("laptop", "printer", "camera"))


class MemberEntriesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.counters = Counters()
        self.table = Table(self.clock, Events(self.clock.seconds), macFrom("own"), limit=3)
        self.claims = {ALICE: (LAPTOP,), BOB: (PRINTER,)}
        self.entries = MemberEntries(self.table, OWN, self.clock, self.counters, lambda identity: self.claims[identity])
        self.addCleanup(self.entries.stop)

    def lifetime(self, mac: MAC) -> float | None:
        entry = self.table.entry(mac)
        assert entry is not None
        return entry.lifetime

    def test_anOwnerIsInTheTable(self) -> None:
        """
        Frames for an address go to its owner; nobody has it once nobody owns it.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.assertEqual((self.table.peerOf[LAPTOP], self.entries.owners[LAPTOP]), (ALICE, ALICE))
        self.entries.setOwner(LAPTOP, BOB)
        self.assertEqual(self.table.peerOf[LAPTOP], BOB)
        self.entries.setOwner(LAPTOP, None)
        self.assertEqual((self.table.peerOf, self.entries.owners), ({}, {}))

    def test_ourOwnIsNotInTheTable(self) -> None:
        """
        What we own, or is behind our own tap, is owned or heard, and no peer's.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.entries.setOwner(LAPTOP, OWN)
        self.assertEqual((self.table.peerOf, self.entries.owners), ({}, {LAPTOP: OWN}))
        self.assertTrue(self.entries.heard(CAMERA, ALICE))
        self.assertTrue(self.entries.heard(CAMERA, OWN))
        self.assertEqual(self.table.peerOf, {})

    def test_whatIsOwnedIsNotLearned(self) -> None:
        """
        Only an address that nobody owns, of a single host, is with whoever it is heard from.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.assertFalse(self.entries.heard(LAPTOP, BOB))
        self.assertFalse(self.entries.heard(MAC(b"\xff" * 6), BOB))
        self.assertFalse(self.entries.heard(macFrom("own"), BOB))
        self.assertTrue(self.entries.heard(CAMERA, BOB))
        self.assertEqual(self.table.peerOf, {LAPTOP: ALICE, CAMERA: BOB})
        self.entries.silent(CAMERA)
        self.entries.silent(CAMERA)
        self.assertEqual(self.table.peerOf, {LAPTOP: ALICE})

    def test_aFullTable(self) -> None:
        """
        What has no room is counted if it was claimed, and is not learned.
        """
        for mac in (LAPTOP, PRINTER, macFrom("phone")):
            self.entries.setOwner(mac, ALICE)
        self.assertFalse(self.entries.heard(CAMERA, BOB))
        self.entries.setOwner(CAMERA, BOB)
        self.assertEqual(self.counters["drop-claim-table"], 1)

    def test_lifetimesFollowWhatServersSay(self) -> None:
        """
        None before a server tells of the member, a long one while the member is online, and a short one after that.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.assertIsNone(self.lifetime(LAPTOP))
        self.entries.directoryHeard("server")
        self.entries.claimed(ALICE)
        self.assertEqual(self.lifetime(LAPTOP), OFFLINE_LIFETIME)
        self.entries.online(ALICE, "server")
        self.assertEqual(self.lifetime(LAPTOP), ONLINE_LIFETIME)
        self.entries.offline(ALICE, "server")
        self.assertEqual(self.lifetime(LAPTOP), OFFLINE_LIFETIME)
        self.clock.advance(OFFLINE_LIFETIME)
        self.assertEqual(self.table.peerOf, {})
        self.entries.online(ALICE, "server")
        self.assertEqual(self.table.peerOf, {LAPTOP: ALICE})

    def test_whileNoDirectoryIsHeard(self) -> None:
        """
        Nobody can say that a member is gone: what it claims stands for long.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.entries.claimed(ALICE)
        self.assertEqual(self.lifetime(LAPTOP), ONLINE_LIFETIME)

    def test_whoIsOnlineIsSaid(self) -> None:
        """
        Whoever wants to know is told of each member that a directory says to be online.
        """
        said = list[bytes]()
        self.entries.toldOnline = said.append
        self.entries.online(ALICE, "one")
        self.entries.offline(BOB, "one")
        self.assertEqual(said, [ALICE])

    def test_whoIsHere(self) -> None:
        """
        Who speaks to us is here, whatever was said of it before; but owns nothing that another owns.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.entries.directoryHeard("server")
        self.entries.offline(ALICE, "server")
        self.clock.advance(OFFLINE_LIFETIME)
        self.assertEqual(self.table.peerOf, {})
        self.claims[BOB] = (LAPTOP,)
        self.entries.here(BOB)
        self.assertEqual(self.table.peerOf, {})
        self.entries.here(ALICE)
        self.assertEqual(self.table.peerOf, {LAPTOP: ALICE})
        self.entries.directoryHeard("server")
        self.entries.offline(ALICE, "server")
        self.entries.here(ALICE)
        self.assertEqual(self.lifetime(LAPTOP), OFFLINE_LIFETIME)
        self.clock.advance(OFFLINE_LIFETIME)
        self.entries.directoryHeard("server")
        self.entries.here(ALICE)
        self.assertEqual(self.lifetime(LAPTOP), OFFLINE_LIFETIME)

    def test_oneDirectoryIsEnough(self) -> None:
        """
        A member is online for as long as one directory says so, whatever the others say.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.entries.online(ALICE, "server")
        self.entries.online(ALICE, "gossip")
        for by in ("server", "gossip"):
            self.entries.directoryHeard(by)
        for by in ("gossip", "gossip", "lan"):
            self.entries.offline(ALICE, by)
            self.assertEqual(self.lifetime(LAPTOP), ONLINE_LIFETIME)
        self.entries.offline(ALICE, "server")
        self.assertEqual(self.lifetime(LAPTOP), OFFLINE_LIFETIME)

    def test_whoDoesNotOwnGetsNothing(self) -> None:
        """
        That a member is online gives it no address that another owns.
        """
        self.claims[BOB] = (LAPTOP,)
        self.entries.setOwner(LAPTOP, ALICE)
        self.entries.online(BOB, "server")
        self.entries.offline(BOB, "server")
        self.assertEqual(self.table.peerOf, {LAPTOP: ALICE})
        self.entries.directoryHeard("server")
        self.entries.claimed(BOB)  # it may have lost the address just now
        self.assertEqual(self.lifetime(LAPTOP), OFFLINE_LIFETIME)

    def test_nothingStaysWithoutALifetime(self) -> None:
        """
        A sweep gives a lifetime to claimed entries that have none; what is learned has an end of its own.
        """
        self.entries.setOwner(LAPTOP, ALICE)
        self.entries.heard(CAMERA, BOB)
        self.entries.sweep()
        self.assertIsNone(self.lifetime(LAPTOP))  # nobody can say whether it is gone
        self.entries.directoryHeard("server")
        self.entries.sweep()
        self.assertEqual((self.lifetime(LAPTOP), self.lifetime(CAMERA)), (OFFLINE_LIFETIME, None))
        self.assertEqual([entry.source for entry in self.table.sources(LAPTOP)], [CLAIMED])
        self.assertEqual([entry.source for entry in self.table.sources(CAMERA)], [LEARNED])


class HostsBehindTests(SynchronousTestCase):
    def test_whatIsBehindWhom(self) -> None:
        """
        The addresses of each member are counted, and the one that has been silent for the longest is known.
        """
        behind = HostsBehind()
        self.assertIsNone(behind.firstSilent())
        for mac in (LAPTOP, PRINTER, CAMERA):
            behind.add(ALICE, mac)
        self.assertEqual((behind.of(ALICE), behind.count(ALICE), behind.count(BOB)), ((LAPTOP, PRINTER, CAMERA), 3, 0))
        for mac in (PRINTER, LAPTOP):
            behind.setSilent(ALICE, mac, isSilent=True)
        self.assertEqual((behind.firstSilent(), behind.firstSilent(BOB)), (PRINTER, None))
        behind.setSilent(ALICE, PRINTER, isSilent=False)
        self.assertEqual(behind.firstSilent(ALICE), LAPTOP)
        behind.discard(ALICE, LAPTOP)
        behind.discard(BOB, LAPTOP)
        self.assertEqual((behind.firstSilent(), behind.count(ALICE)), (None, 2))
