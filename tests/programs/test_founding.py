"""
Tests for L{wand.programs.node_admission}: networks without a server, on taps in memory and in simulated time.
"""

from __future__ import annotations

from ipaddress import ip_network

from founding_case import FoundingCase

from wand.control.network_administration import InvitationSettings
from wand.errors import MembershipRefused, NotSupported, StateUnavailable, TokenInvalid, WandError
from wand.programs.store_settings import SQLITE
from wand.sealed.node.enrolment_files import FOUNDED


class FoundingTests(FoundingCase):
    """
    Tests for the node that founds a network.
    """

    def test_twoHosts(self) -> None:
        """
        One node founds a network, another joins with the invitation, and frames flow.
        """
        one, token = self.founder()
        self.assertEqual((one.own.stage, one.own.network, one.own.name), ("member", "home", "node-1"))
        six = ip_network(one.own.prefix6)
        self.assertEqual(one.own.addresses, ["10.77.0.1/16", f"{six[1]}/64"])
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        self.assertEqual((two.own.stage, two.own.network), ("member", "home"))
        self.assertEqual(two.own.addresses, ["10.77.0.2/16", f"{six[2]}/64"])
        self.assertTrue(self.reaches(two, one))
        self.assertTrue(self.reaches(one, two))
        self.assertEqual(set(self.membersOf(one)), {"node-1", "node-2"})
        self.assertEqual([each.name for each in two.node.status().directories], ["gossip"])

    def test_threeHosts(self) -> None:
        """
        Those who were admitted by the founder find each other by gossip, and go on without it.
        """
        one, token = self.founder()
        two, three = self.dwelling(2, joins=False), self.dwelling(3, joins=False)
        self.join(two, token)
        self.join(three, self.invited(one))
        self.go(10.0)
        self.assertTrue(self.reaches(two, three))
        one.stop()
        for each in (two, three):
            each.stop()
        for each in (two, three):
            each.start()
        self.go(20.0)
        self.assertTrue(self.reaches(three, two))

    def test_restart(self) -> None:
        """
        After a restart the founder is the same member, and admits as before.
        """
        one, token = self.founder()
        before = one.own
        one.stop()
        one.start()
        self.go(1.0)
        self.assertEqual((one.own.key, one.own.addresses, one.own.stage), (before.key, before.addresses, "member"))
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        self.assertEqual(two.own.stage, "member")

    def test_foundedOnce(self) -> None:
        """
        A member founds nothing, and a founder joins nothing else, nor anew with an invitation of its own.
        """
        one, own = self.founder()
        self.assertIn("on the host that is to join", self.failing(one.node.join(own), MembershipRefused))
        self.assertIn("already", self.failing(one.node.found("other", ""), MembershipRefused))
        _, token = self.founder(2)
        self.assertIn("another network", self.failing(one.node.join(token), MembershipRefused))

    def test_nonsense(self) -> None:
        """
        What cannot be used is refused, and the node can found a network after that.
        """
        one = self.dwelling(1, joins=False)
        for name, prefix, prefix6 in (
            ("No Name!", "", ""),
            ("home", "nonsense", ""),
            ("home", "", "nonsense"),
            ("home", "", "10.99.0.0/24"),
            ("home", "fd77::/64", "fd78::/64"),
            ("home", "none", "none"),
        ):
            self.failing(one.node.found(name, prefix, prefix6), WandError)
            self.assertEqual(one.own.stage, "new")
        self.done(one.node.found("home", "10.99.0.0/24", "none"))
        self.assertEqual(one.own.addresses, ["10.99.0.1/24"])

    def test_oneKindOfAddresses(self) -> None:
        """
        IPv4 is left out where it is not wanted, and a prefix of IPv6 can be chosen.
        """
        for number, (prefix, prefix6, addresses) in enumerate(
            (
                ("none", "fd77::/64", ["fd77::1/64"]),
                ("fd78::/112", "", ["fd78::1/112"]),
                ("", "fd79::/64", ["10.77.0.1/16", "fd79::1/64"]),
            ),
            1,
        ):
            one = self.dwelling(number, joins=False)
            self.done(one.node.found("home", prefix, prefix6))
            self.assertEqual(one.own.addresses, addresses)

    def test_nonsenseLeavesNothing(self) -> None:
        """
        A node that could not found a network is as before: it can join one, and does not admit.
        """
        _, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.failing(two.node.found("home", "nonsense"), WandError)
        self.join(two, token)
        self.assertEqual(two.own.stage, "member")
        self.assertIn("already", self.failing(two.node.found("home", ""), MembershipRefused))
        with self.assertRaises(NotSupported):
            two.node.network.members(None, 9)

    def test_endedWhileFounding(self) -> None:
        """
        A node that ended while it founded a network founds the same one when it starts again.
        """
        one = self.dwelling(1, joins=False)
        one.stop()
        state = self.directory / "node-1"
        (state / FOUNDED).write_text("home 10.99.0.0/24\n")
        one.start()
        self.go(1.0)
        self.assertEqual((one.own.network, one.own.addresses), ("home", ["10.99.0.1/24"]))

    def test_endedWithoutAName(self) -> None:
        """
        If nobody knows any more which network that was, none is founded.
        """
        one = self.dwelling(1, joins=False)
        one.stop()
        (self.directory / "node-1" / FOUNDED).write_text("")
        one.start()
        self.go(1.0)
        self.assertEqual(one.own.stage, "new")
        self.assertIn("does not say", " ".join(one.node.status().notes))

    def test_lost(self) -> None:
        """
        Where the key and the store are lost, no other network is made for a member of the first.
        """
        one, _ = self.founder()
        one.stop()
        state = self.directory / "node-1"
        for path in [*state.glob("network*"), *state.glob(f"{SQLITE}*")]:
            path.unlink()
        one.start()
        self.go(1.0)
        self.assertIn("restore a backup", " ".join(one.node.status().notes))
        self.assertEqual([path.name for path in state.glob("network*")], [])
        self.assertIn("restore", self.failing(one.node.network.approve("node-1"), WandError))

    def test_notEntered(self) -> None:
        """
        If the founder cannot keep its membership, it admits nobody, says so, and enters when it starts again.
        """
        one = self.dwelling(1, joins=False)
        assert one.node.etud.member is not None
        enrolment = one.node.etud.member.enrolment

        def enter(*arguments: object) -> None:
            raise StateUnavailable("the disk is full")

        self.patch(enrolment, "enter", enter)
        self.failing(one.node.found("home", ""), StateUnavailable)
        self.assertIsNone(enrolment.admitting)
        self.failing(one.node.network.approve("node-1"), StateUnavailable)
        self.assertIn("cannot enter", self.failing(one.node.found("home", ""), MembershipRefused))
        one.stop()
        one.start()
        self.go(1.0)
        self.assertEqual((one.own.stage, one.own.network), ("member", "home"))

    def test_revocation(self) -> None:
        """
        Whoever the founder revokes has no sessions any more, also with others.
        """
        one, token = self.founder()
        two, three = self.dwelling(2, joins=False), self.dwelling(3, joins=False)
        self.join(two, token)
        self.join(three, self.invited(one))
        self.assertTrue(self.reaches(two, three))
        self.done(one.node.network.revoke("node-3"), 2.0)
        self.assertEqual(three.own.stage, "revoked")
        self.assertFalse(self.reaches(one, three))
        self.assertFalse(self.reaches(two, three))
        one.stop()
        one.start()
        self.go(1.0)
        self.assertEqual(self.membersOf(one)["node-3"].state, "revoked")

    def test_revokedWhileItWasAway(self) -> None:
        """
        Those who are there hear of a revocation from the founder, and let the revoked one in no more.
        """
        one, token = self.founder()
        two, three = self.dwelling(2, joins=False), self.dwelling(3, joins=False)
        self.join(two, token)
        self.join(three, self.invited(one))
        self.assertTrue(self.reaches(two, three))
        three.stop()
        self.done(one.node.network.revoke("node-3"), 2.0)
        one.stop()
        three.start()
        self.go(3.0)
        self.assertFalse(self.reaches(three, two))
        self.assertEqual(three.own.stage, "member")  # nobody tells it

    def test_approval(self) -> None:
        """
        Somebody waits until the founder approves, and the founder is told.
        """
        one, _ = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, self.invited(one, approval=True))
        self.assertEqual(two.own.stage, "joining")
        self.assertIn("wand approve", " ".join(one.node.status().notes))
        self.done(one.node.network.approve("node-2"), 2.0)
        self.assertEqual(two.own.stage, "member")

    def test_renaming(self) -> None:
        """
        The founder renames itself and others, who hear of it at once.
        """
        one, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        self.done(one.node.network.rename("node-1", "first"))
        self.done(one.node.network.rename("node-2", "second"))
        self.assertEqual((one.own.name, two.own.name), ("first", "second"))

    def test_renewal(self) -> None:
        """
        Certificates are renewed by the founder, its own as well, also after it was away for long.
        """
        one, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        before = [each.own.expires or 0.0 for each in (one, two)]
        one.stop()
        self.clock.pump([3600.0] * 24 * 11)
        one.start()
        self.clock.pump([0.1] * 1000)
        after = [each.own.expires or 0.0 for each in (one, two)]
        self.assertGreater(min(after), max(before) + 9 * 86_400)

    def test_awayForLong(self) -> None:
        """
        After weeks without the founder all certificates have expired; once it is back they are renewed, its own first.
        """
        one, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        one.stop()
        self.clock.pump([3600.0] * 24 * 31)
        self.assertLess(two.own.expires or 0.0, self.clock.seconds())
        one.start()
        self.clock.pump([0.1] * 1500)
        for each in (one, two):
            self.assertGreater(each.own.expires or 0.0, self.clock.seconds())
        self.assertTrue(self.reaches(one, two))

    def test_byHand(self) -> None:
        """
        A node is admitted by texts that people carry, and then finds the founder; asked again, nothing changes.
        """
        one, _ = self.founder()
        two = self.dwelling(2, joins=False)
        answer = self.done(one.node.network.admit(two.node.request(), InvitationSettings(name="second", relay=True)))
        self.done(two.node.join(f"{answer[:50]}\n{answer[50:]}\n"), 2.0)
        self.assertEqual((two.own.stage, two.own.name, two.own.relay), ("member", "second", True))
        self.assertEqual(two.own.addresses[0], "10.77.0.2/16")
        self.assertTrue(self.reaches(one, two))
        again = self.done(one.node.network.admit(two.node.request(), InvitationSettings()))
        self.assertIn("already", self.failing(two.node.join(again), MembershipRefused))
        two.stop()
        two.start()
        self.go(2.0)
        self.assertTrue(self.reaches(two, one))

    def test_renewedByHand(self) -> None:
        """
        A member that reaches nobody brings a request, and gets another certificate, with the rights that it is given.
        """
        one, _ = self.founder()
        two = self.dwelling(2, joins=False)
        self.done(two.node.join(self.done(one.node.network.admit(two.node.request(), InvitationSettings()))))
        before = two.own
        one.stop()  # that is where two cannot reach it
        two.stop()
        self.clock.pump([3600.0] * 24 * 11)
        one.start()
        self.go(1.0)
        request = two.start().node.request()
        answer = self.done(one.node.network.admit(request, InvitationSettings()), 0.01)
        self.done(two.node.join(answer), 0.01)
        self.assertGreater(two.own.expires or 0.0, (before.expires or 0.0) + 9 * 86_400)
        answer = self.done(one.node.network.admit(request, InvitationSettings(bridge=True, relay=True)), 0.01)
        self.done(two.node.join(answer), 0.01)
        self.assertEqual((two.own.bridge, two.own.relay, two.own.name), (True, True, "node-2"))
        renaming = one.node.network.admit(request, InvitationSettings(name="second"))
        self.assertIn("wand rename", self.failing(renaming, MembershipRefused))

    def test_byHandAnothers(self) -> None:
        """
        An answer is of no use to another node, a request that was changed is refused, and so is one of a revoked node.
        """
        one, _ = self.founder()
        two, three = self.dwelling(2, joins=False), self.dwelling(3, joins=False)
        request = two.node.request()
        answer = self.done(one.node.network.admit(request, InvitationSettings()))
        self.assertIn("another node", self.failing(three.node.join(answer), TokenInvalid))
        self.assertEqual(three.own.stage, "new")
        self.failing(one.node.network.admit(request[:-9] + "AAAAAAAAA", InvitationSettings()), TokenInvalid)
        self.failing(one.node.network.admit(request, InvitationSettings(name="No Name!")), MembershipRefused)
        self.done(one.node.network.revoke("node-2"))
        self.assertIn("revoked", self.failing(one.node.network.admit(request, InvitationSettings()), MembershipRefused))

    def test_notAServer(self) -> None:
        """
        Other nodes have no list of members.
        """
        one, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        with self.assertRaises(WandError):
            two.node.network.members(None, 9)
        self.assertTrue(self.membersOf(one)["node-1"].admission)
        self.assertFalse(self.membersOf(one)["node-2"].admission)
