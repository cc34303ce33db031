"""
Invitations of a member that admits others: none is used for nothing.
"""

from __future__ import annotations

from authority_case import ENDPOINTS
from deputy_case import DeputyCase
from msgspec.structs import replace
from simulated.membership import macFrom, octetsFrom
from twisted.internet.defer import Deferred

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import Admitted, Join, NotNow, Pending, Refused
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.token import Token
from wand.sealed.node.joining import joinRequest


class InvitationCase(DeputyCase):
    """
    A deputy, and nodes that have an invitation of it.
    """

    def invited(self, **terms: object) -> Token:
        token: Token = self.now(self.deputy.administration.invite(ENDPOINTS, **terms))  # type: ignore[arg-type]
        return token

    def asking(self, token: Token, name: str) -> Deferred[Admitted | Pending | Refused | NotNow]:
        key = NodeKey.fromSeed(octetsFrom(name))
        return self.asks(joinRequest(key, token, name, macFrom(name)), key, token)

    def asks(self, join: Join, key: NodeKey, token: Token) -> Deferred[Admitted | Pending | Refused | NotNow]:
        requests = self.deputy.requests
        return Deferred.fromCoroutine(requests.redeem(join, key.exchangePublic, token.invitation, "192.0.2.9:1"))

    def answer(self, token: Token, name: str) -> Admitted | Pending | Refused | NotNow:
        answer: Admitted | Pending | Refused | NotNow = self.successResultOf(self.asking(token, name))
        return answer

    def left(self) -> list[int]:
        return [each.left for each in self.deputy.administration.invitations]


class NothingForNothingTests(InvitationCase):
    def test_withoutASeat(self) -> None:
        """
        A deputy that has no seat any more refuses, and the invitation is as good as before: with another seat, the same
        node comes in with it.
        """
        self.grants(expires=int(self.wallClock()) + 9 * 86_400, members=1)
        token = self.invited(uses=3)
        self.assertIsInstance(self.answer(token, "alice"), Admitted)
        for _ in range(3):
            refused = self.answer(token, "bob")
            assert isinstance(refused, Refused)
            self.assertIn("wand appoint", refused.reason)
        self.assertEqual(self.left(), [2])
        self.assertIsInstance(self.answer(token, "alice"), Admitted)
        self.grants(expires=int(self.wallClock()) + 9 * 86_400, members=2)
        self.assertIsInstance(self.answer(token, "bob"), Admitted)
        self.assertEqual(self.left(), [1])

    def test_oneSeatForTwoAtOnce(self) -> None:
        """
        Of two that come at once for the last seat one gets it, and the other takes nothing from the invitation.
        """
        self.grants(expires=int(self.wallClock()) + 9 * 86_400, members=1)
        token = self.invited(uses=5)
        answers = [self.successResultOf(each) for each in (self.asking(token, name) for name in ("alice", "bob"))]
        self.assertEqual([type(each) for each in answers], [Admitted, Refused])
        self.assertEqual(self.left(), [4])

    def test_noRightAnyMore(self) -> None:
        """
        Nor does one use up an invitation whose grant has ended.
        """
        token = self.invited()
        self.grants(expires=int(self.wallClock()) - 1)
        self.assertIsInstance(self.answer(token, "alice"), Refused)
        self.assertEqual(self.left(), [1])


class OlderMembersTests(InvitationCase):
    """
    Alice, whom the deputy admitted before members said which exchange key is theirs.
    """

    def setUp(self) -> None:
        super().setUp()
        self.alice = self.admitted("alice")
        forgetting = self.deputy._members.change(self.alice.identity, lambda before: replace(before, binding=b""))
        self.now(forgetting)

    def test_anInvitation(self) -> None:
        """
        She comes with any invitation, keeps what she has and gets a certificate that others take; it is not used.
        """
        answer = self.answer(self.invited(), "alice")
        assert isinstance(answer, Admitted)
        content = self.trust.check(answer.certificate)
        assert content is not None
        self.assertEqual((content.name, content.addresses), ("alice", self.alice.addresses))
        self.assertTrue(content.binding)
        self.assertEqual(self.left(), [1])

    def test_byHand(self) -> None:
        """
        So she does with a request.
        """
        self.assertTrue(self.admitted("alice").binding)

    def test_aBindingIsNotReplaced(self) -> None:
        """
        What somebody says of its keys is taken once, and with a signature that is right.
        """
        token = self.invited()
        self.answer(token, "alice")
        key = NodeKey.fromSeed(octetsFrom("alice"))
        forged = replace(joinRequest(key, token, "alice", macFrom("alice")), binding=bytes(64))
        self.assertIsInstance(self.successResultOf(self.asks(forged, key, token)), Refused)
        content = unverified(self.deputy.administration.certificateOf(key.identity), Certificate)
        assert content is not None
        self.assertNotEqual(content.binding, bytes(64))
