"""
Tests for L{wand.sealed.authority.signing_review}: what somebody who signs offline is shown.
"""

from __future__ import annotations

from typing import Any

import msgspec
from simulated.membership import octetsFrom
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.authority import field_texts
from wand.sealed.authority import signing_review as review
from wand.sealed.authority.field_texts import labelOf, linesOf
from wand.sealed.authority.offline_signing import (
    CertificateRequest,
    Requests,
    RevocationRequest,
    Signatures,
    signedOffline,
)
from wand.sealed.authority.signing_review import LONG_LIFE, Review, reviews
from wand.sealed.credentials.certificate import NODE, SERVER, Certificate
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed

KEY = NetworkKey.fromSeed(octetsFrom("network"))
ALICE, BOB = NodeKey.fromSeed(octetsFrom("alice")), NodeKey.fromSeed(octetsFrom("bob"))

#: A day in 2023.
NOW = 1_700_000_000
DAY = 86_400


def known(key: NodeKey = BOB, **changes: Any) -> bytes:
    """
    The certificate that a member has.
    """
    fields: dict[str, Any] = {
        "network": KEY.network,
        "identity": key.identity,
        "exchangeKey": key.exchangePublic,
        "role": NODE,
        "name": "bob",
        "addresses": ("10.77.0.9/16",),
        "macs": (b"\2\0\0\0\0\11",),
        "bridge": False,
        "since": NOW - 10 * DAY,
        "issued": NOW - DAY,
        "expires": NOW + DAY,
    }
    return signed(KEY.signing, Certificate(**(fields | changes)))


class ReviewTests(SynchronousTestCase):
    def review(self, *before: bytes, life: int = 9 * DAY, **changes: Any) -> Review:
        """
        What is shown of a certificate for Alice.
        """
        [found] = self.reviews([self.request(**changes)], *before, life=life)
        return found

    def request(self, **changes: Any) -> CertificateRequest:
        fields: dict[str, Any] = {
            "name": "alice",
            "key": ALICE.identity.text,
            "exchangeKey": ALICE.exchangePublic.hex(),
            "server": False,
            "addresses": ["10.77.0.2/16"],
            "macs": ["02:00:00:00:00:02"],
            "bridge": False,
            "since": NOW - 60,
        }
        return CertificateRequest(**(fields | changes))

    def reviews(
        self,
        certificates: list[CertificateRequest],
        *before: bytes,
        revocations: tuple[RevocationRequest, ...] = (),
        life: int = 9 * DAY,
    ) -> list[Review]:
        requests = Requests(
            network=KEY.network.text,
            life=life,
            certificates=certificates,
            revocations=list(revocations),
            descriptor=signed(KEY.signing, Descriptor("net", "aes-256-gcm", "10.77.0.0/16", NOW - 100 * DAY)),
            known=list(before),
        )
        document = signedOffline(msgspec.json.encode(requests), KEY, NOW)
        return reviews(requests, msgspec.json.decode(document, type=Signatures), KEY.network, NOW)

    def test_limitsAreShownInWords(self) -> None:
        """
        How much the member may bring is told as people would.
        """
        lines = dict(self.review().lines)
        self.assertEqual(lines["limits"], "256 MAC addresses behind it, 4000 broadcasts a second")

    def test_everyFieldIsShown(self) -> None:
        """
        Each field of a certificate and of a revocation is shown but for the network, which is in the heading.
        """
        shown = dict(self.review().lines)
        for field in msgspec.structs.fields(Certificate):
            if field.name != "network":
                self.assertIn(labelOf(field.name), shown)
        self.assertEqual(shown["member since"], "2023-11-14 22:12:20 UTC (60 seconds ago)")
        self.assertEqual(shown["expires"], "2023-11-23 22:13:20 UTC (in 9 days)")
        self.assertEqual((shown["key"], shown["exchange key"]), (ALICE.identity.text, ALICE.exchangePublic.hex()))
        self.assertEqual((shown["role"], shown["may bridge"]), ("node", "no"))
        self.assertEqual((shown["addresses"], shown["MAC addresses"]), ("10.77.0.2/16", "02:00:00:00:00:02"))
        self.assertEqual(shown["limits"], "256 MAC addresses behind it, 4000 broadcasts a second")
        self.assertEqual(
            [field_texts._distance(seconds) for seconds in (1, -1, 0.4, -119, 120)],
            ["in 1 second", "1 second ago", "in 0 seconds", "119 seconds ago", "in 2 minutes"],
        )
        [revocation] = self.reviews([], revocations=(RevocationRequest("bob", BOB.identity.text, NOW),))
        self.assertEqual(len(revocation.lines), len(msgspec.structs.fields(Revocation)))

    def test_aFieldOfLaterVersionsIsShown(self) -> None:
        """
        A field that nobody described is shown under its own name, and said where it is not as usual.
        """

        class Later(Certificate, frozen=True, array_like=True):
            floodRate: int = 1000

        self.patch(review, "Certificate", Later)
        thing = Later(**msgspec.structs.asdict(review._read(known(), Certificate)), floodRate=99_999)
        self.assertIn(("floodRate", "99999"), linesOf(thing, NOW))
        context = review._Context(None, [], [], NOW)
        self.assertIn("floodRate is 99999, and not as usual", list(context.warnings(thing, self.request())))

    def test_anOrdinaryMember(self) -> None:
        """
        There is nothing unusual about an ordinary new member, nor about the renewal of one.
        """
        self.assertEqual(self.review(known()).warnings, [])
        before = known(ALICE, name="alice", addresses=("10.77.0.2/16",), macs=(b"\2\0\0\0\0\2",), since=NOW - 60 * DAY)
        self.assertEqual(self.review(known(), before, since=NOW - 60 * DAY).warnings, [])

    def check(self, words: str, *before: bytes, life: int = 9 * DAY, **changes: Any) -> None:
        found = self.review(*before, life=life, **changes).warnings
        self.assertEqual([words in each for each in found], [True], found)

    def test_rights(self) -> None:
        """
        Whoever gets a right that few need is said.
        """
        self.check("IS A DIRECTORY SERVER", server=True)
        self.check("may bridge", bridge=True)

    def test_times(self) -> None:
        """
        A long life, a past that nobody knows of and a future are said: who is the oldest wins.
        """
        self.check("more than 31 days", life=LONG_LIFE + 1)
        self.check("member since more than a week ago", since=NOW - 50 * DAY)
        self.check("joined in the future", since=NOW + 1000)
        found = self.review(since=1).warnings
        self.assertIn("member since before the network was made", found)

    def test_addresses(self) -> None:
        """
        An address or a MAC address that another has, or that is not of the network, is said.
        """
        bob = f"bob ({BOB.identity})"
        self.check("10.77.0.9/24 is not an address of the network's prefix 10.77.0.0/16", addresses=["10.77.0.9/24"])
        self.check("192.0.2.1/16 is not an address", addresses=["192.0.2.1/16"])
        self.check(f"10.77.0.9/16 is also {bob}'s", known(), addresses=["10.77.0.9/16"])
        self.check(f"02:00:00:00:00:09 is also {bob}'s", known(), macs=["02:00:00:00:00:09"])

    def test_addressesInOneDocument(self) -> None:
        """
        What two in one document would both get is said at both.
        """
        other = self.request(key=BOB.identity.text, exchangeKey=BOB.exchangePublic.hex(), name="bob", macs=[])
        one, two = self.reviews([self.request(), other])
        self.assertEqual(
            (one.warnings, two.warnings),
            (
                [f"10.77.0.2/16 is also bob ({BOB.identity})'s"],
                [f"10.77.0.2/16 is also alice ({ALICE.identity})'s"],
            ),
        )

    def test_names(self) -> None:
        """
        A name that is another's, or looks like one, or is one that people trust, is said.
        """
        self.check("has the same name", known(), name="bob")
        for name in ("b0b", "bob-2", "b-ob"):
            self.check("its name looks like that of bob", known(), name=name)
        self.check("its name looks like that of modem", known(name="modem"), name="rnodem")
        for name in ("admin", "server", "gateway", "r00t", "wpad"):
            self.check("as somebody whom others trust", name=name)

    def test_changes(self) -> None:
        """
        What is not as in the certificate before is said: who renews one reads no more than that.
        """
        before = known(ALICE, name="alice", addresses=("10.77.0.2/16",), macs=(b"\2\0\0\0\0\2",), since=NOW - 2 * DAY)
        self.check("name was alice until now", before, name="carol", since=NOW - 2 * DAY)
        self.check("addresses was 10.77.0.2/16 until now", before, addresses=["10.77.0.3/16"], since=NOW - 2 * DAY)
        self.check("member since was 2023-11-12", before, since=NOW - 3 * DAY)

    def test_onlyWhatTheNetworkSignedIsKnown(self) -> None:
        """
        A server cannot make up certificates of others to hide or to blame somebody.
        """
        forged = signed(NetworkKey.fromSeed(octetsFrom("other")).signing, review._read(known(), Certificate))
        self.assertEqual(self.review(forged, b"junk", addresses=["10.77.0.9/16"]).warnings, [])

    def test_revocations(self) -> None:
        """
        A revocation of a server, under another's name or of the future is said.
        """

        def warnings(name: str = "bob", when: int = NOW, **changes: Any) -> list[str]:
            revocation = RevocationRequest(name, BOB.identity.text, when)
            [found] = self.reviews([], known(**changes), revocations=(revocation,))
            return list(found.warnings)

        self.assertEqual(warnings(), [])
        self.assertEqual(warnings("carol"), ["the member with this key is called bob in its certificate"])
        self.assertEqual(warnings(role=SERVER), ["it takes a directory server out of the network"])
        self.assertEqual(warnings(when=NOW + 1000), ["it says that it happens in the future"])
