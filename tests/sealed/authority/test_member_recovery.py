"""
Members are known by their certificates, after the store was lost or restored.
"""

from __future__ import annotations

from authority_case import AuthorityCase
from simulated.membership import macFrom
from twisted.internet.defer import Deferred, fail

from wand.errors import StoreUnavailable
from wand.sealed.credentials.messages import Renewed
from wand.sealed.node.enrolment import Enrolment
from wand.stores.memory import MemoryRecords


class EvidenceTests(AuthorityCase):
    """
    A store that is older than what members know.
    """

    def restored(self, *, at: float = 0.0) -> None:
        """
        Lose what happened after the authority was created.
        """
        self.clock.advance(at)
        self.records = MemoryRecords()
        self.authority = self.opened(recover=True)

    def meet(self, node: Enrolment) -> None:
        self.authority.own.admit(node.certificate, node.key.exchangePublic)

    def listed(self) -> list[tuple[str, str, bool, tuple[str, ...]]]:
        return [
            (each.name, each.state, each.learned, tuple(each.addresses)) for each in self.members() if not each.server
        ]

    def test_aCertificateIsEvidence(self) -> None:
        """
        Who shows a certificate of the network is a member again, is renewed, keeps its address, and can be revoked.
        """
        alice = self.joined(name="alice")
        self.restored()
        self.meet(alice)
        self.meet(alice)
        self.assertEqual(self.listed(), [("alice", "member", True, ("10.77.0.1/16",))])
        self.assertEqual([event.kind for event in self.told].count("member-learned"), 1)
        bob = self.joined(name="bob")
        assert bob.own is not None
        self.assertEqual(bob.own.addresses, ("10.77.0.2/16",))
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom(alice.identity.text))), Renewed)
        self.now(self.operator.revoke("alice"))
        self.assertIsNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))
        self.assertEqual(self.listed()[0][1], "revoked")

    def test_theEarlierMemberKeepsItsAddress(self) -> None:
        """
        If an address was given away before its member was met, the earlier member has it, and the other gets a new one.
        """
        alice = self.joined(name="alice")
        self.restored(at=60)
        bob = self.joined(name="bob")
        assert bob.own is not None
        self.assertEqual(bob.own.addresses, ("10.77.0.1/16",))
        self.meet(alice)
        self.assertEqual(
            sorted(self.listed()),
            [("alice", "member", True, ("10.77.0.1/16",)), ("bob", "member", False, ("10.77.0.2/16",))],
        )
        self.assertIn("member-readdressed", [event.kind for event in self.told])

    def test_theLaterMemberGetsAnother(self) -> None:
        """
        The other way round, it is the one who is learned that gets a new address.
        """
        alice = self.joined(name="alice")
        self.restored(at=60)
        bob = self.joined(name="bob")
        self.restored(at=60)
        self.meet(alice)
        self.meet(bob)
        self.assertEqual([each[3] for each in sorted(self.listed())], [("10.77.0.1/16",), ("10.77.0.2/16",)])

    def test_anExpiredCertificateWaitsForAnOperator(self) -> None:
        """
        Who shows one that has expired is not let in, since a revocation may be lost, too, but can be approved.
        """
        alice = self.joined(name="alice")
        self.restored(at=4 * 86_400)
        self.assertIsNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))
        self.assertEqual(self.listed()[0][:3], ("alice", "pending", True))
        self.now(self.operator.approve("alice"))
        self.assertIsNotNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))

    def test_revocationsAreHandedBack(self) -> None:
        """
        A revocation that a member hands back ends what was learned.
        """
        alice = self.joined(name="alice")
        self.now(self.operator.revoke("alice"))
        revocation = self.authority.trust.notices.all[0]
        self.restored()
        self.meet(alice)
        self.assertEqual(self.listed()[0][1], "member")
        self.authority.trust.revoke(revocation)
        self.assertEqual(self.listed()[0][1], "revoked")

    def test_aFullDiskEndsNoMembership(self) -> None:
        """
        A certificate that says what is stored is renewed while the store takes nothing; nothing else is.
        """
        alice = self.joined(name="alice")
        self.clock.advance(2 * 86_400)

        def full(*arguments: object) -> Deferred[bool]:
            return fail(StoreUnavailable("the disk is full"))

        self.patch(self.records, "exchange", full)
        self.now(self.authority.certifyItself())
        answer = self.now(self.requests.renew(alice.identity, macFrom(alice.identity.text)))
        assert isinstance(answer, Renewed)
        self.assertTrue(alice.renewed(answer.certificate))
        self.assertIn("full", self.failing(self.operator.revoke("alice"), StoreUnavailable))
