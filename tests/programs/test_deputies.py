"""
Tests for L{wand.programs.deputy_admission}: members that the founder of a network lets admit others, in simulated time.
"""

from __future__ import annotations

from founding_case import FoundingCase
from sealed_network_case import Dwelling


class DeputyCase(FoundingCase):
    """
    A founder, and a member that may admit others.
    """

    def deputy(self, founder: Dwelling, number: int = 2, **keys: object) -> Dwelling:
        """
        A node that joins with an invitation that lets it admit others.
        """
        dwelling = self.dwelling(number, joins=False, **keys)
        self.join(dwelling, self.invited(founder, admits=4))
        self.go(1.0)
        return dwelling


class DeputyTests(DeputyCase):
    def test_theFounderIsOff(self) -> None:
        """
        While the founder is off, a member that may admits another; once it is back, the founder takes that over.
        """
        one, _ = self.founder()
        two = self.deputy(one)
        self.assertTrue(two.own.admission)
        one.stop()
        three = self.dwelling(3, joins=False)
        self.join(three, self.invited(two))
        self.assertEqual((three.own.stage, three.own.name), ("member", "node-3"))
        self.assertTrue(self.reaches(three, two))
        one.start()
        self.go(20.0)
        self.assertTrue(self.reaches(one, three))
        listed = self.membersOf(one)["node-3"]
        self.assertEqual(listed.admitter, two.own.key)
        self.assertEqual(three.node.etud.member.enrolment.own.admitter, b"")
