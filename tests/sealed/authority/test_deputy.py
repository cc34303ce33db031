"""
Members that admit others: what they give, and give way with.
"""

from __future__ import annotations

from authority_case import ENDPOINTS
from deputy_case import NETWORK, OTHER, DeputyCase
from simulated.membership import macFrom, octetsFrom

from wand.errors import GrantEnded, MembershipRefused
from wand.ethernet import MAC
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.handed import HandedRequest
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.trust import Trust


class AdmittingTests(DeputyCase):
    def test_whatIsGiven(self) -> None:
        """
        Certificates under the grant: with a name and an address that nobody claims, a seat each, and no later end.
        """
        self.claimed["name", "alice"] = OTHER.identity
        first, second = self.admitted("alice"), self.admitted("bob")
        self.assertEqual((first.name, second.name), ("alice-2", "bob"))
        self.assertEqual([first.seat, second.seat], [0, 1])
        self.assertNotEqual(first.addresses, second.addresses)
        grant = unverified(self.certificate, Certificate)
        assert grant is not None and grant.granted is not None
        self.assertEqual({first.expires, second.expires}, {grant.granted.expires})
        self.claimed["mac", macFrom("carol")] = OTHER.identity
        with self.assertRaises(MembershipRefused):
            self.enlist("carol")

    def test_seatsBeforeAnybodyIsSeen(self) -> None:
        """
        Two who were admitted, and did not come yet, have a seat each: else the later one would be nobody.
        """
        seats = []
        for name in ("alice", "bob"):
            key = NodeKey.fromSeed(octetsFrom(name))
            request = HandedRequest.of(key, name, bytes(macFrom(name)))
            answer = self.now(self.deputy.requests.enlist(request, "", ENDPOINTS))
            assert answer is not None
            content = unverified(answer.certificate, Certificate)
            assert content is not None
            seats.append(content.seat)
        self.assertEqual(seats, [0, 1])

    def enlist(self, name: str) -> None:
        key = NodeKey.fromSeed(octetsFrom(name))
        request = HandedRequest.of(key, name, bytes(macFrom(name)))
        failure = self.failing(self.deputy.requests.enlist(request, "", ENDPOINTS), MembershipRefused)
        raise MembershipRefused(failure)

    def test_membersAreNotAdmitted(self) -> None:
        """
        Somebody who is a member already is told so.
        """
        with self.assertRaisesRegex(MembershipRefused, "member already"):
            self.enlist("other")

    def test_withoutAGrant(self) -> None:
        """
        Who may admit nobody, or no longer, says what to do.
        """
        self.grants(expires=int(self.wallClock()) - 1)
        request = HandedRequest.of(NodeKey.fromSeed(octetsFrom("alice")), "alice", bytes(macFrom("alice")))
        refusal = self.failing(self.deputy.requests.enlist(request, "", ENDPOINTS), GrantEnded)
        self.assertIn("expired", refusal)
        self.certificate = NETWORK.certificate(self.key, "deputy", expires=int(self.wallClock()) + 9)
        refusal = self.failing(self.deputy.administration.invite(ENDPOINTS), MembershipRefused)
        self.assertIn("wand appoint", refusal)

    def test_aClockThatIsBehind(self) -> None:
        """
        What a deputy signs whose clock is behind is valid all the same.
        """
        ahead = int(self.wallClock()) + 500
        self.certificate = NETWORK.certificate(
            self.key,
            "deputy",
            since=ahead,
            expires=ahead + 9000,
            admission=True,
            grant=NETWORK.grant(self.key, since=ahead, expires=ahead + 9000),
        )
        content = self.admitted("alice")
        self.assertEqual((content.since, content.issued), (ahead, ahead))

    def test_renewal(self) -> None:
        """
        A certificate is renewed when that gives it a later end, and only those of members that were admitted here.
        """
        before = self.admitted("alice")
        self.clock.advance(5 * 86_400)
        self.assertEqual(self.renewed(before.identity, before.macs[0]), before)
        self.grants(expires=int(self.wallClock()) + 9 * 86_400)
        after = self.renewed(before.identity, before.macs[0])
        self.assertGreater(after.expires, before.expires)
        self.assertEqual((after.seat, after.name, after.addresses), (before.seat, before.name, before.addresses))
        answer = self.now(self.deputy.requests.renew(OTHER.identity, macFrom("other")))
        self.assertIn("only", answer.reason)  # type: ignore[union-attr]  # it is no certificate

    def renewed(self, identity: bytes, mac: bytes) -> Certificate:
        answer = self.now(self.deputy.requests.renew(identity, MAC(mac)))
        content = self.trust.check(answer.certificate)  # type: ignore[union-attr]  # it is no refusal
        assert content is not None
        return content

    def test_seatsAfterARestart(self) -> None:
        """
        After a restart nobody gets the seat of another.
        """
        before = self.admitted("alice")
        self.trust = Trust(NETWORK.key.network, self.wallClock)
        self.deputy = self.openedDeputy()
        self.assertEqual((before.seat, self.admitted("bob").seat), (0, 1))

    def test_givingWay(self) -> None:
        """
        Who has what somebody claims who comes first gets another name, and another address; once.
        """
        ours = self.admitted("alice")
        [address] = ours.addresses
        self.deputy.heard(self.announced("alice", address, since=int(self.wallClock())))
        moved = self.certificateOf(ours.identity)
        self.assertEqual((moved.name, moved.seat), ("alice-2", ours.seat))
        self.assertNotEqual(moved.addresses, ours.addresses)
        self.deputy.heard(self.announced("alice", address))
        self.assertEqual(self.certificateOf(ours.identity), moved)
        self.assertEqual(
            [each.kind for each in self.told if "re" in each.kind],
            ["address-assigned", "member-renewed", "member-readdressed", "member-renewed", "member-renamed"],
        )

    def test_notGivingWay(self) -> None:
        """
        Nobody gives way to who comes later, such as one whom another deputy admitted afterwards.
        """
        ours = self.admitted("alice")
        [address] = ours.addresses
        rival = NodeKey.fromSeed(octetsFrom("rival"))
        now = int(self.wallClock()) + 10
        certificate = NETWORK.certificate(
            OTHER,
            "alice",
            None,
            (address,),
            since=now,
            expires=now + 9,
            by=rival,
            grant=NETWORK.grant(rival, expires=now + 9),
        )
        claim = NETWORK.claim(OTHER, "alice", None, (address,), admitter=rival.identity)
        announcement = Announcement.verified(certificate, claim, self.trust.check)
        assert announcement is not None
        self.deputy.heard(announcement)
        self.assertEqual(self.certificateOf(ours.identity), ours)
