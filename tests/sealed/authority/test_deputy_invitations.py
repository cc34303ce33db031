"""
Invitations of a member that admits others: none is used for nothing.
"""

from __future__ import annotations

from unittest import mock

from authority_case import ENDPOINTS
from deputy_case import NETWORK, DeputyCase
from msgspec.structs import replace
from simulated.membership import macFrom, octetsFrom
from twisted.internet.defer import Deferred

from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import Admitted, Join, NotNow, Pending, Refused
from wand.sealed.credentials.signed import signed, unverified
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

    def test_withoutASeatAnyMore(self) -> None:
        """
        Who has lost its seat is not listed any more, and is refused with another invitation; with a seat that became
        free it comes in again, under the key that it has.
        """
        token = self.invited(uses=2)
        for name in ("alice", "bob"):
            self.assertIsInstance(self.answer(token, name), Admitted)
        grant = unverified(self.certificate, Certificate)
        assert grant is not None and grant.granted is not None
        lessened = Allowance(NETWORK.key.network, self.key.identity, 1, grant.granted.expires, 1)
        self.assertTrue(self.trust.take(signed(NETWORK.key.signing, lessened)))
        listed = self.deputy.administration.members("", 1)
        self.assertEqual([each.name for each in listed], ["alice"])
        again = self.invited()
        self.assertIsInstance(self.answer(again, "bob"), Refused)
        self.assertEqual(self.left(), [1])
        alice = NodeKey.fromSeed(octetsFrom("alice"))
        self.trust.revoke(NETWORK.revocation(alice.identity))
        admitted = self.answer(again, "bob")
        assert isinstance(admitted, Admitted)
        self.assertIsNotNone(self.trust.check(admitted.certificate))
        found = self.deputy.administration.members("", 9)
        self.assertEqual([each.name for each in found if each.state == "member"], ["bob"])

    def test_refusingIsCheap(self) -> None:
        """
        To refuse, however often, a deputy without a seat reads and writes nothing.
        """
        self.grants(expires=int(self.wallClock()) + 9 * 86_400, members=1)
        token = self.invited(uses=900)
        self.answer(token, "alice")
        untouched = mock.Mock(side_effect=AssertionError("the store is used"))
        with mock.patch.multiple(self.records, load=untouched, write=untouched, exchange=untouched):
            for number in range(300):
                self.assertIsInstance(self.answer(token, f"n{number}"), Refused)
        self.assertLess(len(self.told), 1000)

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
        Nor does one use up an invitation whose grant has ended; it tells the node to ask again, since the grant comes
        anew.
        """
        token = self.invited()
        self.grants(expires=int(self.wallClock()) - 1)
        answer = self.answer(token, "alice")
        assert isinstance(answer, NotNow)
        self.assertIn("until it meets", answer.reason)
        self.assertEqual(self.left(), [1])
        self.grants()
        self.assertIsInstance(self.answer(token, "alice"), Admitted)

    def test_theClockIsAYearAhead(self) -> None:
        """
        A deputy whose clock jumps a year ahead admits nobody, and uses nothing up; when it is right again, all goes on.
        What it signed before keeps its seat.
        """
        token = self.invited(uses=3, lifetime=3600.0)
        alice = self.answer(token, "alice")
        self.wallClock.step(365 * 86_400)
        self.assertNotIsInstance(self.answer(token, "bob"), Admitted)
        self.wallClock.step(-365 * 86_400)
        self.assertIsInstance(self.answer(token, "bob"), Admitted)
        self.assertEqual(self.answer(token, "alice"), alice)
        self.assertEqual(self.seats(), [0, 1])

    def test_theClockIsAYearBehind(self) -> None:
        """
        A deputy whose clock jumps a year back signs what its grant allows, and nobody gets the seat of another.
        """
        self.clock.advance(400 * 86_400)
        self.grants(since=int(self.wallClock()), expires=int(self.wallClock()) + 9 * 86_400)
        token = self.invited(uses=3)
        self.answer(token, "alice")
        self.wallClock.step(-365 * 86_400)
        self.answer(token, "bob")
        self.deputy = self.openedDeputy()
        self.answer(token, "carol")
        self.wallClock.step(365 * 86_400)
        self.assertEqual(self.seats(), [0, 1, 2])
        self.assertEqual(len(list(self.deputy._members)), 3)

    def seats(self) -> list[int]:
        """
        The seats of all whose certificates count.
        """
        found = [self.trust.check(each.certificate) for each in self.deputy._members]
        return sorted(each.seat for each in found if each is not None)


class DishonestInviteeTests(InvitationCase):
    """
    Somebody has an invitation, or has read what somebody else sent with one.
    """

    def refusal(self, join: Join, key: NodeKey, token: Token) -> str:
        answer = self.successResultOf(self.asks(join, key, token))
        assert isinstance(answer, Refused), answer
        return answer.reason

    def test_theRequestOfAnother(self) -> None:
        """
        The request of another is worth nothing with one's own exchange key, nor with another invitation.
        """
        token, other = self.invited(), self.invited()
        alice, eve = (NodeKey.fromSeed(octetsFrom(each)) for each in ("alice", "eve"))
        join = joinRequest(alice, token, "alice", macFrom("alice"))
        self.assertIn("not signed", self.refusal(join, eve, token))
        self.assertIn("not signed", self.refusal(join, alice, other))
        self.assertEqual(self.left(), [1, 1])

    def test_twoWithOneInvitation(self) -> None:
        """
        Of any number of nodes that come at once with an invitation for one, one gets in.
        """
        token = self.invited()
        answers = [self.asking(token, f"n{number}") for number in range(20)]
        kinds = [type(self.successResultOf(each)) for each in answers]
        self.assertEqual((kinds.count(Admitted), kinds.count(Refused)), (1, 19))

    def test_whatIsAnothers(self) -> None:
        """
        Nobody gets the MAC address or the name of a member, and nothing is used up by trying.
        """
        self.claimed["mac", macFrom("eve")] = octetsFrom("somebody")
        self.claimed["name", "eve"] = octetsFrom("somebody")
        token = self.invited()
        self.assertIsInstance(self.answer(token, "eve"), Refused)
        self.assertEqual(self.left(), [1])
        key = NodeKey.fromSeed(octetsFrom("eve"))
        answer = self.successResultOf(self.asks(joinRequest(key, token, "eve", macFrom("free")), key, token))
        assert isinstance(answer, Admitted)
        content = self.trust.check(answer.certificate)
        assert content is not None
        self.assertEqual(content.name, "eve-2")

    def test_comingAgainAsSomebodyElse(self) -> None:
        """
        Who is a member asks again with another name, another MAC address and another exchange key: nothing changes.
        """
        token = self.invited()
        before = self.answer(token, "alice")
        key, other = (NodeKey.fromSeed(octetsFrom(each)) for each in ("alice", "other key"))
        again = self.successResultOf(self.asks(joinRequest(key, token, "admin", macFrom("bob")), key, token))
        self.assertEqual(again, before)
        join = replace(joinRequest(key, token, "alice", macFrom("alice")), proof=bytes(64))
        self.assertIn("not signed", self.refusal(join, key, token))
        self.assertIn("not signed", self.refusal(joinRequest(key, token, "alice", macFrom("alice")), other, token))


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
