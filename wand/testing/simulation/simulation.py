"""
A network of members that gossip, in simulated time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from random import Random

import attrs

from wand.counters import Counters
from wand.sealed.gossip.gossip import Gossip
from wand.sealed.gossip.items import Item
from wand.sealed.gossip.tree import MemberTree
from wand.sealed.gossip.view import MemberView
from wand.testing.simulation.fast_clock import FastClock
from wand.testing.simulation.population import Population, endpointOf
from wand.testing.simulation.wire import Air, Wire


@attrs.define
class Spread:
    """
    How news spreads.

    @ivar began: when it was told first.
    @ivar size: how many members run.
    @ivar moments: when each of them learned it, in their order.
    """

    began: float
    size: int
    moments: list[float] = attrs.field(factory=list)

    def secondsTo(self, share: float) -> float | None:
        """
        After how many seconds so many knew it; C{None} if they do not.

        @param share: of all members, 0 to 1.
        """
        wanted = max(1, round(share * self.size))
        return self.moments[wanted - 1] - self.began if len(self.moments) >= wanted else None

    def shareAt(self, seconds: float) -> float:
        """
        The share of members that know it some seconds after it was told first.
        """
        return bisect_left(self.moments, self.began + seconds) / self.size


class Simulation:
    """
    Members that gossip.

    @ivar members: what runs, by the numbers of members; C{None} for those that do not.
    @ivar counters: of all members together.
    @ivar clock: the simulated time.
    @ivar wire: what is between them.
    """

    def __init__(
        self, population: Population, air: Air | None = None, seed: int = 0, absent: Collection[int] = ()
    ) -> None:
        """
        @param absent: the members that are not there yet, and of whom nobody knows.
        """
        self.population = population
        self.clock = FastClock()
        self.random = Random(seed)
        self.counters = Counters()
        self.wire = Wire(self.clock, Random(seed + 1), air or Air(), len(population), self._deliver)
        self.members: list[Gossip | None] = [None] * len(population)
        tree = population.tree
        for number in absent:
            tree = tree.remove(population.identities[number])
        self._trees = [tree] * len(population)
        self._spreads: dict[int, Spread] = {}
        for number in range(len(population)):
            if number in absent:
                self.wire.runs[number] += 1
            else:
                self.start(number)

    # What happens.

    def run(self, seconds: float) -> None:
        """
        Let time pass.
        """
        self.clock.run(seconds)

    def start(self, number: int) -> None:
        """
        Start a member that does not run.  It has what it knew when it ended.
        """
        population, own = self.population, self.population.identities[number]
        signatures, random = population.signatures(number), Random(self.random.random())
        clock, tree = self.clock, self._trees[number]
        view = MemberView(
            population.network, signatures, clock, self.counters, population.rings, tree, population.parse
        )
        member = self.members[number] = Gossip(
            own, view, signatures, clock, random, self.counters, self._sender(number)
        )
        member.told = self._told
        self.wire.runs[number] += self.wire.runs[number] & 1
        member.start()
        member.word.place((endpointOf(number),))

    def join(self, number: int, acquaintance: int) -> None:
        """
        Start a member that knows nobody but one that runs.
        """
        own = self.population.tree.get(self.population.identities[number])
        assert own is not None
        self._trees[number] = MemberTree(keep=self.population.tree.keep).put(own)
        self.start(number)
        member = self.members[number]
        assert member is not None
        member.meet(self.population.identities[acquaintance])

    def leave(self, number: int) -> None:
        """
        End a member, which says goodbye.
        """
        member = self.members[number]
        if member is not None:
            member.leave()
            self.crash(number)

    def crash(self, number: int) -> None:
        """
        End a member, without a goodbye.
        """
        member = self.members[number]
        if member is not None:
            member.stop()
            self._trees[number] = member.view.tree
            self.members[number] = None
            self.wire.runs[number] += 1

    def forget(self, number: int, tree: MemberTree) -> None:
        """
        Change what a member that does not run has on its disk.
        """
        self._trees[number] = tree

    def move(self, number: int, port: int = 0) -> None:
        """
        A member moves, if it runs.
        """
        member = self.members[number]
        if member is not None:
            member.word.place((endpointOf(number, port or self.random.randrange(1_024, 65_536)),))

    def change(self, number: int, port: int = 0) -> Spread:
        """
        A member that runs moves.

        @return: how that spreads.
        """
        self.move(number, port)
        member = self.members[number]
        assert member is not None
        entry = member.view.get(self.population.identities[number])
        assert entry is not None and entry.presence is not None
        spread = self._spreads[entry.presence.digest] = Spread(self.clock.seconds(), len(self.running))
        spread.moments.append(spread.began)
        return spread

    def follow(self, digest: int) -> Spread:
        """
        See how something spreads from now on.

        @param digest: of the item.
        """
        return self._spreads.setdefault(digest, Spread(self.clock.seconds(), len(self.running)))

    def part(self, share: float = 0.5) -> None:
        """
        The network comes apart.

        @param share: of the members that are in the first part.
        """
        random = Random(self.random.random())
        sides = [int(random.random() >= share) for _ in self.members]
        self.wire.part(sides.__getitem__)

    def churn(self, members: Iterable[int], away: float, every: float) -> Callable[[], None]:
        """
        One of these members after the other crashes and comes back.

        @param away: the seconds for which it does not run.
        @param every: the seconds between two of them.
        @return: a function that ends it.
        """
        order = list(members)
        going = True

        def one() -> None:
            if going and order:
                number = self.random.choice(order)
                if self.members[number] is not None:
                    self.crash(number)
                    self.clock.callLater(away, self.start, number)
                self.clock.callLater(every, one)

        def end() -> None:
            nonlocal going
            going = False

        one()
        return end

    # What is to be seen.

    @property
    def running(self) -> Sequence[Gossip]:
        """
        The members that run.
        """
        return [each for each in self.members if each is not None]

    def agreement(self) -> float:
        """
        The share of running members that know the same, as most do.
        """
        totals = Counter(each.view.tree.total for each in self.running)
        return totals.most_common(1)[0][1] / totals.total()

    def doubts(self) -> int:
        """
        How many running members are doubted, as most see it.
        """
        totals = Counter(each.view.tree.total for each in self.running)
        most = totals.most_common(1)[0][0]
        view = next(each.view for each in self.running if each.view.tree.total == most)
        return sum(self.members[self.population.numbers[each]] is not None for each in view.doubted)

    def _sender(self, number: int) -> Callable[[bytes, bytes], object]:
        numbers, send = self.population.numbers, self.wire.send
        return lambda peer, message: send(number, numbers[peer], message)

    def _deliver(self, receiver: int, sender: int, message: bytes) -> None:
        member = self.members[receiver]
        if member is not None:
            member.received(self.population.identities[sender], message)

    def _told(self, item: Item) -> None:
        spread = self._spreads.get(item.digest)
        if spread is not None:
            spread.moments.append(self.clock.seconds())
