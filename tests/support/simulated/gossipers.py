"""
A small population whose members say what a test wants.
"""

from __future__ import annotations

import msgspec
from twisted.internet.task import Clock

from wand.counters import Counters
from wand.sealed.gossip.items import Accusation, AnnouncementItem, Item, Presence, itemOf
from wand.sealed.gossip.signatures import accusationItem, announcementItem, presenceItem
from wand.sealed.gossip.view import MemberView
from wand.testing.simulation import Population
from wand.testing.simulation.population import endpointOf
from wand.testing.simulation.signatures import MadeUpSignatures, madeUpMember


class Gossipers:
    """
    Members of a population.
    """

    def __init__(self, size: int = 12) -> None:
        self.population = Population(size)
        self.network = self.population.network
        self.who = self.population.identities

    def announcement(self, number: int, epoch: int = 1) -> Item:
        """
        What a member is.
        """
        item = announcementItem(*madeUpMember(self.network, number, epoch)[1:], self.network)
        assert item is not None
        return item

    def presence(self, number: int, order: int = 1, epoch: int = 1, *, here: bool = True, port: int = 22222) -> Item:
        """
        Where a member is.
        """
        endpoints = (endpointOf(number, port),) if here else ()
        body = Presence(self.network, self.who[number], epoch, order, here, endpoints)
        return presenceItem(body, self.population.signatures(number))

    def accusation(self, accuser: int, number: int, order: int = 1, ring: int = 0, epoch: int = 1) -> Item:
        """
        That a member does not answer.
        """
        body = Accusation(self.network, self.who[accuser], self.who[number], epoch, order, ring)
        return accusationItem(body, self.population.signatures(accuser))

    def forged(self, item: Item) -> Item:
        """
        The same, signed by nobody.
        """
        assert not isinstance(item.told, AnnouncementItem)
        made = itemOf(msgspec.structs.replace(item.told, signature=b"\x00" * 64), self.network)
        assert made is not None
        return made

    def watcher(self, number: int, ring: int = 0) -> int:
        """
        Who watches a member on a ring.
        """
        rings = self.population.rings
        return next(
            each for each in range(len(self.who)) if next(rings.after(ring, self.who[each]), None) == self.who[number]
        )

    def view(self, clock: Clock, counters: Counters, number: int = 0) -> MemberView:
        """
        A view of somebody who knows everybody.
        """
        population = self.population
        signatures = MadeUpSignatures(self.who[number], self.network)
        return MemberView(self.network, signatures, clock, counters, population.rings, population.tree)
