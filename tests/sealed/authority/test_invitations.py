"""
Invitations let nodes in, and give members more.
"""

from __future__ import annotations

from typing import Any

import msgspec
from authority_case import ENDPOINTS, AuthorityCase, Observer, awaited
from simulated.membership import SlowRecords, macFrom, octetsFrom
from twisted.internet.defer import Deferred, fail

from wand.errors import AddressInvalid, MembershipRefused, NoSuchMember, StoreUnavailable
from wand.sealed.authority import invitations
from wand.sealed.authority.invitations import EXPIRED_GRACE
from wand.sealed.authority.offline_signing import signedOffline
from wand.sealed.authority.stored_network import CERTIFICATE_LIFE
from wand.sealed.credentials.identity import NetworkKey
from wand.sealed.credentials.limits import Limits
from wand.sealed.credentials.messages import Admitted, NotNow, Pending, Refused, Renewed
from wand.sealed.credentials.token import Token
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.joining import joinRequest


class InvitationTests(AuthorityCase):
    def test_joiningTakesOneToken(self) -> None:
        """
        A node with a token becomes a member with a name, an overlay address and its MAC address.
        """
        node = self.node(self.invite(name="alice", bridge=True), "seed")
        self.assertEqual(node.stage, "joining")
        answer = self.redeem(node, "whatever")
        assert isinstance(answer, Admitted)
        self.assertTrue(node.admitted(answer))
        assert node.own is not None
        self.assertEqual((node.stage, node.own.name, node.own.bridge), ("member", "alice", True))
        self.assertEqual(node.own.addresses, ("10.77.0.1/16",))
        self.assertEqual(node.own.macs, (macFrom(node.identity.text),))
        self.assertEqual(
            (node.secrets.newest, node.cipher), (self.authority.own.secrets.newest, self.authority.own.cipher)
        )
        self.assertEqual([event.kind for event in self.told], ["address-assigned", "member-joined"])
        known = {"name": "alice", "key": node.identity.text}
        mac = str(macFrom(node.identity.text))
        self.assertEqual(self.told[0].fields, {**known, "mac": mac, "address": "10.77.0.1"})
        self.assertEqual(self.told[1].fields, {**known, "endpoint": "198.51.100.1:22222"})

    def test_theSecretIsKnownByItsIdOnly(self) -> None:
        """
        The secret of an invitation is found by the whole id; others are unknown.
        """
        token = self.invite()
        self.assertEqual(self.authority.own.invitationSecret(token.invitation), token.secret)
        self.assertIsNone(self.authority.own.invitationSecret(token.invitation[:15]))
        self.assertIsNone(self.authority.own.invitationSecret(octetsFrom("x")[:16]))

    def test_theLatestInFront(self) -> None:
        """
        The one that was made last is the first that is tried on a link, however long the others are valid; the list
        is not made for each datagram of a stranger.
        """
        long = self.invite(lifetime=86_400.0 * 30)
        self.clock.advance(60)
        short = self.invite(lifetime=86_400.0)
        secrets = self.authority.own.invitationSecrets()
        self.assertEqual(list(secrets), [short.secret, long.secret])
        self.assertIs(self.authority.own.invitationSecrets(), secrets)
        self.clock.advance(86_401)
        self.assertEqual(list(self.authority.own.invitationSecrets()), [long.secret])

    def test_singleUseKeyUsedTwiceThroughARace(self) -> None:
        """
        Two nodes that redeem the same single-use invitation at the same moment: exactly one is admitted (Tailscale,
        TS-2025-007), on one server as on two that share a store.
        """
        for servers in (1, 2):
            records = self.records = SlowRecords()
            opening = [Deferred.fromCoroutine(self.opening(self.directory())) for _ in range(servers)]
            records.finish()
            authorities = [self.successResultOf(each) for each in opening]
            made = Deferred.fromCoroutine(authorities[0].administration.invite(ENDPOINTS))
            records.finish()
            token = self.successResultOf(made)
            reloading = [Deferred.fromCoroutine(authority.reload()) for authority in authorities]
            records.finish()
            for each in reloading:
                self.successResultOf(each)
            answers = []
            for index, name in enumerate(("alice", "bob", "carol", "dave")):
                self.authority = authorities[index % servers]
                answers.append(Deferred.fromCoroutine(self.redeeming(self.node(token, name), name)))
            records.finish()
            kinds = [type(self.successResultOf(answer)) for answer in answers]
            self.assertEqual(sorted(map(str, kinds)), sorted(map(str, [Admitted, Refused, Refused, Refused])))
            reloading = [Deferred.fromCoroutine(authority.reload()) for authority in authorities]
            records.finish()
            for authority in authorities:
                self.assertEqual(sum(not member.server for member in self.members(authority)), 1)

    def test_aUsedInvitationIsRefusedWithTheReason(self) -> None:
        """
        The second node with a single-use invitation is told that it has been used, and nothing is assigned to it.
        """
        token = self.invite()
        self.joined(token, "alice")
        self.assertIn("used already", self.refusal(self.node(token, "bob")))
        self.assertEqual(self.membership(), [("alice", "member")])
        self.assertEqual(self.joined(name="carol").own.addresses, ("10.77.0.2/16",))  # type: ignore[union-attr]

    def test_redemptionIsIdempotent(self) -> None:
        """
        A node that lost the answer asks again and gets it, and the invitation is used once only.
        """
        token = self.invite(uses=2)
        node = self.node(token)
        first, second = self.redeem(node), self.redeem(node)
        self.assertEqual(first, second)
        self.assertEqual([invitation.left for invitation in self.operator.invitations], [1])
        self.assertEqual(self.membership(), [("alice", "member")])

    def test_invitationsExpire(self) -> None:
        """
        After its time an invitation is refused with the reason, and later not even answered.
        """
        token = self.invite(lifetime=3600.0)
        self.clock.advance(3600)
        self.assertEqual(self.operator.invitations, [])
        self.assertIn("expired", self.refusal(self.node(token)))
        self.clock.advance(EXPIRED_GRACE)
        self.assertIsNone(self.authority.own.invitationSecret(token.invitation))

    def test_invitationsAreWithdrawn(self) -> None:
        """
        A token that fell into the wrong hands is withdrawn; whoever has it is told so for as long as if it had expired.
        """
        token = self.invite(lifetime=3600.0)
        self.now(self.operator.withdraw(token.invitation.hex()))
        self.assertEqual(self.operator.invitations, [])
        self.assertIn("withdrawn", self.refusal(self.node(token)))
        self.failing(self.operator.withdraw(token.invitation.hex()), NoSuchMember)
        self.authority = self.opened()
        self.assertIn("withdrawn", self.refusal(self.node(token)))
        self.clock.advance(3600 + EXPIRED_GRACE)
        self.assertIsNone(self.authority.own.invitationSecret(token.invitation))

    def test_withdrawnInvitationsMakeRoom(self) -> None:
        """
        Invitations that were withdrawn do not count against the limit of how many there may be.
        """
        self.patch(invitations, "INVITATIONS_MAXIMUM", 2)
        first, _ = self.invite(), self.invite()
        self.assertIn("withdraw", self.failing(self.operator.invite(ENDPOINTS), MembershipRefused))
        self.now(self.operator.withdraw(first.invitation.hex()))
        self.invite()
        self.assertIsNone(self.authority.own.invitationSecret(first.invitation))

    def test_usedInvitationsMakeRoom(self) -> None:
        """
        Nor do those that are used up, of which the older go: they cannot be withdrawn.
        """
        self.patch(invitations, "INVITATIONS_MAXIMUM", 4)
        tokens = []
        for number in range(4):
            tokens.append(self.invite())
            self.redeem(self.node(tokens[-1], f"member{number}"), f"member{number}")
            self.clock.advance(60)
        self.invite()
        secrets = [self.authority.own.invitationSecret(each.invitation) for each in tokens]
        self.assertEqual([each is None for each in secrets], [True, True, False, False])

    def test_termsAreChecked(self) -> None:
        """
        An invitation without an end, a use, a place or a proper name is not made.
        """
        for terms in ({"uses": 0}, {"uses": 1001}, {"lifetime": 0.0}, {"lifetime": 1e9}, {"name": "No!"}):
            self.failing(self.operator.invite(ENDPOINTS, **terms), MembershipRefused)  # type: ignore[arg-type]
        self.failing(self.operator.invite(()), MembershipRefused)
        self.failing(self.operator.invite(["nowhere"]), AddressInvalid)
        self.assertEqual(self.operator.invitations, [])

    def test_theKeyMustBeProved(self) -> None:
        """
        Nobody joins with the identity of another, with another exchange key or with the proof for another invitation.
        """
        token, other = self.invite(), self.invite()
        node, mallory = self.node(token), self.node(other, "mallory")
        join = joinRequest(node.key, node.token, "alice", macFrom("alice"))
        for key, invitation in (
            (mallory.key.exchangePublic, token.invitation),
            (node.key.exchangePublic, other.invitation),
        ):
            answer = self.now(self.requests.redeem(join, key, invitation, ""))
            self.assertIsInstance(answer, Refused)
        stolen = msgspec.structs.replace(join, identity=bytes(mallory.identity))
        self.assertIsInstance(
            self.now(self.requests.redeem(stolen, node.key.exchangePublic, token.invitation, "")), Refused
        )
        self.assertEqual(self.membership(), [])

    def test_aFailingStoreIsNoRefusal(self) -> None:
        """
        When the store fails the node is told to ask again, and nothing of our disk; our operator is told everything,
        once a minute for each node.  As soon as it works the same invitation is good (headscale#1684).
        """
        token = self.invite()
        node = self.node(token)
        works = self.records.exchange
        self.patch(self.records, "exchange", lambda *_: fail(StoreUnavailable("/var/lib/wand: the disk is full")))
        for _ in range(3):
            self.assertEqual(self.redeem(node), NotNow("the server cannot store anything now"))
        self.assertIsNone(self.requests.admitted(node.identity))
        [told] = [event for event in self.told if event.kind == "member-delayed"]
        self.assertIn("/var/lib/wand", str(told.fields["reason"]))
        self.patch(self.records, "exchange", works)
        self.assertIsInstance(self.redeem(node), Admitted)

    def test_nothingIsLostWhereverTheStoreFails(self) -> None:
        """
        Whichever of the writes of a join is the first that fails, the same node is a member when it asks again, with
        the same invitation for one, and has one address, one MAC and one name.
        """
        works = self.records.exchange
        for number in range(8):
            node = self.node(self.invite(), f"node {number}")
            left = number

            def failing(*arguments: Any) -> Deferred[bool]:
                nonlocal left
                left -= 1
                return works(*arguments) if left >= 0 else fail(StoreUnavailable("locked"))

            self.patch(self.records, "exchange", failing)
            first = self.redeem(node)
            self.patch(self.records, "exchange", works)
            answer = self.redeem(node)
            assert isinstance(answer, Admitted), (first, answer)
            self.assertTrue(node.admitted(answer))
            assert node.own is not None
            self.assertEqual(node.own.addresses, (f"10.77.0.{number + 1}/16",))
        self.assertEqual(len(self.membership()), 8)
        self.assertEqual(self.operator.invitations, [])

    def test_renewalWithoutTheStore(self) -> None:
        """
        A member whose certificate cannot be stored now is not told that it is none: it gets a new one that says what
        the old one said; and if it wants something new, it has to ask again.
        """
        alice = self.joined()
        self.clock.advance(CERTIFICATE_LIFE / 2)
        works = self.records.exchange
        self.patch(self.records, "exchange", lambda *_: fail(StoreUnavailable("locked")))
        mac = macFrom(alice.identity.text)
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, mac)), Renewed)
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("another"))), NotNow)
        self.patch(self.records, "exchange", works)
        self.assertIsInstance(self.now(self.requests.renew(alice.identity, macFrom("another"))), Renewed)

    def test_oneBadRecordDisturbsNoOther(self) -> None:
        """
        A damaged record in the store drops nobody else (headscale#3346).
        """
        alice = self.joined()
        self.now(awaited(self.records.write("sealed-member", {octetsFrom("x"): b"damaged"})))
        self.authority = self.opened()
        self.assertEqual(self.membership(), [("alice", "member")])
        self.assertIsNotNone(self.requests.admitted(alice.identity))


class MoreRightsTests(AuthorityCase):
    """
    A member that redeems one more invitation.
    """

    def again(self, node: Enrolment, **terms: Any) -> Any:
        node.begin(Token.parse(self.invite(**terms).text))
        return self.redeem(node)

    def test_theBridgeRight(self) -> None:
        """
        A member that redeems an invitation which gives the bridge right has it, the invitation is used, and whoever
        must know is told (container-keepalived#34).
        """
        alice = self.joined()
        observer = Observer()
        self.authority.observe(observer)
        answer = self.again(alice, bridge=True)
        self.assertEqual(self.redeem(alice), answer)
        self.assertTrue(alice.admitted(answer))
        self.assertTrue(alice.own and alice.own.bridge)
        self.assertEqual((observer.issued, self.operator.invitations), ([alice.identity], []))
        self.assertEqual(
            [event.fields["what"] for event in self.told if event.kind == "member-changed"], ["may bridge now"]
        )
        self.assertEqual([member.bridge for member in self.members() if not member.server], [True])

    def test_largerLimits(self) -> None:
        """
        A member that redeems an invitation with larger limits has them; a usual one leaves what the operator said.
        """
        alice = self.joined()
        answer = self.again(alice, limits=Limits(1000, 9000))
        assert isinstance(answer, Admitted)
        self.assertTrue(alice.admitted(answer))
        assert alice.own is not None
        self.assertEqual(alice.own.limits, Limits(1000, 9000))
        self.assertEqual(
            [event.fields["what"] for event in self.told if event.kind == "member-changed"], ["has larger limits now"]
        )
        lowered = self.now(self.operator.limit("alice", 10, 10))
        self.again(alice)
        member = next(each for each in self.members() if each.key == lowered.key)
        self.assertEqual((member.behind, member.broadcasts), (10, 10))

    def test_nothingMore(self) -> None:
        """
        A member that redeems an invitation which gives it nothing gets what it has, and the invitation is not used.
        """
        alice = self.joined(self.invite(bridge=True))
        for terms in ({}, {"bridge": True}, {"approval": True}):
            answer = self.again(alice, **terms)
            assert isinstance(answer, Admitted)
            self.assertEqual(answer.certificate, alice.certificate)
        self.assertEqual(len(self.operator.invitations), 3)

    def test_refusedWithTheReason(self) -> None:
        """
        An invitation that is used up, or that an operator would have to approve, gives a member nothing and says why.
        """
        alice, bob = self.joined(), self.joined(name="bob")
        token = self.invite(bridge=True)
        bob.begin(Token.parse(token.text))
        self.redeem(bob)
        alice.begin(Token.parse(token.text))
        self.assertIn("used already", self.refusal(alice))
        alice.begin(Token.parse(self.invite(bridge=True, approval=True).text))
        self.assertIn("approval", self.refusal(alice))

    def test_aFailingStoreLosesNothing(self) -> None:
        """
        Whichever write fails first, a member that asks again gets the right.
        """
        works = self.records.exchange
        for number in range(4):
            node = self.joined(name=f"node {number}")
            left = number

            def failing(*arguments: Any) -> Deferred[bool]:
                nonlocal left
                left -= 1
                return works(*arguments) if left >= 0 else fail(StoreUnavailable("locked"))

            node.begin(Token.parse(self.invite(bridge=True).text))
            self.patch(self.records, "exchange", failing)
            self.redeem(node)
            self.patch(self.records, "exchange", works)
            answer = self.redeem(node)
            assert isinstance(answer, Admitted)
            self.assertTrue(node.admitted(answer))
            self.assertTrue(node.own and node.own.bridge)

    def test_whoWaitsIsLetInByAnother(self) -> None:
        """
        Somebody who waits for an approval is let in by an invitation that needs none.
        """
        node = self.node(self.invite(approval=True))
        self.assertIsInstance(self.redeem(node), Pending)
        self.assertIsInstance(self.again(node), Admitted)
        self.assertEqual(self.membership(), [("alice", "member")])

    def test_withTheKeyElsewhere(self) -> None:
        """
        Where the network key is kept elsewhere the right waits for a signature, and the member stays one meanwhile.
        """
        alice = self.joined()
        key = NetworkKey.kept(self.state)
        assert key is not None
        (self.state.path / "network.key").unlink()
        self.authority = self.opened()
        self.assertIsInstance(self.again(alice, bridge=True), Pending)
        self.assertIsNotNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))
        signatures = signedOffline(self.operator.signingRequests, key, self.clock.seconds())
        self.assertEqual(self.now(self.operator.importSignatures(signatures)), 1)
        answer = self.redeem(alice)
        assert isinstance(answer, Admitted)
        self.assertTrue(alice.admitted(answer))
        self.assertTrue(alice.own and alice.own.bridge)
