"""
Members that admit others: what a grant allows, and that nothing beyond it is ever taken.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import attrs
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from reencoded import reencoded
from simulated.membership import TestNetwork, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import MembershipRefused
from wand.sealed.credentials.admission_limits import ADMITS_MAXIMUM
from wand.sealed.credentials.certificate import NODE, SERVER, Certificate
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.claim import Announcement, seniorityOf
from wand.sealed.credentials.grant import (
    BRIDGE,
    GRANT_MAXIMUM,
    RELAY,
    Grant,
    isGrantOf,
    readGrant,
    rightsOf,
)
from wand.sealed.credentials.identity import Identity, NetworkKey, NodeKey
from wand.sealed.credentials.key_binding import KeyBinding, bindingOf
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.seats import CHANGE_PAUSE, CHANGES_MAXIMUM
from wand.sealed.credentials.signed import SIGNED_MAXIMUM, packed, signature, signed, unverified
from wand.sealed.credentials.trust import Trust

NETWORK = TestNetwork()
OTHER = TestNetwork(NetworkKey.fromSeed(octetsFrom("another network")))
ADMITTERS = [NodeKey.fromSeed(octetsFrom(f"admitter {number}")) for number in range(2)]
PEOPLE = [NodeKey.fromSeed(octetsFrom(f"person {number}")) for number in range(6)]
BOB, CAROL = ADMITTERS[0], PEOPLE[0]
HERE = Path(__file__).parent


class GrantParsingTests(SynchronousTestCase):
    @given(st.binary(min_size=32, max_size=32), st.integers(0, 2**53 - 1), st.integers(0, 3), st.integers(1, 65_536))
    @settings(max_examples=50, deadline=None)
    def test_whatIsGrantedIsRead(self, identity: bytes, since: int, rights: int, members: int) -> None:
        """
        Every grant that can be made is read as it was made, and is short.
        """
        grant = Grant(identity, since, 2**53, rights, members)
        octets = signed(NETWORK.key.signing, grant)
        self.assertEqual(readGrant(octets), grant)
        self.assertTrue(isGrantOf(NETWORK.key.network, octets))
        self.assertLessEqual(len(octets), GRANT_MAXIMUM)
        self.assertEqual(grant.rights, rightsOf(bridge=bool(rights & BRIDGE), relay=bool(rights & RELAY)))

    @given(st.binary(max_size=200))
    @settings(deadline=None)
    def test_noiseIsRefused(self, octets: bytes) -> None:
        """
        Random octets are refused and never raise, as a grant and within a certificate.
        """
        self.assertIsNone(readGrant(octets))
        self.assertFalse(isGrantOf(NETWORK.key.network, octets))
        body = _fields(grant=octets or b"\0")
        self.assertIsNone(certified(_signedAnyhow(body, CAROL.signing), NETWORK.key.network))
        self.assertIsNone(certified(_signedAnyhow(body, NETWORK.key.signing), NETWORK.key.network))

    @given(st.recursive(st.none() | st.integers(0, 2**63) | st.binary() | st.text(), st.lists))
    @settings(deadline=None)
    def test_wellSignedNonsenseIsRefused(self, nonsense: object) -> None:
        """
        What the network signed as a grant, and is none, is refused.
        """
        body = packed(nonsense)
        octets = packed([body, NETWORK.key.signing.sign(b"wand grant 1\0" + body)])
        self.assertFalse(isGrantOf(NETWORK.key.network, octets))

    def test_limits(self) -> None:
        """
        A grant out of its limits cannot even be signed.
        """
        for wrong in ({"rights": 4}, {"rights": -1}, {"members": 0}, {"members": ADMITS_MAXIMUM + 1}, {"expires": 0}):
            with self.assertRaises(ValueError):
                NETWORK.grant(BOB, **wrong)  # type: ignore[arg-type]  # one argument of many kinds

    def test_anyFlippedBitIsRefused(self) -> None:
        """
        Of a certificate under a grant nothing is believed with any one bit changed, and of the grant neither.
        """
        octets = NETWORK.certificate(CAROL, grant=NETWORK.grant(BOB), by=BOB)
        self.assertIsNotNone(certified(octets, NETWORK.key.network))
        for index in range(8 * len(octets)):
            flipped = bytearray(octets)
            flipped[index // 8] ^= 1 << index % 8
            self.assertIsNone(certified(bytes(flipped), NETWORK.key.network), f"bit {index}")
        for length in range(len(octets)):
            self.assertIsNone(certified(octets[:length], NETWORK.key.network))

    def test_oneForm(self) -> None:
        """
        The same certificate, or the same grant in it, in another form is refused.
        """
        grant = NETWORK.grant(BOB)
        octets = NETWORK.certificate(CAROL, grant=grant, by=BOB)
        for other in reencoded(octets):
            self.assertIsNone(certified(other, NETWORK.key.network))
        for other in reencoded(grant):
            self.assertIsNone(readGrant(other))

    def test_aCertificateIsSmallEnough(self) -> None:
        """
        With a name, an IPv6 address and a MAC address a certificate under a grant fits into a handshake; what would not
        is not signed.
        """
        address = "2001:db8:1111:2222:3333:4444:5555:6666/64"
        grant = NETWORK.grant(BOB, 2**40, 2**41, 3, 65_536)
        times = {"since": 2**40, "expires": 2**41}
        octets = NETWORK.certificate(CAROL, "a" * 32, None, (address,), grant=grant, by=BOB, **times)  # type: ignore[arg-type]
        self.assertLessEqual(len(octets), SIGNED_MAXIMUM)
        more = tuple(f"2001:db8:1111:2222:3333:4444:5555:{number}666/128" for number in range(4))
        with self.assertRaises(ValueError):
            NETWORK.certificate(CAROL, "a" * 32, None, more, grant=grant, by=BOB, **times)  # type: ignore[arg-type]

    def test_vectors(self) -> None:
        """
        The octets are those of the published vectors.
        """
        kept = json.loads((HERE / "grant-vectors.json").read_text())
        self.assertEqual(runpy.run_path(str(HERE / "grant_vectors.py"))["vectors"](), kept)


class ChainTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.trust = Trust(NETWORK.key.network, self.clock.seconds)

    def test_aMemberAdmits(self) -> None:
        """
        A certificate that a member signed under its grant is valid, and says who admitted its owner.
        """
        octets = NETWORK.certificate(CAROL, "carol", grant=NETWORK.grant(BOB), seat=3, by=BOB)
        member = self.trust.admit(octets, CAROL.exchangePublic)
        assert member is not None
        self.assertEqual((member.admitter, member.isAuthority, member.admission), (BOB.identity, False, False))

    def test_nobodyElsesName(self) -> None:
        """
        Whoever may admit others cannot certify a key of its own as the exchange key of another member, and so speak in
        that member's name: the owner of an identity says which exchange key is its own.
        """
        grant = NETWORK.grant(BOB)
        mixed = attrs.evolve(CAROL, exchange=BOB.exchange, exchangePublic=BOB.exchangePublic)
        for binding in (
            b"",
            bytes(64),
            bindingOf(CAROL),
            signature(BOB.signing, KeyBinding(CAROL.identity, BOB.exchangePublic)),
        ):
            octets = NETWORK.certificate(mixed, "carol", grant=grant, by=BOB, binding=binding)
            self.assertIsNone(self.trust.admit(octets, BOB.exchangePublic))
        octets = NETWORK.certificate(CAROL, "carol", grant=grant, by=BOB)
        self.assertIsNotNone(self.trust.admit(octets, CAROL.exchangePublic))

    def test_whatFits(self) -> None:
        """
        The longest certificate that a member gives fits: with the longest name, and an address of IPv6.
        """
        most = ("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff/64",)
        octets = NETWORK.certificate(
            CAROL,
            "c" * 32,
            None,
            most,
            since=2**33,
            expires=2**34,
            bridge=True,
            relay=True,
            seat=65_535,
            by=BOB,
            grant=NETWORK.grant(BOB, since=2**33, expires=2**34, members=65_536),
        )
        self.assertLessEqual(len(octets), 512)
        self.assertIsNotNone(self.trust.check(octets))

    def test_whoMayAdmit(self) -> None:
        """
        The network signs for who may admit; a grant of its own makes nobody its own admitter, or an authority.
        """
        octets = NETWORK.certificate(BOB, admission=True, grant=NETWORK.grant(BOB))
        member = self.trust.admit(octets, BOB.exchangePublic)
        assert member is not None
        self.assertEqual((member.admitter, member.isAuthority, member.admission), (b"", False, True))
        founder = self.trust.admit(NETWORK.certificate(CAROL, admission=True), CAROL.exchangePublic)
        self.assertTrue(founder is not None and founder.isAuthority)
        itself = NETWORK.certificate(BOB, admission=True, grant=NETWORK.grant(BOB), by=BOB)
        self.assertIsNone(self.trust.check(itself))

    def test_neverLonger(self) -> None:
        """
        Who was admitted by a member admits nobody: neither with a grant that its admitter signed, nor with its
        admitter's, nor with one of its own certificate.
        """
        dave = PEOPLE[1]
        for grant in (NETWORK.grant(CAROL, by=BOB), NETWORK.grant(BOB), NETWORK.grant(CAROL, by=CAROL)):
            self.assertIsNone(self.trust.check(NETWORK.certificate(dave, grant=grant, by=CAROL)))
        with self.assertRaises(ValueError):
            NETWORK.certificate(CAROL, admission=True, grant=NETWORK.grant(BOB), by=BOB)

    def test_revokingTheAdmitter(self) -> None:
        """
        With an admitter all goes that it signed, also what it says that it signed before; not what the network signed.
        """
        grant = NETWORK.grant(BOB)
        before = NETWORK.certificate(CAROL, grant=grant, by=BOB)
        adopted = NETWORK.certificate(CAROL, issued=7)
        self.assertIsNotNone(self.trust.check(before))
        self.assertEqual(self.trust.seats.of(BOB.identity), (CAROL.identity,))
        self.trust.revoke(NETWORK.revocation(BOB.identity, 900))
        self.assertIsNone(self.trust.check(before))
        self.assertIsNone(self.trust.check(before, isKnown=True, expired=True))
        self.assertIsNone(self.trust.check(NETWORK.certificate(PEOPLE[1], grant=grant, seat=1, issued=1, by=BOB)))
        self.assertIsNotNone(self.trust.check(adopted))

    def sit(self, person: NodeKey, seat: int, grant: bytes, **more: int) -> bool:
        certificate = NETWORK.certificate(person, grant=grant, seat=seat, by=BOB, **{"since": 900, **more})  # type: ignore[arg-type]
        return self.trust.check(certificate) is not None

    def test_seatsAreUsedAgain(self) -> None:
        """
        A seat is free again when the grant expired by which it was taken, or when its holder was revoked; not when the
        certificate of its holder expired, which may be short.
        """
        grant = NETWORK.grant(BOB, expires=5000, members=2)
        told = readGrant(grant)
        assert told is not None
        self.assertTrue(self.sit(PEOPLE[0], 0, grant, expires=2000))
        self.assertTrue(self.sit(PEOPLE[1], 1, grant, expires=5000))
        self.clock.advance(1500)
        with self.assertRaises(MembershipRefused) as caught:
            self.trust.seats.free(told.identity, told.members)
        self.assertIn("wand appoint", str(caught.exception))
        self.assertFalse(self.sit(PEOPLE[2], 0, grant, since=901, expires=5000))
        self.trust.revoke(NETWORK.revocation(PEOPLE[1].identity))
        self.assertEqual(self.trust.seats.free(told.identity, told.members), 1)
        self.assertTrue(self.sit(PEOPLE[3], 1, grant, since=901, expires=5000))
        self.clock.advance(3000)
        later = NETWORK.grant(BOB, expires=9000, members=2)
        self.assertTrue(self.sit(PEOPLE[2], 0, later, since=901, expires=9000))

    def test_aSeatForOneAfterTheOther(self) -> None:
        """
        A member that names one after the other for a seat keeps nobody busy: after a few it changes hands only now and
        then, so that whoever came first has it in the end, in whatever order they were named.
        """
        grant = NETWORK.grant(BOB)
        told: list[Identity] = []
        self.trust.displaced = lambda identity, admitter: told.append(identity)
        taken = [self.sit(NodeKey.fromSeed(octetsFrom(f"rogue {n}")), 0, grant, since=500 - n) for n in range(50)]
        self.assertEqual(taken, [True] * (CHANGES_MAXIMUM + 1) + [False] * (49 - CHANGES_MAXIMUM))
        self.assertEqual(len(told), CHANGES_MAXIMUM)
        self.assertFalse(self.sit(PEOPLE[0], 0, grant, since=1))
        self.assertTrue(self.sit(PEOPLE[0], 1, grant, since=1))
        self.clock.advance(CHANGE_PAUSE)
        self.assertTrue(self.sit(PEOPLE[0], 0, grant, since=1))
        self.assertFalse(self.sit(PEOPLE[1], 0, grant, since=0))
        self.assertTrue(self.sit(PEOPLE[0], 0, grant, since=1))

    def test_aSeatStandsNoLongerIfTheClockIsSetBack(self) -> None:
        """
        A seat that changed hands while the clock was wrong waits for no time that is far away once the clock is right.
        """
        grant = NETWORK.grant(BOB)
        self.clock.advance(2 * CHANGE_PAUSE)
        for number in range(CHANGES_MAXIMUM + 1):
            self.sit(NodeKey.fromSeed(octetsFrom(f"rogue {number}")), 0, grant, since=500 - number)
        self.assertFalse(self.sit(PEOPLE[0], 0, grant, since=1))
        self.clock.rightNow -= CHANGE_PAUSE + 1
        self.assertTrue(self.sit(PEOPLE[0], 0, grant, since=1))

    def test_claimsNameTheAdmitter(self) -> None:
        """
        An admitter puts no certificate of its own under the claim of a member that the network admitted, or another.
        """
        ours = NETWORK.certificate(CAROL, issued=10)
        forged = NETWORK.certificate(CAROL, issued=900, grant=NETWORK.grant(BOB), by=BOB)
        plain, admitted = NETWORK.claim(CAROL), NETWORK.claim(CAROL, admitter=BOB.identity)

        def announced(certificate: bytes, claim: bytes) -> Announcement | None:
            return Announcement.verified(certificate, claim, self.trust.check)

        self.assertIsNone(announced(forged, plain))
        self.assertIsNone(announced(ours, admitted))
        self.assertIsNone(announced(forged, NETWORK.claim(CAROL, admitter=ADMITTERS[1].identity)))
        first, second = announced(ours, plain), announced(forged, admitted)
        assert first is not None and second is not None
        self.assertGreater(first.precedence, second.precedence)

    def test_whoComesFirst(self) -> None:
        """
        Nobody that a member admitted takes anything from somebody whom the network admitted.
        """
        old = NETWORK.certificate(PEOPLE[0], since=0, grant=NETWORK.grant(BOB), by=BOB)
        new = NETWORK.certificate(PEOPLE[1], since=999)
        ranks = [seniorityOf(content) for octets in (old, new) if (content := self.trust.check(octets))]
        self.assertGreater(ranks[0], ranks[1])


@attrs.frozen
class Attempt:
    """
    A certificate that somebody presents.
    """

    signer: int
    granted: int
    grantor: int
    person: int
    binding: int
    fields: dict[str, Any]
    grant: dict[str, Any]

    @property
    def octets(self) -> bytes:
        """
        It, signed as it says, whatever it says.
        """
        keys = [NETWORK.key.signing, OTHER.key.signing, *(each.signing for each in (*ADMITTERS, PEOPLE[5]))]
        admitter = [*ADMITTERS, PEOPLE[5]][self.granted]
        body = packed(Grant(admitter.identity, **self.grant))
        grant = packed([body, keys[self.grantor].sign(b"wand grant 1\0" + body)])
        binding = [bindingOf(PEOPLE[self.person]), bindingOf(PEOPLE[5]), b""][self.binding]
        body = _fields(PEOPLE[self.person], grant=grant, binding=binding, **self.fields)
        return _signedAnyhow(body, keys[self.signer])

    @property
    def isAllowed(self) -> bool:
        """
        Is it one of those that count, were it not for others with the same seat?  The rules as they stand in
        docs/sealed.md, one by one.
        """
        fields, grant = self.fields, self.grant
        rules = (
            self.grantor == 0,
            self.binding == 0,
            self.signer == self.granted + 2,
            fields["role"] == NODE,
            not fields["admission"],
            not fields["confirmed"],
            not fields["bridge"] or grant["rights"] & 1,
            not fields["relay"] or grant["rights"] & 2,
            fields["limits"] == DEFAULT_LIMITS,
            fields["since"] >= grant["since"],
            fields["since"] <= fields["issued"] < fields["expires"] <= grant["expires"],
            fields["expires"] > 1000,
            fields["seat"] < grant["members"],
        )
        return all(rules)


def _fields(person: NodeKey = CAROL, **changes: Any) -> Certificate:
    """
    What a certificate says, also if no certificate may say so.
    """
    usual = unverified(NETWORK.certificate(person), Certificate)
    assert usual is not None
    values = {name: getattr(usual, name) for name in Certificate.__struct_fields__} | changes
    loose = msgspec.defstruct("Certificate", list(values), array_like=True)
    return loose(**values)  # type: ignore[return-value]  # the same, without its rules


def _signedAnyhow(body: object, key: Any) -> bytes:
    octets = packed(body)
    return packed([octets, key.sign(b"wand certificate 1\0" + octets)])


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * (3 * len(others)) + list(others))


attempts = st.builds(
    Attempt,
    signer=_mostly(2, 0, 1, 3, 4),
    granted=_mostly(0, 1, 2),
    grantor=_mostly(0, 1, 2, 3, 4),
    person=st.integers(0, 4),
    binding=_mostly(0, 1, 2),
    fields=st.fixed_dictionaries(
        {
            "role": _mostly(NODE, SERVER),
            "admission": _mostly(False, True),
            "confirmed": _mostly(False, True),
            "bridge": st.booleans(),
            "relay": st.booleans(),
            "limits": _mostly(DEFAULT_LIMITS, Limits(257)),
            "since": st.sampled_from([0, 99, 100, 101, 102, 103]),
            "issued": _mostly(103, 50, 1200),
            "expires": _mostly(2000, 900, 1999, 2001),
            "seat": st.integers(0, 3),
        }
    ),
    grant=st.fixed_dictionaries(
        {
            "since": _mostly(100, 0),
            "expires": _mostly(2000, 900, 3000),
            "rights": _mostly(3, 0, 1, 2),
            "members": _mostly(2, 1, 4),
        }
    ),
)


class DishonestTests(SynchronousTestCase):
    def trustThatSaw(self, presented: list[Attempt], revoked: list[NodeKey]) -> Trust:
        clock = Clock()
        clock.advance(1000)
        trust = Trust(NETWORK.key.network, clock.seconds)
        for each in presented:
            trust.check(each.octets)
        for key in revoked:
            trust.revoke(NETWORK.revocation(key.identity))
        for each in presented:
            trust.check(each.octets)
        return trust

    @given(st.lists(attempts, max_size=16), st.lists(st.sampled_from([*ADMITTERS, *PEOPLE]), max_size=2), st.randoms())
    @settings(max_examples=80, deadline=None)
    def test_nothingBeyondAGrant(self, presented: list[Attempt], revoked: list[NodeKey], random: Any) -> None:
        """
        Of certificates with forged, foreign, expired and over-reaching grants, presented in any order, again and again,
        none counts that its grant does not allow; no admitter has more than its seats; and whoever saw the same takes
        the same.
        """
        shuffled = random.sample(presented, len(presented))
        first, second = self.trustThatSaw(presented, revoked), self.trustThatSaw(shuffled, revoked)
        gone = {key.identity for key in revoked}
        seated: dict[tuple[Identity, int], set[Identity]] = {}
        for each in presented:
            valid = first.check(each.octets)
            self.assertEqual(valid, second.check(each.octets))
            if valid is None:
                continue
            self.assertTrue(each.isAllowed, each)
            self.assertFalse(gone & {Identity(valid.identity), Identity(valid.admitter)})
            seated.setdefault((Identity(valid.admitter), valid.seat), set()).add(Identity(valid.identity))
        self.assertTrue(all(len(holders) == 1 for holders in seated.values()))

    @given(attempts)
    @settings(max_examples=150, deadline=None)
    def test_whatIsAllowed(self, attempt: Attempt) -> None:
        """
        What a grant allows is taken, and nothing else.
        """
        trust = self.trustThatSaw([], [])
        self.assertEqual(trust.check(attempt.octets) is not None, attempt.isAllowed)

    def test_displaced(self) -> None:
        """
        Whoever loses its seat to an older member is told of, once.
        """
        trust = self.trustThatSaw([], [])
        told: list[Identity] = []
        trust.displaced = lambda identity, admitter: told.append(identity)
        grant = NETWORK.grant(BOB)
        late = NETWORK.certificate(PEOPLE[0], since=20, grant=grant, by=BOB)
        early = NETWORK.certificate(PEOPLE[1], since=10, grant=grant, by=BOB)
        for octets, isValid in ((late, True), (early, True), (late, False), (early, True)):
            self.assertEqual(trust.check(octets) is not None, isValid)
        self.assertEqual(told, [PEOPLE[0].identity])
