"""
Tests for L{wand.programs.deputy_admission}: members that the founder of a network lets admit others, in simulated time.
"""

from __future__ import annotations

from founding_case import FoundingCase
from sealed_network_case import Dwelling

from wand.control.network_administration import InvitationSettings
from wand.errors import MembershipRefused
from wand.programs.deputy_admission import DEPUTY_STORE
from wand.programs.node_admission import NodeAdmission
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.limits import Limits
from wand.testing.inbox import Datagram


class DeputyCase(FoundingCase):
    """
    A founder, and members that may admit others.
    """

    def deputy(self, founder: Dwelling, number: int = 2, **terms: object) -> Dwelling:
        """
        A node that joins with an invitation that lets it admit others.
        """
        dwelling = self.dwelling(number, joins=False)
        self.join(dwelling, self.invited(founder, **{"admits": 4, **terms}))
        self.go(1.0)
        return dwelling

    def guest(self, deputy: Dwelling, number: int, **terms: object) -> Dwelling:
        """
        A node that a member admits.
        """
        dwelling = self.dwelling(number, joins=False)
        self.join(dwelling, self.invited(deputy, **terms))
        return dwelling

    def certificateOf(self, dwelling: Dwelling) -> Certificate:
        member = dwelling.node.etud.member
        assert member is not None and member.enrolment.own is not None
        return member.enrolment.own

    def notesOf(self, dwelling: Dwelling) -> str:
        return " ".join(dwelling.node.status().notes)


class DeputyTests(DeputyCase):
    def test_theFounderIsOff(self) -> None:
        """
        While the founder is off, a member that may admits another; once it is back, the founder takes that over.
        """
        one, _ = self.founder()
        two = self.deputy(one)
        self.assertTrue(two.own.admission)
        one.stop()
        three = self.guest(two, 3)
        self.assertEqual((three.own.stage, three.own.name), ("member", "node-3"))
        self.assertEqual(self.certificateOf(three).admitter, self.certificateOf(two).identity)
        self.assertTrue(self.reaches(three, two))
        one.start()
        self.go(20.0)
        self.assertEqual(self.certificateOf(three).admitter, b"")
        self.assertEqual(self.membersOf(one)["node-3"].admitter, two.own.key)
        self.assertTrue(self.reaches(one, three))

    def test_theFounderIsThere(self) -> None:
        """
        While the founder is there it signs for whom others admit within a moment, who keep what they have.
        """
        one, _ = self.founder()
        two = self.deputy(one)
        three = self.guest(two, 3)
        before = three.own
        self.go(10.0)
        self.assertEqual(self.certificateOf(three).admitter, b"")
        self.assertEqual((three.own.name, three.own.addresses), (before.name, before.addresses))
        self.assertEqual(three.own.conflicts, [])
        two.stop()
        self.assertTrue(self.reaches(one, three))

    def test_appointed(self) -> None:
        """
        A member gets the right from its founder with one command, and loses it so.
        """
        one, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        self.assertFalse(two.own.admission)
        self.assertEqual(self.done(one.node.network.appoint("node-2", 7)).admits, 7)
        self.assertTrue(two.own.admission)
        self.assertEqual(self.guest(two, 3).own.stage, "member")
        self.done(one.node.network.appoint("node-2", 0))
        self.assertFalse(two.own.admission)
        refusal = self.failing(two.node.network.invite(InvitationSettings()), MembershipRefused)
        self.assertIn("wand appoint", refusal)
        self.assertIn("anyway", self.failing(one.node.network.appoint("node-1", 7), MembershipRefused))

    def test_whatItCannotDo(self) -> None:
        """
        It passes on no right but its own, gives no other limits, and leaves everything else to the founder.
        """
        one, _ = self.founder()
        network = self.deputy(one, bridge=True).node.network
        for settings in (
            InvitationSettings(relay=True),
            InvitationSettings(admits=1),
            InvitationSettings(limits=Limits(7)),
        ):
            self.assertRegex(self.failing(network.invite(settings), MembershipRefused), "founded|do it on node-1")
        for doing in (
            network.revoke("node-1"),
            network.limit("node-1", 7, None),
            network.confirm("node-1"),
            network.appoint("node-1", 7),
            network.importSignatures(b""),
        ):
            self.assertIn("do it on node-1", self.failing(doing, MembershipRefused))
        three = self.dwelling(3, joins=False)
        request = three.node.request()
        self.assertIn(
            "founded", self.failing(network.admit(request, InvitationSettings(relay=True)), MembershipRefused)
        )
        self.done(
            three.node.join(self.done(network.admit(request, InvitationSettings(bridge=True, name="third")))), 2.0
        )
        self.assertEqual((three.own.stage, three.own.name, three.own.bridge), ("member", "third", True))

    def test_seats(self) -> None:
        """
        It admits no more than it may, and says what to do then.
        """
        one, _ = self.founder()
        two = self.deputy(one, admits=1)
        one.stop()
        self.assertEqual(self.guest(two, 3).own.stage, "member")
        four = self.guest(two, 4)
        self.assertEqual(four.own.stage, "new")
        self.assertIn("wand appoint", self.notesOf(four))

    def test_restart(self) -> None:
        """
        After a restart it knows whom it admitted, and goes on; also without its store.
        """
        one, _ = self.founder()
        two = self.deputy(one)
        one.stop()
        three = self.guest(two, 3)
        token = self.invited(two)
        two.stop()
        two.start()
        self.go(1.0)
        self.assertEqual(set(self.membersOf(two)), {"node-1", "node-2", "node-3"})
        self.assertEqual(self.membersOf(two)["node-3"].admitter, two.own.key)
        four = self.dwelling(4, joins=False)
        self.join(four, token)
        self.assertEqual(four.own.stage, "member")
        seats = {self.certificateOf(each).seat for each in (three, four)}
        two.stop()
        (self.directory / "node-2" / DEPUTY_STORE).unlink()
        two.start()
        self.go(15.0)
        self.assertEqual(set(self.membersOf(two)), {"node-1", "node-2", "node-3", "node-4"})
        self.assertNotIn(self.certificateOf(self.guest(two, 5)).seat, seats)

    def test_revoked(self) -> None:
        """
        When it is revoked, those for whom the founder signed stay; another is told, and comes back with an invitation.
        """
        one, _ = self.founder()
        two = self.deputy(one)
        three = self.guest(two, 3)
        self.go(10.0)
        one.stop()
        four = self.guest(two, 4)
        for each in (two, three, four):
            each.stop()
        one.start()
        self.go(1.0)
        self.done(one.node.network.revoke("node-2"), 1.0)
        for each in (three, four):
            each.start()
        self.go(15.0)
        self.assertTrue(self.reaches(one, three))
        self.assertFalse(self.reaches(one, four))
        self.assertFalse(self.reaches(three, four))
        self.join(four, self.invited(one))
        self.assertEqual(self.certificateOf(four).admitter, b"")
        self.assertTrue(self.reaches(one, four))
        self.assertNotIn("revoked", self.notesOf(four))

    def test_onlyItsMakerRedeemsAnInvitation(self) -> None:
        """
        An invitation is redeemed by the member that made it: while that is away, nobody comes in with it, and whoever
        tries is told whom it waits for.  So it is used once, in whatever parts the network is.
        """
        one, _ = self.founder()
        two, three = self.deputy(one), self.deputy(one, 3)
        self.go(5.0)
        token = self.invited(two)
        four, five = self.dwelling(4, joins=False), self.dwelling(5, joins=False)
        apart = self.network.drop(lambda datagram: two.address in _hosts(datagram) and four.address in _hosts(datagram))
        self.join(four, token)
        self.go(150.0)
        self.assertEqual(four.own.stage, "joining")
        self.assertIn(two.own.key[:4], self.notesOf(four))
        self.assertIn("alone redeems it", self.notesOf(four))
        self.join(five, token)
        self.assertEqual(five.own.stage, "member")
        apart()
        self.go(90.0)
        self.assertEqual(four.own.stage, "new")
        self.assertIn("used already", self.notesOf(four))
        self.join(four, self.invited(three))
        self.assertEqual(four.own.stage, "member")
        self.assertTrue(self.reaches(four, five))

    def test_theRightIsTakenBack(self) -> None:
        """
        When the founder takes the right back, or a part of it, those whom the deputy admitted beyond are out within
        seconds, with everybody who hears of it; and are told.  Those for whom the founder signed stay.
        """
        one, token = self.founder()
        two = self.deputy(one)
        five = self.dwelling(5, joins=False)
        self.join(five, token)
        three = self.guest(two, 3)
        self.go(10.0)
        one.stop()
        four = self.guest(two, 4)
        self.go(5.0)
        self.assertTrue(self.reaches(five, four))
        one.start()
        self.signsForNobody(one)
        self.go(2.0)
        self.done(one.node.network.appoint("node-2", 0), 3.0)
        self.assertFalse(two.own.admission)
        for each in (two, five):
            self.assertNotIn("node-4", {seen.name for seen in each.node.seen(None, 99)})
            self.assertFalse(self.reaches(each, four))
        self.assertTrue(self.reaches(five, three))
        self.assertIn("new invitation", self.notesOf(four))
        for each in (five, four):
            each.stop()
            each.start()
        self.go(15.0)
        self.assertFalse(self.reaches(five, four))
        self.assertIn("new invitation", self.notesOf(four))
        self.join(four, self.invited(one))
        self.go(5.0)  # as long as it takes until a newcomer is heard of
        self.assertTrue(self.reaches(five, four))
        self.assertNotIn("new invitation", self.notesOf(four))

    def test_theDeputyHearsOfItFromOthers(self) -> None:
        """
        A deputy that does not reach the founder hears from any other member that it may admit nobody any more.
        """
        one, token = self.founder()
        two = self.deputy(one)
        five = self.dwelling(5, joins=False)
        self.join(five, token)
        self.go(10.0)
        two.stop()
        self.done(one.node.network.appoint("node-2", 0), 2.0)
        one.stop()
        two.start()
        self.go(15.0)
        refusal = self.failing(two.node.network.invite(InvitationSettings()), MembershipRefused)
        self.assertIn("wand appoint", refusal)

    def signsForNobody(self, founder: Dwelling) -> None:
        """
        Whom others admitted gets no certificate of the network from now on.
        """
        admission = founder.node.admission.service
        assert isinstance(admission, NodeAdmission)
        self.go(0.05)
        admitter = admission.server
        assert admitter is not None
        admitter.authority.own.learn = lambda identity, certificate: None  # type: ignore[method-assign]

    def test_theAdmittedIsTold(self) -> None:
        """
        A node whose admission counts no more is told so, and what to do.
        """
        one, _ = self.founder()
        two, three = self.deputy(one), self.deputy(one, 3)
        one.stop()
        four = self.guest(two, 4)
        self.go(5.0)
        two.stop()
        revocation = self.revocationOf(one, two)
        member = three.node.etud.member
        assert member is not None and member.enrolment.trust is not None
        member.enrolment.trust.revoke(revocation)
        self.go(70.0)
        self.assertFalse(self.reaches(three, four))
        own = four.node.etud.member
        assert own is not None and own.enrolment.trust is not None
        own.enrolment.trust.revoke(revocation)
        self.assertIn("new invitation", self.notesOf(four))
        four.stop()
        four.start()
        self.go(1.0)
        self.assertIn("new invitation", self.notesOf(four))

    def revocationOf(self, founder: Dwelling, other: Dwelling) -> bytes:
        """
        The signed revocation of a member, of which nobody hears.
        """
        founder.start()
        self.go(0.1)
        self.done(founder.node.network.revoke(other.own.key), 0.0)
        member = founder.node.etud.member
        assert member is not None and member.enrolment.trust is not None
        [revocation] = member.enrolment.trust.notices.all
        founder.stop()
        return revocation

    def test_twoAdmitAtTheSameTime(self) -> None:
        """
        Two that hear nothing of each other admit nodes with one name, and perhaps with one address, as there are few.
        When they meet, one is called something else, and nothing is claimed twice.
        """
        one = self.dwelling(1, joins=False)
        self.done(one.node.found("home", "10.77.0.0/29"))
        two, three = self.deputy(one), self.deputy(one, 3)
        self.go(5.0)
        one.stop()
        three.stop()
        four = self.guest(two, 4, name="printer")
        for each in (two, four):
            each.stop()
        three.start()
        self.go(1.0)
        five = self.guest(three, 5, name="printer")
        for each in (two, four):
            each.start()
        self.go(40.0)
        self.assertEqual({four.own.name, five.own.name}, {"printer", "printer-2"})
        self.assertNotEqual(four.own.addresses, five.own.addresses)
        for each in (two, three, four, five):
            self.assertEqual(each.own.conflicts, [])
        self.assertTrue(self.reaches(four, five))

    def test_membersOfOthers(self) -> None:
        """
        Whoever is a member already gets nothing from a member that admits others, and stays what it is.
        """
        one, token = self.founder()
        two, three = self.deputy(one), self.dwelling(3, joins=False)
        self.join(three, token)
        self.go(5.0)
        self.join(three, self.invited(two, name="other"))
        self.assertEqual((three.own.stage, three.own.name), ("member", "node-3"))
        self.assertEqual(self.certificateOf(three).admitter, b"")
        self.assertIn("already", self.notesOf(three))

    def test_renewal(self) -> None:
        """
        What it signs ends with its own right, which the founder renews; and then it renews the others'.
        """
        one, _ = self.founder()
        two = self.deputy(one)
        one.stop()
        three = self.guest(two, 3)
        grant = self.certificateOf(two).granted
        assert grant is not None
        self.assertLessEqual(self.certificateOf(three).expires, grant.expires)
        three.stop()
        self.clock.pump([3600.0] * 24 * 15)
        one.start()
        self.clock.pump([0.1] * 600)
        self.assertGreater(self.certificateOf(two).expires, grant.expires)
        one.stop()
        three.start()
        self.clock.pump([0.1] * 600)
        self.assertEqual(self.certificateOf(three).admitter, self.certificateOf(two).identity)
        self.assertGreater(self.certificateOf(three).expires, grant.expires)


def _hosts(datagram: Datagram) -> set[str]:
    return {datagram.sender.host, datagram.destination.host}
