"""
Certificates, claims, revocations, descriptors and tokens, on their way through hostile hands.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_interface

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from reencoded import reencoded
from simulated.membership import TestNetwork, macFrom, octetsFrom
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import TokenInvalid
from wand.ethernet import MAC
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.fields import isName, isUsual, nameLike
from wand.sealed.credentials.identity import Identity, NetworkKey, NodeKey
from wand.sealed.credentials.limits import BROADCASTS_MAXIMUM, MACS_MAXIMUM, Limits
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import SIGNED_MAXIMUM, Body, packed, signed, unpacked, unverified, verified
from wand.sealed.credentials.token import Token

KINDS: tuple[type[Body], ...] = (Certificate, Claim, Descriptor, Revocation)

NETWORK = TestNetwork()
ALICE = NodeKey.fromSeed(octetsFrom("alice"))
THINGS: list[tuple[type[Body], bytes, bytes]] = [
    (Certificate, NETWORK.certificate(ALICE, addresses=("10.77.0.1/16",)), NETWORK.key.network),
    (Claim, NETWORK.claim(ALICE, addresses=("10.77.0.1/16",)), ALICE.identity),
    (Descriptor, NETWORK.descriptor, NETWORK.key.network),
    (Revocation, NETWORK.revocation(ALICE.identity), NETWORK.key.network),
]

names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
keys = st.binary(min_size=32, max_size=32)
macs = st.lists(
    st.binary(min_size=6, max_size=6).map(lambda octets: bytes(MAC.fromRandom(octets))), max_size=4, unique=True
).map(tuple)
hosts = st.integers(1, 0xDFFFFFFF).map(lambda number: f"{IPv4Address(number)}/16") | st.integers(
    0x2001 << 112, (0x2001 << 112) + 2**100
).map(lambda number: f"{IPv6Address(number)}/64")
addresses = (
    st.lists(hosts, max_size=4, unique=True).map(tuple).filter(lambda each: not any("127." in text for text in each))
)


class AddressTests(SynchronousTestCase):
    @given(
        st.one_of(
            st.builds("{}.{}.{}.{}/{}".format, *[st.integers(0, 256)] * 4, st.integers(0, 33)),
            st.from_regex(r"[0-9./a:%\x00]{0,20}"),
            st.text(max_size=12),
        )
    )
    @settings(deadline=None)
    def test_theQuickLookTakesNothingElse(self, text: str) -> None:
        """
        What is plainly an address is one by the rules of L{ipaddress}, and every usual one is plainly so.
        """
        try:
            interface = ip_interface(text)
        except ValueError:
            self.assertFalse(isUsual(text))
            return
        isHost = interface.version == 4 and str(interface) == text
        isHost = isHost and not (interface.ip.is_multicast or interface.ip.is_loopback or interface.ip.is_unspecified)
        if isUsual(text):
            self.assertTrue(isHost)
        elif isHost:
            self.assertTrue(text.startswith("0.") or int(text.partition(".")[0]) >= 240)


class SignedThingTests(SynchronousTestCase):
    @given(keys, st.sampled_from([0, 1]), names, addresses, macs, st.booleans(), st.integers(0, 2**40))
    @settings(max_examples=50, deadline=None)
    def test_whatIsSignedIsRead(
        self,
        key: bytes,
        role: int,
        name: str,
        overlay: tuple[str, ...],
        ethernet: tuple[bytes, ...],
        bridge: bool,
        since: int,
    ) -> None:
        """
        Every certificate that can be made is read as it was made, and small enough for a handshake.
        """
        certificate = Certificate(
            network=NETWORK.key.network,
            identity=key,
            exchangeKey=key,
            role=role,  # type: ignore[arg-type]  # of two values, and the strategy knows which
            name=name,
            addresses=overlay,
            macs=ethernet,
            bridge=bridge,
            since=since,
            issued=since,
            expires=since + 1,
            limits=Limits(MACS_MAXIMUM, BROADCASTS_MAXIMUM),
            confirmed=True,
        )
        octets = signed(NETWORK.key.signing, certificate)
        self.assertEqual(verified(octets, Certificate, NETWORK.key.network), certificate)
        self.assertLessEqual(len(octets), SIGNED_MAXIMUM)

    @given(st.binary(max_size=600), st.sampled_from(KINDS))
    @settings(deadline=None)
    def test_noiseIsRefused(self, octets: bytes, kind: type[Body]) -> None:
        """
        Random octets are refused and never raise.
        """
        self.assertIsNone(verified(octets, kind, NETWORK.key.network))
        self.assertIsNone(unverified(octets, kind))

    @given(st.sampled_from(KINDS), st.recursive(st.none() | st.integers(0, 2**63) | st.binary() | st.text(), st.lists))
    @settings(deadline=None)
    def test_wellSignedNonsenseIsRefused(self, kind: type[Body], nonsense: object) -> None:
        """
        A body that the right key signed, but that is no such thing, is refused and does not raise.
        """
        body = packed(nonsense)
        signature = NETWORK.key.signing.sign(kind.domain.encode() + b"\0" + body)
        self.assertIsNone(verified(packed([body, signature]), kind, NETWORK.key.network))

    def test_anyFlippedBitIsRefused(self) -> None:
        """
        Of a signed thing with any one bit changed nothing is believed.
        """
        for kind, octets, key in THINGS:
            self.assertIsNotNone(verified(octets, kind, key))
            for index in range(8 * len(octets)):
                flipped = bytearray(octets)
                flipped[index // 8] ^= 1 << index % 8
                self.assertIsNone(verified(bytes(flipped), kind, key), f"{kind.__name__}, bit {index}")

    def test_anyTruncationIsRefused(self) -> None:
        """
        A thing that was cut off, or has something behind it, is refused.
        """
        for kind, octets, key in THINGS:
            for length in range(len(octets)):
                self.assertIsNone(verified(octets[:length], kind, key))
            self.assertIsNone(verified(octets + b"\0", kind, key))

    def test_oneForm(self) -> None:
        """
        The same again in another form is refused: else whoever passes it on could make any number of it.
        """
        for kind, octets, key in THINGS:
            for other in reencoded(octets):
                self.assertIsNone(verified(other, kind, key))
                self.assertIsNone(unverified(other, kind))

    def test_aSignatureIsForOneKindOnly(self) -> None:
        """
        What was signed as one kind of thing does not pass for another, even if the octets would fit.
        """
        body = Revocation(NETWORK.key.network, ALICE.identity, 1)
        octets = packed(body)
        signature = NETWORK.key.signing.sign(b"wand claim 1\0" + octets)
        self.assertIsNone(verified(packed([octets, signature]), Revocation, NETWORK.key.network))

    def test_anotherKeyDoesNotSign(self) -> None:
        """
        A network believes nothing that another network signed.
        """
        other = NetworkKey.fromSeed(octetsFrom("other"))
        for kind, octets, _ in THINGS:
            self.assertIsNone(verified(octets, kind, other.network))

    def test_laterVersionsMayAppend(self) -> None:
        """
        Fields that a later version appends to a body are ignored.
        """
        body = packed([NETWORK.key.network, ALICE.identity, 7, "something new"])
        signature = NETWORK.key.signing.sign(b"wand revocation 1\0" + body)
        content = verified(packed([body, signature]), Revocation, NETWORK.key.network)
        self.assertEqual(content, Revocation(NETWORK.key.network, ALICE.identity, 7))

    def test_deepNestingIsRefused(self) -> None:
        """
        Arrays in arrays in arrays exhaust nothing.
        """
        self.assertIsNone(unpacked(b"\x93\xc4\x00\xc4\x00" + b"\x91" * 60_000, Certificate, 100_000))

    def test_whatBreaksALimitIsNotSigned(self) -> None:
        """
        Names, addresses and lists out of their limits cannot even be signed.
        """
        for wrong in (
            {"name": "Alice"},
            {"name": "-a"},
            {"name": "a\n"},
            {"addresses": ("10.77.0.1",)},
            {"addresses": ("127.0.0.1/8",)},
            {"addresses": ("fe80::1%eth0/64",)},
            {"addresses": ("10.77.0.1/16", "10.77.0.1/24")},
            {"macs": (MAC(b"\xff" * 6),)},
            {"macs": (MAC(bytes(6)),)},
            {"macs": tuple(macFrom(str(number)) for number in range(5))},
            {"since": 20, "expires": 10},
        ):
            with self.assertRaises(ValueError):
                NETWORK.certificate(ALICE, **wrong)  # type: ignore[arg-type]  # one argument of many kinds


class AnnouncementTests(SynchronousTestCase):
    def announced(self, certificate: bytes, claim: bytes) -> Announcement | None:
        return Announcement.verified(
            certificate, claim, lambda octets: verified(octets, Certificate, NETWORK.key.network)
        )

    def test_aClaimNeedsACertificateThatAllowsIt(self) -> None:
        """
        A claim to what the certificate does not name is refused: a MAC, an address, a name.
        """
        certificate = NETWORK.certificate(ALICE, addresses=("10.77.0.1/16",))
        self.assertIsNotNone(self.announced(certificate, NETWORK.claim(ALICE)))
        self.assertIsNone(self.announced(certificate, NETWORK.claim(ALICE, macs=(macFrom("bob"),))))
        self.assertIsNone(self.announced(certificate, NETWORK.claim(ALICE, addresses=("10.77.0.2/16",))))
        self.assertIsNone(self.announced(certificate, NETWORK.claim(ALICE, "bob", (macFrom("alice"),))))

    def test_nobodyClaimsForAnother(self) -> None:
        """
        A claim signed by another key is refused, also with the certificate of the member.
        """
        mallory = NodeKey.fromSeed(octetsFrom("mallory"))
        forged = signed(
            mallory.signing, Claim(NETWORK.key.network, ALICE.identity, 9, (macFrom("alice"),), (), "alice")
        )
        self.assertIsNone(self.announced(NETWORK.certificate(ALICE), forged))
        self.assertIsNone(self.announced(NETWORK.certificate(ALICE), NETWORK.claim(mallory)))

    def test_aClaimIsForOneNetwork(self) -> None:
        """
        The claim of the same node in another network is refused.
        """
        other = TestNetwork(NetworkKey.fromSeed(octetsFrom("other")))
        self.assertIsNone(self.announced(NETWORK.certificate(ALICE), other.claim(ALICE)))


class IdentityTests(SynchronousTestCase):
    def test_theKeysOfASeedAreAlwaysTheSame(self) -> None:
        """
        One seed gives one identity, and another exchange key that has nothing to do with it.
        """
        self.assertEqual(ALICE.identity, NodeKey.fromSeed(octetsFrom("alice")).identity)
        self.assertNotEqual(ALICE.identity, ALICE.exchangePublic)
        self.assertNotEqual(ALICE.identity, NodeKey.fromSeed(octetsFrom("bob")).identity)

    def test_theShortFormIsForPeopleOnly(self) -> None:
        """
        The short form of a key cannot be read back, the whole key can.
        """
        self.assertEqual(Identity.parse(ALICE.identity.text), ALICE.identity)
        self.assertEqual(Identity.parse(ALICE.identity.text.upper()), ALICE.identity)
        self.assertIsNone(Identity.parse(str(ALICE.identity)))
        self.assertIsNone(Identity.parse(ALICE.identity.text[:-1]))

    def test_secretsStayOutOfTexts(self) -> None:
        """
        The representation of a key shows no private half.
        """
        self.assertNotIn("signing", repr(ALICE))

    @given(st.text(max_size=80))
    def test_anyTextGivesAName(self, text: str) -> None:
        """
        From whatever a host is called a valid name is made.
        """
        self.assertTrue(isName(nameLike(text, "node")))


class TokenTests(SynchronousTestCase):
    token = Token(
        network=NETWORK.key.network,
        identity=octetsFrom("server's identity"),
        server=octetsFrom("server"),
        endpoints=("wand.example.net:44444", "[2001:db8::1]:44444"),
        invitation=octetsFrom("id")[:16],
        secret=octetsFrom("secret"),
        cipher="aes-256-gcm",
    )

    def test_whatIsWrittenIsRead(self) -> None:
        """
        A token survives its text form, also pasted with line breaks and blanks.
        """
        text = self.token.text
        self.assertEqual(Token.parse(text), self.token)
        self.assertEqual(Token.parse(f"  {text[:20]}\r\n\t{text[20:90]}\n {text[90:]}==\n"), self.token)

    def test_errorsAreReadable(self) -> None:
        """
        Whoever pastes something else is told what is wrong with it.
        """
        text = self.token.text
        for wrong, reason in (
            ("", "no invitation"),
            ("hello", "begins with wand1."),
            (text[:-9], "incomplete"),
            (text + "A", "incomplete"),
            (text[:40] + ("A" if text[40] != "A" else "B") + text[41:], "incomplete or was changed"),
            (text + "é", "characters"),
            (text * 30, "too long"),
        ):
            self.assertIn(reason, str(self.assertRaises(TokenInvalid, Token.parse, wrong)))

    @given(st.text(max_size=200) | st.binary(max_size=300).map(lambda octets: "wand1." + octets.hex()))
    def test_noiseIsNoToken(self, text: str) -> None:
        """
        Random text is refused with the one error that people see.
        """
        self.assertRaises(TokenInvalid, Token.parse, text)

    def test_anUnsetSecretIsNone(self) -> None:
        """
        A token whose secret is all zeros is refused: there is no default secret (n2n, EasyTier#1539).
        """
        self.assertRaises(ValueError, msgspec.structs.replace, self.token, secret=bytes(32))
        octets = packed(self.token).replace(self.token.secret, bytes(32))
        text = urlsafe_b64encode(octets + sha256(octets).digest()[:4]).decode()
        self.assertRaises(TokenInvalid, Token.parse, f"wand1.{text}")

    def test_theSecretStaysOutOfLogs(self) -> None:
        """
        The representation of a token does not show its secret.
        """
        self.assertNotIn("secret", repr(self.token))
        self.assertNotIn(self.token.secret.hex(), repr(self.token))
