"""
One node in a network of a thousand members, in simulated time: it talks to a few.
"""

from __future__ import annotations

from random import Random

from simulated.lookable import LookableServer
from simulated.members import SimulatedMember, SimulatedNetwork, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.directory.subscription import HEARTBEAT
from wand.sealed.node.member_search import PATIENCE

SIZE = 1000


class ThousandMembersTests(SynchronousTestCase):
    """
    What it costs, and that nothing is lost by it.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.server = LookableServer(self.network.person(0, server=True))
        self.others = [self.network.person(number) for number in range(2, SIZE + 2)]
        self.server.has(self.others)
        self.node = SimulatedMember(self.network.person(1), [self.server.person])  # with the settings as they come
        self.server.has([self.node.person])
        self.node.come()
        self.addCleanup(self.node.go)
        self.network.run(5)

    def test_itTalksToTwenty(self) -> None:
        """
        What is carried depends on those, not on how many there are, nor on what the others do.
        """
        random = Random(1)
        used = random.sample(self.others, 20)
        waiting = [self.node.search.find("mac", macOf(person.number)) for person in used]
        self.network.run(PATIENCE)
        self.assertEqual([self.successResultOf(each) for each in waiting], [True] * 20)
        self.assertEqual(set(self.node.table), {macOf(person.number) for person in used})
        messages, octets = self.network.wire.carried
        self.assertLess(messages, 40)
        self.assertLess(octets, 30_000)
        self.server.has([person for person in self.others if person not in used], epoch=2)
        self.network.run(10 * HEARTBEAT)
        self.assertLess(self.network.wire.carried[0] - messages, 30)
        self.assertEqual(len(self.node.table), 20)

    def test_everybodyIsReachedInTime(self) -> None:
        """
        Each member is found, and where it is now; moves of those that are in use are told while they happen.
        """
        random, network = Random(2), self.network
        network.wire.loss, network.wire.jitter = 0.02, 0.05
        lost = 0
        for turn in range(15):
            some = random.sample(self.others, 10)
            waiting = [self.node.search.find("mac", macOf(person.number)) for person in some]
            network.run(PATIENCE + 0.1)
            lost += [self.successResultOf(each) for each in waiting].count(False)
            self.server.has(random.sample(some, 3), epoch=turn + 2)
        network.wire.loss = 0.0
        network.run(1)
        self.assertLessEqual(lost, 3)
        found = set(self.node.table)
        self.assertGreater(len(found), 100)
        wrong = 0
        for person in self.others:
            if macOf(person.number) in found:
                _, endpoints = self.node.sessions.introduced[person.key.identity]
                wrong += str(endpoints[0]) != self.server.members[person.key.identity].endpoints[0]
        self.assertLess(wrong, 10)  # as many as pushes were lost; an attempt that is not answered asks again
