"""
Tests for L{wand.sealed.node.met_members}.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulated.members import SimulatedMember, SimulatedNetwork, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces.search import Question
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.member_search import OPEN_MAXIMUM, PATIENCE
from wand.sealed.node.met_members import CHECKING_RATE, TRIES_MAXIMUM, MetMembers


class MetMembersTests(SynchronousTestCase):
    """
    L{MetMembers}, with a server that says nothing by itself.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.node = SimulatedMember(self.network.person(1), [])
        self.node.come()
        self.addCleanup(self.node.go)
        self.asked: list[Question] = []
        self.node.search.add(self)
        self.met = MetMembers(self.node.claims, self.node.search, self.network.clock, 1000)
        self.addCleanup(self.met.stop)

    def look(self, questions: Sequence[Question]) -> bool:
        self.asked += questions
        return True

    def meet(self, number: int) -> Identity:
        """
        A member introduces itself.
        """
        person = self.network.person(number)
        self.node.claims.offer(person.signedCertificate, person.claim())
        identity = Identity(person.key.identity)
        self.met.met(identity)
        return identity

    def test_manyAtOnce(self) -> None:
        """
        They leave room for what the host needs, and in the end everybody was asked for.
        """
        for number in range(2, 62):
            self.meet(number)
        self.network.run(1)
        self.assertLessEqual(len(set(self.asked)), CHECKING_RATE + 3)
        self.network.run(60 * 3 / CHECKING_RATE + 1)
        self.assertLessEqual({Question("mac", macOf(number)) for number in range(2, 62)}, set(self.asked))

    def test_whoCannotBeAskedForWaits(self) -> None:
        """
        While too much else is open nothing more is asked, and nothing is lost.
        """
        for number in range(OPEN_MAXIMUM // 2):
            self.node.search.find("name", f"nobody-{number}")
        self.meet(2)
        self.assertEqual(len(self.met), 1)
        self.network.run(PATIENCE + 1)
        self.assertIn(Question("mac", macOf(2)), self.asked)

    def test_notAnswered(self) -> None:
        """
        Without an answer it is asked again, a few times.
        """
        self.meet(2)
        self.network.run(300)
        self.assertEqual(self.asked.count(Question("mac", macOf(2))), 2 * TRIES_MAXIMUM)
        self.assertEqual(len(self.met), 0)

    def test_answered(self) -> None:
        """
        With one it is asked once.
        """
        identity = self.meet(2)
        self.network.run(0.1)
        for question in tuple(self.asked):
            self.node.search.answered(self, question, identity)
        self.network.run(300)
        self.assertEqual(self.asked.count(Question("mac", macOf(2))), 1)

    def test_manyEpochs(self) -> None:
        """
        Who says something new all the time is asked for now and then only, but after the last word once more.
        """
        for _ in range(50):
            self.meet(2)
            self.network.run(0.1)
        before = self.asked.count(Question("mac", macOf(2)))
        self.assertLessEqual(before, 6)
        self.meet(2)
        self.network.run(30)
        self.assertGreater(self.asked.count(Question("mac", macOf(2))), before)
