"""
Allowances: a part of the right to admit others is taken back, everywhere.
"""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.membership import TestNetwork, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.messages import REVOCATIONS_PAGE, Revocations, RevocationsWanted, pack, parse
from wand.sealed.credentials.revocation_comparison import RevocationComparison
from wand.sealed.credentials.signed import signed, unverified
from wand.sealed.credentials.trust import Trust

NETWORK = TestNetwork()
DEPUTY = NodeKey.fromSeed(octetsFrom("deputy"))
PEOPLE = [NodeKey.fromSeed(octetsFrom(f"person {number}")) for number in range(4)]


def allowance(
    members: int, number: int = 1000, expires: int = 5000, by: NetworkKey | NodeKey | None = None, who: bytes = b""
) -> bytes:
    said = Allowance(NETWORK.key.network, who or DEPUTY.identity, number, expires, members)
    return signed((by or NETWORK.key).signing, said)


class AllowanceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.trust = Trust(NETWORK.key.network, self.clock.seconds)

    def certificate(self, seat: int, expires: int = 5000) -> bytes:
        grant = NETWORK.grant(DEPUTY, expires=expires)
        return NETWORK.certificate(PEOPLE[seat], grant=grant, seat=seat, since=900, expires=expires, by=DEPUTY)

    def counts(self, expires: int = 5000) -> list[int]:
        """
        Which seats count.
        """
        return [seat for seat in range(4) if self.trust.check(self.certificate(seat, expires)) is not None]

    def test_whatIsTakenBack(self) -> None:
        """
        Of what a member signed under the grants that it had, only so many seats count, whoever is known already;
        grants that are given later are as they say.
        """
        self.assertEqual(self.counts(), [0, 1, 2, 3])
        self.assertTrue(self.trust.take(allowance(2)))
        self.assertEqual(self.counts(), [0, 1])
        self.assertEqual(set(self.trust.seats.lost(_read(allowance(2)))), {PEOPLE[2].identity, PEOPLE[3].identity})
        self.assertEqual(self.counts(expires=5001), [0, 1, 2, 3])
        self.assertTrue(self.trust.take(allowance(0, 1001)))
        self.assertEqual(self.counts(), [])

    def test_theLatestCounts(self) -> None:
        """
        Of several allowances the one with the highest number counts, in whatever order they come: so a right is given
        again, and nobody who repeats an old one changes anything.
        """
        several = [allowance(2, 1000), allowance(0, 1001), allowance(3, 1002)]
        digests = set()
        for order in permutations(several):
            self.trust = Trust(NETWORK.key.network, self.clock.seconds)
            for each in order:
                self.trust.take(each)
            self.assertEqual(self.counts(), [0, 1, 2])
            digests.add(self.trust.notices.digest)
            self.assertEqual(self.trust.notices.all, (several[2],))
        self.assertEqual(len(digests), 1)

    def test_onlyTheNetworkSaysSo(self) -> None:
        """
        Neither the member itself nor another can say so, nor does a revocation pass for it or the other way round.
        """
        self.assertFalse(self.trust.take(allowance(0, by=DEPUTY)))
        self.assertFalse(self.trust.take(allowance(0, by=NetworkKey.fromSeed(octetsFrom("other")))))
        self.assertFalse(self.trust.revoke(allowance(0)))
        self.assertFalse(self.trust.allow(NETWORK.revocation(DEPUTY.identity)))
        self.assertFalse(self.trust.take(b"nonsense"))
        self.assertEqual(self.counts(), [0, 1, 2, 3])

    def test_revokedAfterwards(self) -> None:
        """
        A revocation takes the place of an allowance, and nothing takes the place of that.
        """
        self.trust.take(allowance(2))
        revocation = NETWORK.revocation(DEPUTY.identity)
        self.assertTrue(self.trust.take(revocation))
        self.assertFalse(self.trust.take(allowance(3, 9000)))
        self.assertEqual(self.counts(), [])
        self.assertEqual(self.trust.notices.all, (revocation,))

    @given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 99), st.booleans()), max_size=60))
    @settings(max_examples=40, deadline=None)
    def test_whatSpreads(self, said: list[tuple[int, int, bool]]) -> None:
        """
        Two that meet know the same afterwards, whatever each of them heard before, and say no more then.
        """
        trusts = [Trust(NETWORK.key.network, self.clock.seconds) for _ in range(2)]
        notices = [_noticeOf(*each) for each in said]
        for number, notice in enumerate(notices):
            trusts[number % 2].take(notice)
        here, there = map(RevocationComparison, trusts)
        for asking, answering in ((here, there), (there, here)):
            wanted = asking.answer(answering.greeting())
            while wanted is not None:
                page = answering.answer(wanted)  # type: ignore[arg-type]  # it asks for a page
                if page is None:
                    break
                assert isinstance(page, Revocations)
                self.assertEqual(parse(pack(page)), page)
                self.assertLessEqual(len(page.revocations), REVOCATIONS_PAGE)
                wanted = asking.answer(page)
                self.assertIsInstance(wanted, RevocationsWanted | None)
        self.assertEqual(trusts[0].notices.digest, trusts[1].notices.digest)
        self.assertEqual(set(trusts[0].notices.all), set(trusts[1].notices.all))
        self.assertIsNone(here.answer(there.greeting()))

    def test_bounded(self) -> None:
        """
        Of too many the oldest go, the same everywhere; those of one member take one place.
        """
        several = [allowance(1, 1000 + number, who=octetsFrom(str(number))) for number in range(9)]
        kept = set()
        for order in (several, several[::-1]):
            trust = Trust(NETWORK.key.network, self.clock.seconds, limit=4)
            for each in order:
                trust.take(each)
            kept.add((frozenset(trust.notices.all), trust.notices.digest))
            for number in range(20):
                trust.take(allowance(0, 2000 + number, who=octetsFrom("8")))
            self.assertEqual(len(trust.notices.all), 4)
        self.assertEqual(len(kept), 1)


def _noticeOf(person: int, number: int, isRevocation: bool) -> bytes:
    who = octetsFrom(f"member {person}")
    return NETWORK.revocation(who, person) if isRevocation else allowance(number % 5, number, who=who)


def _read(notice: bytes) -> Allowance:
    found = unverified(notice, Allowance)
    assert found is not None
    return found
