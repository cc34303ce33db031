"""
Tests for L{bench.costs}.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from bench.costs.document import Broadcast, Costs, Forwarding, Memory, Sample, conditions, tables
from bench.costs.forwarding import Case
from bench.costs.hub import OWN, SUPERFRAME_OCTETS, Sink, superframe
from bench.results import Machine
from wand.interfaces import ISuperframeTap
from wand.superframes.cutting import superframeOf


class FakeHub:
    """
    A hub of three peers with two addresses each.
    """

    peers = ("a", "b", "c")
    macs = (["a1", "a2"], ["b1", "b2"], ["c1", "c2"])


class CaseTests(SynchronousTestCase):
    def test_trafficIsWithAsManyPeersAsWanted(self) -> None:
        """
        Frames concern the wanted number of peers in turn, and of each of them all its addresses.
        """
        for active in (1, 2, 3):
            targets = Case(FakeHub(), active, Random(1)).targets()
            row = [next(targets) for _ in range(60)]
            self.assertEqual({peer for peer, _ in row}, set("abc"[:active]))
            self.assertEqual([peer for peer, _ in row[:active]], [peer for peer, _ in row[active : 2 * active]])
            self.assertEqual(len({mac for _, mac in row}), 2 * active)


class SuperframeTests(SynchronousTestCase):
    def test_isOneThatTravelsInChunks(self) -> None:
        """
        What is measured is a superframe with the addresses that were asked for.
        """
        frame, virtio = superframe(b"\x02bcdef", OWN)
        self.assertEqual(frame[:12], b"\x02bcdef" + OWN)
        found = superframeOf(virtio, frame)
        assert found is not None
        self.assertEqual(found.headers.total, SUPERFRAME_OCTETS)

    def test_sinkIsATap(self) -> None:
        """
        The tap that takes everything is a tap with offloads.
        """
        verifyObject(ISuperframeTap, Sink())


class TableTests(SynchronousTestCase):
    def test_everyCostHasItsRow(self) -> None:
        """
        The tables have a row for each network, each audience of a broadcast and each thing that takes memory.
        """
        sample = Sample(2.0, 1.5, 1234.5)
        costs = Costs(
            began="2026-01-02T03:04:05+00:00",
            machine=Machine("6.1", "one", 2, 4000, "3.11.7", {}),
            rounds=3,
            forwarding=[Forwarding(100_000, 1, 1, sample, sample, sample, sample)],
            broadcast=[Broadcast(1000, sample)],
            memory=Memory({100_000: 500.4}, 500, 12_000.0),
        )
        forwarding, broadcast, memory = (rows for _, _, rows in tables(costs))
        self.assertEqual(forwarding, [["100,000", "1", "1", *["2.0 (1.5 to 1,234.5)"] * 4]])
        self.assertEqual(broadcast, [["1,000", "2.0 (1.5 to 1,234.5)"]])
        self.assertEqual([row[-1] for row in memory], ["500", "12,000"])
        self.assertIn("medians of 3 rounds", conditions(costs))
