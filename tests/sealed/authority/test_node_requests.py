"""
Nodes join, are approved, and renew their certificates.
"""

from __future__ import annotations

from typing import Any

from authority_case import Approver, AuthorityCase, Observer
from simulated.membership import SlowRecords, macFrom
from twisted.internet.defer import Deferred, fail, succeed
from zope.interface.verify import verifyObject

from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.interfaces import IHookListener, IRecords, Verdict
from wand.sealed.authority.invitations import EXPIRED_GRACE
from wand.sealed.authority.stored_network import CERTIFICATE_LIFE
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.limits import Limits
from wand.sealed.credentials.messages import Admitted, NotNow, Pending, Refused, Renewed
from wand.sealed.credentials.signed import verified
from wand.sealed.credentials.token import Token
from wand.sealed.node.enrolment import Enrolment
from wand.stores.memory import MemoryRecords


class AssignmentTests(AuthorityCase):
    def test_namesAreUnique(self) -> None:
        """
        Who wishes a name that is taken gets the next one, and whatever it wishes is made a name.
        """
        token = self.invite(uses=4)
        names = [
            self.redeemedName(token, name, wish)
            for name, wish in (("a", "Laptop"), ("b", "laptop"), ("c", "laptop-2"), ("d", "\0\n--"))
        ]
        self.assertEqual(names, ["laptop", "laptop-2", "laptop-2-2", "node"])

    def redeemedName(self, token: Token, name: str, wish: str) -> str:
        answer = self.redeem(self.node(token, name), wish)
        assert isinstance(answer, Admitted)
        content = verified(answer.certificate, Certificate, self.authority.own.network)
        assert content is not None
        return content.name

    def test_addressesAreUniqueAndTheFirstFree(self) -> None:
        """
        Each member gets the first address that was nobody's.
        """
        nodes = [self.joined(name=name) for name in ("alice", "bob", "carol")]
        self.assertEqual([self.address(node) for node in nodes], ["10.77.0.1/16", "10.77.0.2/16", "10.77.0.3/16"])

    def address(self, node: Enrolment) -> str:
        assert node.own is not None
        return node.own.addresses[0]

    def test_theAddressOfARevokedMemberRests(self) -> None:
        """
        What a revoked member had is given to nobody for 30 days, or as long as the operator says, and is free then.
        """
        for name in ("alice", "bob"):
            self.joined(name=name)
        self.now(self.operator.revoke("alice"))
        self.clock.advance(29 * 86_400)
        self.now(self.authority.certifyItself())
        self.assertEqual(self.address(self.joined(name="carol")), "10.77.0.3/16")
        self.clock.advance(2 * 86_400)
        self.now(self.authority.certifyItself())
        self.assertEqual(self.address(self.joined(name="dave")), "10.77.0.1/16")
        self.authority = self.opened(quarantine=0)
        self.now(self.operator.revoke("dave"))
        self.assertEqual(self.address(self.joined(name="erin")), "10.77.0.1/16")

    def test_aFullPrefixTakesWhatRestsTheLongest(self) -> None:
        """
        When nothing else is left, the address of the member that was revoked first is given away before its time.
        """
        self.records = MemoryRecords()
        self.authority = self.opened(self.directory(), prefix="10.9.9.0/29")
        for name in ("a", "b", "c", "d", "e", "f"):
            self.joined(name=name)
        for name in ("d", "b"):
            self.now(self.operator.revoke(name))
            self.clock.advance(60)
        self.assertEqual(self.address(self.joined(name="g")), "10.9.9.4/29")
        self.assertEqual(self.address(self.joined(name="h")), "10.9.9.2/29")

    def test_aFullPrefixIsARefusal(self) -> None:
        """
        When the prefix has no address left the node is told so, and its invitation is not used up.
        """
        self.records = MemoryRecords()
        self.authority = self.opened(self.directory(), prefix="10.9.9.0/30")
        for name in ("alice", "bob"):
            self.joined(name=name)
        token = self.invite()
        self.assertIn("no free address", self.refusal(self.node(token, "carol")))
        self.assertEqual([invitation.left for invitation in self.operator.invitations], [1])
        self.now(self.operator.revoke("bob"))
        self.joined(token, "carol")

    def test_ipv6Prefixes(self) -> None:
        """
        A network of IPv6 addresses begins behind the routers' anycast address.
        """
        self.records = MemoryRecords()
        self.authority = self.opened(self.directory(), prefix="fd00:77::/64", cipher="chacha20-poly1305")
        node = self.joined()
        assert node.own is not None
        self.assertEqual(node.own.addresses, ("fd00:77::1/64",))
        self.assertEqual(node.cipher, "chacha20-poly1305")

    def test_macAddressesAreUnique(self) -> None:
        """
        A MAC address of another member, or a group's, is refused with the reason; the invitation is not used up.
        """
        alice = self.joined()
        token = self.invite()
        taken = macFrom(alice.identity.text)
        bob = self.node(token, "bob")
        self.assertIn("belongs to another member", self.refusal(bob, mac=taken))
        self.assertIn("single host", self.refusal(bob, mac=MAC(b"\xff" * 6)))
        self.assertEqual([invitation.left for invitation in self.operator.invitations], [1])
        self.assertIsInstance(self.redeem(bob), Admitted)


class ApprovalTests(AuthorityCase):
    def setUp(self) -> None:
        super().setUp()
        self.answers: list[Deferred[bool]] = []

    def ask(self, *answers: Deferred[bool] | Verdict | bool | Exception) -> tuple[Enrolment, Deferred[Any]]:
        self.hooks = [Approver(answer) for answer in answers]
        self.authority = self.opened()
        node = self.node(self.invite(), f"alice {len(self.members())}")
        return node, Deferred.fromCoroutine(self.redeeming(node))

    def test_interfaces(self) -> None:
        """
        The hook and the store of these tests are what they say.
        """
        verifyObject(IHookListener, Approver(True))
        verifyObject(IRecords, SlowRecords())

    def test_twoAsynchronousApproversNoneForgotten(self) -> None:
        """
        Of two hooks that answer later both must approve, whichever answers first (OpenVPN, CVE-2022-0547).
        """
        for late, expected in ((True, Admitted), (False, Refused)):
            for order in ((0, 1), (1, 0)):
                answers: list[Deferred[bool]] = [Deferred(), Deferred()]
                _, answer = self.ask(*answers)
                answers[order[0]].callback(True)
                self.assertNoResult(answer)
                answers[order[1]].callback(late)
                self.assertIsInstance(self.successResultOf(answer), expected)

    def test_aRefusalIsToldOnce(self) -> None:
        """
        A node that asks again because the answer was lost is refused again, and the operator is told once in a minute;
        at once, if it comes with another invitation.
        """
        node, _ = self.ask(False)
        self.assertIsInstance(self.redeem(node), Refused)
        self.assertEqual([event.kind for event in self.told].count("member-refused"), 1)
        self.clock.advance(61)
        self.redeem(node)
        node.begin(self.invite())
        self.redeem(node)
        self.assertEqual([event.kind for event in self.told].count("member-refused"), 3)

    def test_anythingButYesIsARefusal(self) -> None:
        """
        A hook that says anything but C{True} refuses.
        """
        for bad in (False, succeed(1), None):
            _, answer = self.ask(True, bad, True)  # type: ignore[arg-type]  # what a wrong hook may answer
            self.assertIn("do not admit", self.successResultOf(answer).reason)
        self.assertEqual(self.membership(), [])
        self.assertEqual({invitation.left for invitation in self.operator.invitations}, {1})

    def test_aHooksReason(self) -> None:
        """
        A node is told why a hook refuses it.
        """
        _, answer = self.ask(True, Verdict(False, "not in the list of hosts"))
        self.assertEqual(self.successResultOf(answer), Refused("not in the list of hosts"))

    def test_aHooksReasonForNow(self) -> None:
        """
        So it is where a hook cannot say yet; of one that fails it is told nothing but that.
        """
        for outage, told in (
            (TemporarilyUnavailable("the door opens at 8:00"), "the door opens at 8:00"),
            (RuntimeError("password: hunter2"), "a hook that must be asked cannot answer now"),
        ):
            _, answer = self.ask(True, fail(outage))
            self.assertEqual(self.successResultOf(answer), NotNow(told))

    def test_whoAsksMeanwhileWaits(self) -> None:
        """
        A node that asks again while the hooks think about it is told to wait; the hooks are not asked again.
        """
        node, answer = self.ask(thinking := Deferred[bool]())
        self.assertIsInstance(self.redeem(node), Pending)
        thinking.callback(True)
        self.assertIsInstance(self.successResultOf(answer), Admitted)
        (hook,) = self.hooks
        assert isinstance(hook, Approver)
        (candidate,) = hook.asked
        self.assertEqual((candidate.key, candidate.name), (node.identity, "alice"))

    def test_membersAreNotAskedAboutAgain(self) -> None:
        """
        A member that asks again is answered without the hooks.
        """
        node, answer = self.ask(True)
        self.hooks[0].answer = False  # type: ignore[attr-defined]  # an Approver
        self.assertEqual(self.successResultOf(answer), self.redeem(node))

    def test_anOperatorApproves(self) -> None:
        """
        Who joins with an invitation that needs approval waits until an operator approves, however long that takes.
        """
        observer = Observer()
        self.authority.observe(observer)
        token = self.invite(approval=True, lifetime=60.0)
        node = self.node(token)
        self.assertIsInstance(self.redeem(node), Pending)
        self.assertEqual(self.membership(), [("alice", "pending")])
        self.assertIsNone(self.requests.admitted(node.identity))
        self.clock.advance(10 * EXPIRED_GRACE)
        self.now(self.authority.reload())
        self.assertEqual(self.authority.own.invitationSecret(token.invitation), token.secret)
        self.assertEqual(self.now(self.operator.approve("alice")).state, "member")
        self.assertEqual(observer.issued, [node.identity])
        self.now(self.authority.certifyItself())
        answer = self.redeem(node)
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        self.failing(self.operator.approve("alice"), MembershipRefused)


class RenewalTests(AuthorityCase):
    def test_certificatesAreRenewedAfterAThird(self) -> None:
        """
        An online member gets a new certificate after a third of its life, and the same one before.
        """
        alice = self.joined()
        mac = macFrom(alice.identity.text)
        assert alice.own is not None
        self.assertEqual(alice.own.expires - alice.own.issued, CERTIFICATE_LIFE)
        self.assertEqual(alice.renewalIn, alice.own.issued + CERTIFICATE_LIFE / 3 - self.wallClock())
        self.assertEqual(self.now(self.requests.renew(alice.identity, mac)), Renewed(alice.certificate))
        self.clock.advance(CERTIFICATE_LIFE / 3)
        answer = self.now(self.requests.renew(alice.identity, mac))
        assert isinstance(answer, Renewed)
        since = alice.own.since
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertEqual((alice.own.since, alice.own.issued), (since, int(self.clock.seconds())))
        [told] = [event.fields for event in self.told if event.kind == "member-renewed"]
        self.assertEqual(told, {"name": "alice", "key": alice.identity.text, "expires": alice.own.expires})

    def test_everyRenewalIsTold(self) -> None:
        """
        Whoever wants the new certificate: an operator who renames a member, or changes its limits, or this server for
        itself.  The first one is told of as a member that joined.
        """
        alice = self.joined()
        self.assertEqual(self.renewals, [])
        self.now(self.operator.rename("alice", "alicia"))
        self.now(self.operator.limit("alicia", macs=10))
        self.now(self.operator.confirm("alicia"))
        self.assertEqual(self.renewals, ["alicia"] * 3)
        assert alice.own is not None
        self.clock.advance(CERTIFICATE_LIFE / 3)
        self.now(self.authority.certifyItself())
        [server] = [member.name for member in self.members() if member.server]
        self.assertEqual(self.renewals[3:], [server])
        self.now(self.authority.certifyItself())
        self.assertEqual(len(self.renewals), 4)

    @property
    def renewals(self) -> list[object]:
        return [event.fields["name"] for event in self.told if event.kind == "member-renewed"]

    def test_whoWasAwayForLongIsRenewed(self) -> None:
        """
        A member that was switched off until its certificate expired is admitted by the server, and by nobody else, and
        renewed.
        """
        alice = self.joined()
        bob = self.joined(name="bob")
        self.clock.advance(CERTIFICATE_LIFE + 10)
        self.assertIsNone(bob.admit(alice.certificate, alice.key.exchangePublic))
        self.assertIsNotNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))
        self.now(self.authority.certifyItself())
        answer = self.now(self.requests.renew(alice.identity, macFrom(alice.identity.text)))
        assert isinstance(answer, Renewed)
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertIsNotNone(bob.admit(alice.certificate, alice.key.exchangePublic))

    def test_theServerRenewsItself(self) -> None:
        """
        The certificate of the server is renewed in time.
        """
        before = self.authority.own.certificate
        self.now(self.authority.certifyItself())
        self.assertEqual(self.authority.own.certificate, before)
        self.clock.advance(CERTIFICATE_LIFE / 2)
        self.now(self.authority.certifyItself())
        self.assertNotEqual(self.authority.own.certificate, before)
        self.assertIsNotNone(self.authority.trust.check(self.authority.own.certificate))

    def test_aNewTapKeepsTheMembership(self) -> None:
        """
        A member whose tap has another MAC address gets a certificate for it, unless the address is another's.
        """
        alice, bob = self.joined(), self.joined(name="bob")
        taken = self.now(self.requests.renew(alice.identity, macFrom(bob.identity.text)))
        assert isinstance(taken, Refused)
        self.assertIn("another member", taken.reason)
        answer = self.now(self.requests.renew(alice.identity, macFrom("new")))
        assert isinstance(answer, Renewed)
        self.assertTrue(alice.renewed(answer.certificate))
        assert alice.own is not None
        self.assertEqual(alice.own.macs, (macFrom("new"),))

    def test_renaming(self) -> None:
        """
        A renamed member gets a certificate with the new name; a name that is taken or wrong is refused.
        """
        alice = self.joined()
        self.joined(name="bob")
        observer = Observer()
        self.authority.observe(observer)
        self.now(self.operator.rename("alice", "alicia"))
        self.assertEqual(observer.issued, [alice.identity])
        answer = self.requests.admitted(alice.identity)
        assert answer is not None
        self.assertTrue(alice.renewed(answer.certificate))
        assert alice.own is not None
        self.assertEqual(alice.own.name, "alicia")
        self.assertIn("another", self.failing(self.operator.rename("alicia", "bob"), MembershipRefused))
        self.assertIn("not a name", self.failing(self.operator.rename("alicia", "No!"), MembershipRefused))
        self.now(self.operator.rename("bob", "alice"))
        self.assertEqual([name for name, _ in self.membership()], ["alice", "alicia"])

    def test_limitsStandInTheCertificate(self) -> None:
        """
        The limits of an invitation go to who joins with it, and an operator changes them with a new certificate.
        """
        token = self.now(self.operator.invite(["192.0.2.1:44444"], limits=Limits(1024, 9000)))
        alice = self.joined(token)
        assert alice.own is not None
        self.assertEqual(alice.own.limits, Limits(1024, 9000))
        observer = Observer()
        self.authority.observe(observer)
        self.clock.advance(1)
        self.now(self.operator.limit("alice", broadcasts=50))
        self.assertEqual(observer.issued, [alice.identity])
        answer = self.requests.admitted(alice.identity)
        assert answer is not None
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertEqual(alice.own.limits, Limits(1024, 50))
        self.assertIn("1 to", self.failing(self.operator.limit("alice", macs=0), MembershipRefused))
        self.now(self.operator.revoke("alice"))
        self.failing(self.operator.limit(alice.identity.text, macs=9), MembershipRefused)

    def test_confirmedUntilTheAddressChanges(self) -> None:
        """
        What an operator confirmed holds for this MAC address, and for no other that the member takes later.
        """
        alice = self.joined()
        self.assertTrue(self.now(self.operator.confirm("alice")).confirmed)
        self.now(self.requests.renew(alice.identity, macFrom("new")))
        [member] = [each for each in self.members() if each.name == "alice"]
        self.assertFalse(member.confirmed)
