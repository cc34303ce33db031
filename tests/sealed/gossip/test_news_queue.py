"""
Tests for L{wand.sealed.gossip.news_queue}: how much is sent at a time.
"""

from __future__ import annotations

from random import Random

from simulated.gossipers import Gossipers
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.gossip.news_queue import DATAGRAMS_ALL, DATAGRAMS_FEW, WAIT_LONGEST, NewsQueue


class NewsQueueTests(SynchronousTestCase):
    """
    L{NewsQueue}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.sent: list[bytes] = []
        self.queue = NewsQueue(self.clock, Random(1), Counters(), lambda peer, octets: self.sent.append(peer))
        self.addCleanup(self.queue.stop)
        self.items = [item for entry in Gossipers(60).population.tree for item in entry.items]

    def tell(self, *peers: bytes) -> None:
        for item in self.items:
            self.queue.tell(item, peers)

    def test_oneLink(self) -> None:
        """
        One link gets so many datagrams at a time, until it was told everything.
        """
        self.tell(b"a")
        self.clock.advance(WAIT_LONGEST)
        self.assertEqual(len(self.sent), DATAGRAMS_FEW)
        self.clock.pump([WAIT_LONGEST] * 20)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_manyLinks(self) -> None:
        """
        All links together get no more than so many at a time, and none of them waits for the others for long.
        """
        peers = [b"%d" % number for number in range(40)]
        self.tell(*peers)
        for turn in range(1, 11):
            self.clock.advance(WAIT_LONGEST)
            self.assertEqual(len(self.sent), turn * DATAGRAMS_ALL)
        self.assertEqual(set(self.sent), set(peers))

    def test_goodbye(self) -> None:
        """
        Who ends tells all links at once, however many they are.
        """
        peers = [b"%d" % number for number in range(40)]
        self.queue.tell(self.items[0], peers)
        self.queue.flush()
        self.assertEqual(self.sent, peers)
