"""
Operators revoke members, and have things signed elsewhere.
"""

from __future__ import annotations

import msgspec
from authority_case import AuthorityCase, Observer
from simulated.membership import macFrom, octetsFrom

from wand.errors import MembershipRefused, NoSuchMember
from wand.sealed.authority.offline_signing import signedOffline
from wand.sealed.authority.stored_network import CERTIFICATE_LIFE
from wand.sealed.credentials.identity import NetworkKey
from wand.sealed.credentials.messages import Admitted, Pending, Refused, Renewed
from wand.sealed.credentials.signed import signed
from wand.stores.memory import MemoryRecords


class RevocationTests(AuthorityCase):
    def test_aRevokedMemberIsOut(self) -> None:
        """
        A revoked member is admitted no more, whoever must know is told, and its name is free.
        """
        observer = Observer()
        self.authority.observe(observer)
        alice = self.joined()
        self.assertEqual(self.now(self.operator.revoke("alice")).state, "revoked")
        self.assertIsNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))
        ((identity, revocation),) = observer.revoked
        self.assertEqual(identity, alice.identity)
        assert alice.trust is not None
        self.assertTrue(alice.trust.revoke(revocation))
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("x"))), Refused)
        again = self.joined(name="bob")
        self.now(self.operator.rename("bob", "alice"))
        self.assertEqual(sorted(self.membership()), [("alice", "member"), ("alice", "revoked")])
        self.assertIsNotNone(self.authority.own.admit(again.certificate, again.key.exchangePublic))

    def test_revokedAlready(self) -> None:
        """
        The name or key of a revoked member is answered with that, whatever was to be done, and not with nobody having
        it; the name, until another member has it.
        """
        alice, operator = self.joined(), self.operator
        self.now(operator.revoke("alice"))
        for name in ("alice", alice.identity.text):
            for doing in (
                operator.rename(name, "bob"),
                operator.address(name, ["10.77.0.9"]),
                operator.approve(name),
                operator.limit(name, 7),
                operator.confirm(name),
                operator.appoint(name),
            ):
                self.assertIn("alice was revoked already", self.failing(doing, MembershipRefused))
        self.assertIn("alice was revoked already", self.failing(operator.revoke("alice"), MembershipRefused))
        self.joined(name="bob")
        self.now(operator.rename("bob", "alice"))
        self.assertEqual(self.now(operator.rename("alice", "carol")).name, "carol")

    def test_revocationByWholeNameOrWholeKeyOnly(self) -> None:
        """
        A part of a name or of a key matches nobody, nor does the short form of a key (OpenVPN, CVE-2025-13086;
        ZeroTier, 2021).
        """
        alice = self.joined()
        key = alice.identity.text
        for part in (key[:-1], key[:12], str(alice.identity), "alic", "alice ", "Alice", "", key + "0", "*"):
            self.failing(self.operator.revoke(part), NoSuchMember)
            self.failing(self.operator.rename(part, "bob"), NoSuchMember)
            self.failing(self.operator.approve(part), NoSuchMember)
        self.assertEqual(self.membership(), [("alice", "member")])
        self.now(self.operator.revoke(key))
        self.assertEqual(self.membership(), [("alice", "revoked")])

    def test_revocationSurvivesReissueOfCertificates(self) -> None:
        """
        A revoked key gets no certificate any more, and none that it gets elsewhere is valid (Nebula,
        GHSA-69x3-g4r3-p962): not by renewal, by renaming, by approval, nor with a fresh invitation.
        """
        alice = self.joined()
        self.now(self.operator.revoke("alice"))
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("x"))), Refused)
        self.failing(self.operator.rename(alice.identity.text, "other"), MembershipRefused)
        self.failing(self.operator.approve(alice.identity.text), MembershipRefused)
        fresh = self.node(self.invite(), "alice")
        self.assertEqual(fresh.identity, alice.identity)
        self.assertIn("revoked", self.refusal(fresh))
        key = NetworkKey.kept(self.state)
        assert key is not None and alice.own is not None
        later = msgspec.structs.replace(alice.own, issued=alice.own.issued + 100, expires=alice.own.expires + 100)
        reissued = signed(key.signing, later)
        self.assertIsNone(self.authority.own.admit(reissued, alice.key.exchangePublic))

    def test_revokingTwiceChangesNothing(self) -> None:
        """
        A key is revoked once; the same revocation is told again to those who ask.
        """
        alice = self.joined()
        first = self.now(self.operator.revoke("alice"))
        digest = self.authority.trust.notices.digest
        self.clock.advance(100)
        self.assertEqual(self.now(self.operator.revoke(alice.identity.text)), first)
        self.assertEqual(self.authority.trust.notices.digest, digest)

    def test_anUnknownKeyIsRevokedToo(self) -> None:
        """
        A whole key that this server never heard of can be revoked, and then never joins.
        """
        node = self.node(self.invite())
        self.now(self.operator.revoke(node.identity.text))
        self.assertIn("revoked", self.refusal(node))

    def test_aRevocationThatPeersTellIsKept(self) -> None:
        """
        A server whose store was restored from before a revocation learns it from a node, stores it, and does not let
        the key in again.
        """
        alice = self.joined()
        records = self.records
        assert isinstance(records, MemoryRecords)
        backup = {kind: dict(values) for kind, values in records._kinds.items()}
        self.now(self.operator.revoke("alice"))
        (revocation,) = self.authority.trust.notices.all
        records._kinds = backup
        self.authority = self.opened()
        self.assertIsNotNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))
        observer = Observer()
        self.authority.observe(observer)
        self.assertTrue(self.authority.trust.revoke(revocation))
        self.assertEqual(observer.revoked, [(alice.identity, revocation)])
        self.authority = self.opened()
        self.assertEqual(self.membership(), [("alice", "revoked")])
        self.assertIn("revoked", self.refusal(self.node(self.invite(), "alice")))

    def test_whatAnotherServerRevokesIsTold(self) -> None:
        """
        Of two servers with one store the other ends the sessions of a revoked member when it reads the store again.
        """
        alice = self.joined()
        other = self.opened(self.directory())
        observer = Observer()
        other.observe(observer)
        self.now(self.operator.revoke("alice"))
        self.now(other.reload())
        self.assertEqual([identity for identity, _ in observer.revoked], [alice.identity])
        self.assertIsNone(other.own.admit(alice.certificate, alice.key.exchangePublic))

    def test_theServerDoesNotRevokeItself(self) -> None:
        """
        The server refuses to revoke itself.
        """
        for name in ("server", self.authority.own.identity.text):
            self.assertIn("itself", self.failing(self.operator.revoke(name), MembershipRefused))

    def test_pendingMembersAreRevoked(self) -> None:
        """
        Who waits for an approval can be refused permanently.
        """
        node = self.node(self.invite(approval=True))
        self.redeem(node)
        self.now(self.operator.revoke("alice"))
        self.assertIn("revoked", self.refusal(node))


class OfflineTests(AuthorityCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.joined()
        key = NetworkKey.kept(self.state)
        assert key is not None
        self.key = key
        (self.state.path / "network.key").unlink()
        self.authority = self.opened()

    def sign(self) -> int:
        document = signedOffline(self.operator.signingRequests, self.key, self.clock.seconds())
        return self.now(self.operator.importSignatures(document))

    def test_withoutTheKeyNodesWait(self) -> None:
        """
        On a server without the network key a node waits until its certificate was signed elsewhere.
        """
        observer = Observer()
        self.authority.observe(observer)
        self.assertFalse(self.operator.status.signs)
        node = self.node(self.invite(), "bob")
        self.assertIsInstance(self.redeem(node, "bob"), Pending)
        self.assertEqual(self.operator.status.unsigned, 1)
        self.assertEqual(self.sign(), 1)
        self.assertEqual(observer.issued, [node.identity])
        answer = self.redeem(node, "bob")
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        self.assertEqual((self.operator.status.unsigned, self.sign()), (0, 0))

    def test_renewalsAndTheServerWaitToo(self) -> None:
        """
        Certificates that are due stand in the requests, that of the server among them.
        """
        self.clock.advance(CERTIFICATE_LIFE / 2)
        mac = macFrom(self.alice.identity.text)
        self.assertEqual(self.now(self.requests.renew(self.alice.identity, mac)), Renewed(self.alice.certificate))
        self.assertEqual(self.sign(), 2)
        answer = self.now(self.requests.renew(self.alice.identity, mac))
        assert isinstance(answer, Renewed)
        self.assertTrue(self.alice.renewed(answer.certificate))

    def test_revocationsHoldAtOnceAndAreSignedLater(self) -> None:
        """
        A revocation holds on the server at once, and everywhere once it is signed.
        """
        observer = Observer()
        self.authority.observe(observer)
        self.now(self.operator.revoke("alice"))
        self.assertIsNone(self.authority.own.admit(self.alice.certificate, self.alice.key.exchangePublic))
        self.assertEqual(observer.revoked, [(self.alice.identity, b"")])
        self.assertEqual(self.sign(), 1)
        self.assertTrue(self.authority.trust.isRevoked(self.alice.identity))
        identity, revocation = observer.revoked[-1]
        assert self.alice.trust is not None
        self.assertTrue(self.alice.trust.revoke(revocation))
        self.authority = self.opened()
        self.assertTrue(self.authority.trust.isRevoked(identity))

    def test_whatIsNotWaitedForIsNotTaken(self) -> None:
        """
        A certificate that says more than was asked for, or is for somebody unknown, is not imported.
        """
        self.node(self.invite(), "bob")
        self.clock.advance(CERTIFICATE_LIFE / 2)
        document = self.operator.signingRequests.replace(b'"bridge": false', b'"bridge": true')
        forged = signedOffline(document, self.key, self.clock.seconds())
        self.assertEqual(self.now(self.operator.importSignatures(forged)), 0)

    def test_otherNetworksAndNonsenseAreRefused(self) -> None:
        """
        Documents of another network, or that cannot be read, are refused with the reason.
        """
        other = NetworkKey.fromSeed(octetsFrom("other"))
        self.assertRaises(MembershipRefused, signedOffline, self.operator.signingRequests, other, 0.0)
        self.assertRaises(MembershipRefused, signedOffline, b"{nonsense", self.key, 0.0)
        self.failing(self.operator.importSignatures(b"[]"), MembershipRefused)
        wrong = self.operator.signingRequests.replace(b'"certificates": []', b'"certificates": [{"name": "x"}]')
        self.assertRaises(MembershipRefused, signedOffline, wrong, self.key, 0.0)
