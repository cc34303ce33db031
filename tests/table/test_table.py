"""
Tests for L{wand.table}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.errors import EntryRefused, NoSuchEntry
from wand.ethernet import BROADCAST, MAC
from wand.events import Event, Events
from wand.table import OPERATOR, SOURCES_MAXIMUM, Peer, Rank, Source, Table

A, B = MAC.parse("02:00:00:00:00:0a"), MAC.parse("02:00:00:00:00:0b")
OWN = MAC.parse("02:00:00:00:00:01")
HERE, THERE = Endpoint("192.0.2.1", 22222), Endpoint("192.0.2.2", 22222)
FIRST, SECOND = Source("first", Rank.DIRECTORY), Source("second", Rank.DIRECTORY)
LEARNED = Source("learned", Rank.LEARNED)


class TableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.told: list[Event] = []
        events = Events(self.clock.seconds)
        events.subscribe(self.told.append)
        self.table = Table(self.clock, events, own=OWN)

    def kinds(self) -> list[str]:
        """
        The kinds of the events so far.
        """
        return [event.kind for event in self.told]

    def test_forwardingReadsIt(self) -> None:
        """
        A frame's destination, as it stands in the frame, finds the peer.
        """
        self.table.put(A, HERE, FIRST)
        self.assertEqual(self.table.peerOf.get(bytes(A)), HERE)
        self.assertIsNone(self.table.peerOf.get(bytes(B)))

    def test_peersOnce(self) -> None:
        """
        A peer with several addresses gets one copy of a broadcast.
        """
        self.table.put(A, HERE, FIRST)
        self.table.put(B, HERE, FIRST)
        self.assertEqual(self.table.peers, (HERE,))
        self.table.remove(A, FIRST)
        self.assertEqual(self.table.peers, (HERE,))
        self.table.remove(B, FIRST)
        self.assertEqual(self.table.peers, ())

    def test_operatorWins(self) -> None:
        """
        What the operator says stands over directories, and directories over what was learned, whoever comes last.
        """
        self.table.put(A, HERE, OPERATOR)
        self.clock.advance(1)
        self.table.put(A, THERE, FIRST)
        self.assertEqual(self.table.peerOf[A], HERE)
        self.table.remove(A, OPERATOR)
        self.table.put(A, HERE, LEARNED)
        self.assertEqual(self.table.peerOf[A], THERE)

    def test_theLastMoveWins(self) -> None:
        """
        Of two directories the one that named its peer last is followed; repeating an old answer changes nothing.
        """
        self.table.put(A, HERE, FIRST)
        self.clock.advance(1)
        self.table.put(A, THERE, SECOND)
        self.clock.advance(1)
        self.table.put(A, HERE, FIRST)
        self.assertEqual(self.table.peerOf[A], THERE)

    def test_theUnionOfItsSources(self) -> None:
        """
        When one source takes an address back, the other's entry still stands.
        """
        self.table.put(A, HERE, FIRST)
        self.table.put(A, HERE, SECOND)
        self.table.removeSource(FIRST)
        self.assertEqual(self.table.peerOf[A], HERE)
        self.assertEqual(self.kinds(), ["entry-added"])

    def test_ownAddressIsNobodyElses(self) -> None:
        """
        No source can give our own address to a peer.
        """
        with self.assertRaises(EntryRefused):
            self.table.put(OWN, HERE, OPERATOR)

    def test_groupAddressIsNobodys(self) -> None:
        """
        A group address is not an entry.
        """
        for mac in (BROADCAST, MAC(bytes(6))):
            with self.assertRaises(EntryRefused):
                self.table.put(mac, HERE, OPERATOR)

    def test_lifetime(self) -> None:
        """
        An entry goes when its lifetime has passed since it was last confirmed.
        """
        self.table.put(A, HERE, FIRST, lifetime=10)
        self.clock.advance(9)
        self.table.put(A, HERE, FIRST, lifetime=10)
        self.clock.advance(9)
        self.assertIn(A, self.table.peerOf)
        self.clock.advance(1)
        self.assertNotIn(A, self.table.peerOf)
        self.assertEqual(self.kinds(), ["entry-added", "entry-removed"])

    def test_shorterLifetime(self) -> None:
        """
        A source can shorten the life of its entry.
        """
        self.table.put(A, HERE, FIRST, lifetime=1000)
        self.table.put(A, HERE, FIRST, lifetime=10)
        self.clock.advance(10)
        self.assertNotIn(A, self.table.peerOf)

    def test_aPeerThatIsHeardLives(self) -> None:
        """
        The entries of a peer that was heard live on for their lifetime.
        """
        self.table.put(A, HERE, FIRST, lifetime=10)
        self.table.put(B, THERE, FIRST, lifetime=10)
        self.clock.advance(9)
        self.table.touch(HERE)
        self.clock.advance(5)
        self.assertEqual(set(self.table.peerOf), {A})

    def test_moved(self) -> None:
        """
        An address that moves is one change, told with the new peer.
        """
        self.table.put(A, HERE, FIRST)
        self.table.put(A, THERE, FIRST)
        self.assertEqual(self.kinds(), ["entry-added", "entry-changed"])
        self.assertEqual(self.told[-1].fields["peer"], str(THERE))
        self.assertEqual(self.table.peers, (THERE,))

    def test_whoThePeerIs(self) -> None:
        """
        Of a peer with an identity the events tell it, and its name.
        """

        class Known(bytes):
            name = "alice"

        peer = Known(b"k" * 32)
        self.table.put(A, peer, FIRST)
        self.table.remove(A, FIRST)
        known = {"mac": str(A), "peer": str(peer), "name": "alice", "key": "6b" * 32}
        self.assertEqual(self.told[0].fields, {**known, "source": FIRST.name})
        self.assertEqual(self.told[1].fields, known)

    def test_removingWhatIsNotThere(self) -> None:
        """
        Removing an entry that does not exist says so.
        """
        with self.assertRaises(NoSuchEntry):
            self.table.remove(A, FIRST)
        with self.assertRaises(NoSuchEntry):
            self.table.removeEverywhere(A)

    def test_removeEverywhere(self) -> None:
        """
        The operator can remove an address whoever named it.
        """
        self.table.put(A, HERE, FIRST)
        self.table.put(A, HERE, OPERATOR)
        self.table.removeEverywhere(A)
        self.assertEqual(len(self.table), 0)

    def test_bounded(self) -> None:
        """
        A full table refuses new addresses, and still takes news of those that it has; so does an address with many
        sources.
        """
        table = Table(self.clock, Events(self.clock.seconds), limit=1)
        table.put(A, HERE, FIRST)
        with self.assertRaises(EntryRefused):
            table.put(B, HERE, FIRST)
        table.put(A, THERE, FIRST)
        for number in range(SOURCES_MAXIMUM - 1):
            table.put(A, HERE, Source(f"more {number}", Rank.DIRECTORY))
        with self.assertRaises(EntryRefused):
            table.put(A, HERE, SECOND)

    def test_pages(self) -> None:
        """
        All entries are listed page by page, in the order of their addresses, also while the table changes.
        """
        macs = [MAC(b"\2\0\0\0" + number.to_bytes(2, "big")) for number in range(10)]
        for mac in reversed(macs):
            self.table.put(mac, HERE, FIRST) if mac != OWN else None
        page = self.table.page(None, 4)
        self.table.put(A, HERE, FIRST)
        rest = self.table.page(page[-1].mac, 100)
        self.assertEqual([entry.mac for entry in page + rest], sorted({*macs, A} - {OWN}))

    def test_observersAreToldOfPeers(self) -> None:
        """
        Whoever observes the table is told of each peer once, at its first entry and after its last.
        """
        told: list[tuple[str, Peer]] = []

        class Observer:
            def peerAdded(self, peer: Peer) -> None:
                told.append(("added", peer))

            def peerRemoved(self, peer: Peer) -> None:
                told.append(("removed", peer))

        self.table.put(A, HERE, FIRST)
        self.table.observe(Observer())
        self.table.put(B, HERE, FIRST)
        self.table.put(B, THERE, FIRST)
        self.table.remove(A, FIRST)
        self.assertEqual(told, [("added", HERE), ("added", THERE), ("removed", HERE)])

    def test_stopLeavesNoTimer(self) -> None:
        """
        After a stop no call is scheduled.
        """
        self.table.put(A, HERE, FIRST, lifetime=10)
        self.table.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_lookupsDoNotGrowWithTheTable(self) -> None:
        """
        What forwarding reads is a dictionary: its cost is that of one look-up, whatever the table holds.
        """
        self.assertIs(type(self.table.peerOf), dict)

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([A, B]),
                st.sampled_from([HERE, THERE]),
                st.sampled_from([FIRST, SECOND, LEARNED, OPERATOR]),
                st.sampled_from([None, 3.0, 8.0]),
                st.sampled_from(["put", "remove", "touch", "wait"]),
            ),
            max_size=40,
        )
    )
    def test_peersAndEntriesAgree(self, steps: list[tuple[MAC, Endpoint, Source, float | None, str]]) -> None:
        """
        Whatever happens, the peers are those of the chosen entries, and the best source is the one chosen.
        """
        clock = Clock()
        table = Table(clock, Events(clock.seconds))
        for mac, peer, source, lifetime, step in steps:
            if step == "put":
                table.put(mac, peer, source, lifetime)
            elif step == "touch":
                table.touch(peer)
            elif step == "wait":
                clock.advance(2)
            elif any(entry.source == source for entry in table.sources(mac)):
                table.remove(mac, source)
            for known in (A, B):
                ranks = [entry.source.rank for entry in table.sources(known)]
                best = table.entry(known)
                self.assertEqual(best.source.rank if best else None, max(ranks, default=None))
                self.assertEqual(table.peerOf.get(known), best.peer if best else None)
            self.assertEqual(set(table.peers), set(table.peerOf.values()))
            self.assertEqual({mac for peer in table.peers for mac in table.macsOf(peer)}, set(table.peerOf))
