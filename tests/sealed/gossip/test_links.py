"""
Tests for L{wand.sealed.gossip.links}.
"""

from __future__ import annotations

from simulated.gossipers import Gossipers
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.gossip.links import CALLERS_MAXIMUM, Links


class LinksTests(SynchronousTestCase):
    """
    L{Links}.
    """

    def test_whoMayWatchUsFindsRoom(self) -> None:
        """
        However many members probe us, those that may watch us become links.
        """
        people, clock, counters = Gossipers(200), Clock(), Counters()
        own, view = people.who[0], people.view(clock, counters)
        links = Links(own, view, clock, counters, lambda peer: False)
        watchers = [each for each in people.who[1:] if view.mayWatch(each, own)]
        others = [each for each in people.who[1:] if each not in watchers]
        for peer in others:
            links.called(peer)
        self.assertEqual(len(links.all), CALLERS_MAXIMUM)
        self.assertEqual(counters["drop-gossip-callers"], len(others) - CALLERS_MAXIMUM)
        for peer in watchers:
            links.called(peer)
        self.assertTrue(all(map(links.isLink, watchers)))
        self.assertEqual(len(links.all), CALLERS_MAXIMUM)
        links.called(next(each for each in others if not links.isLink(each)))
        self.assertTrue(all(map(links.isLink, watchers)))

    def test_watchers(self) -> None:
        """
        Who watches us are those that have us as the next one on a ring.
        """
        people, clock, counters = Gossipers(50), Clock(), Counters()
        own, view = people.who[0], people.view(clock, counters)
        links = Links(own, view, clock, counters, lambda peer: False)
        found = {people.who[people.watcher(0, ring)] for ring in range(3)}
        self.assertEqual(set(links.watchers), found)
        view.put(people.presence(people.watcher(0), 2, here=False))
        self.assertNotIn(people.who[people.watcher(0)], links.watchers)
