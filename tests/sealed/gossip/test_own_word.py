"""
Tests for L{wand.sealed.gossip.own_word}.
"""

from __future__ import annotations

from simulated.gossipers import Gossipers
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.gossip.own_word import CONTRADICTIONS_MAXIMUM, OwnWord
from wand.testing.simulation.population import endpointOf


class OwnWordTests(SynchronousTestCase):
    """
    L{OwnWord}.
    """

    def setUp(self) -> None:
        self.people = Gossipers()
        self.view = self.people.view(Clock(), Counters(), 5)
        self.later: list[int] = []
        who, signatures = self.people.who[5], self.people.population.signatures(5)
        self.word = OwnWord(who, self.view, signatures, self.later.append)
        told = self.people.announcement(5, 2).told
        self.word.announce(told.certificate, told.claim, 2)  # type: ignore[union-attr]
        self.word.place([endpointOf(5, 1)])

    def hear(self, order: int, epoch: int, port: int) -> None:
        """
        Hear a word of our own.
        """
        item = self.people.presence(5, order, epoch, port=port)
        self.view.put(item)
        self.word.doubted(item)

    def said(self) -> tuple[tuple[int, int], tuple[str, ...]]:
        entry = self.view.get(self.people.who[5])
        assert entry is not None and entry.presence is not None
        return entry.presence.order, entry.endpoints

    def test_whatWeSaidBefore(self) -> None:
        """
        A word that we said before we began anew is replaced by what is so now.
        """
        self.assertEqual(self.said(), ((2, 1), (endpointOf(5, 1),)))
        self.hear(7, 2, 9)
        self.assertEqual(self.said(), ((2, 8), (endpointOf(5, 1),)))
        self.assertEqual(self.later, [])

    def test_twoWithOneKey(self) -> None:
        """
        Another host with our key is not contradicted without end; of one that is ahead we only tell.
        """
        for turn in range(CONTRADICTIONS_MAXIMUM + 3):
            self.hear(10 + 2 * turn, 2, 9)
        self.assertEqual(self.said(), ((2, 10 + 2 * turn), (endpointOf(5, 9),)))
        self.word.place([endpointOf(5, 2)])
        self.assertEqual(self.said()[1], (endpointOf(5, 2),))
        self.hear(1, 3, 9)
        self.assertEqual((self.said(), self.later), (((3, 1), (endpointOf(5, 9),)), [3]))

    def test_accused(self) -> None:
        """
        An accusation is answered with what is so, whatever was told last.
        """
        self.hear(1, 3, 9)
        item = self.people.accusation(self.people.watcher(5), 5, 1, 0, 3)
        self.view.put(item)
        self.word.doubted(item)
        self.assertEqual(self.said(), ((3, 2), (endpointOf(5, 1),)))
