"""
Tests for what members of neighbouring versions say to each other: what the release before this one recorded is read,
and what this one writes is read by the release before.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.fields import Addresses, Count, MACs, Name, Octets32
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import Body, signed, verified
from wand.sealed.directory.messages import Announced, pack, parse
from wand.version import __version__

MEMBER = NodeKey.fromSeed(b"\x33" * 32)

#: A claim of that member, as the release before this one signed it.
RECORDED = bytes.fromhex(
    "92c48597c420d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737c420d190319ad6fe6d4393c8"
    "303808734116d0f4db263f1cf0dc17732115caf928010191c40602000000000391ac31302e37372e302e332f3136a5636172"
    "6f6cc4208c4328056f5324780e6bb6f3cc54434e46debf0de2837e17e3b1c49d885a66aac44031b1e2e25e530597eb82438d"
    "8dc52f7d0d39fe0259c87680ae6414328e9bdec8574b2698a50bd2ece734f2b3db2e063fc2f75ec2e544f7ad2e86ef15cf05"
    "0206"
)


class FormerClaim(Body, frozen=True, array_like=True):
    """
    A claim as the release before this one reads it.
    """

    domain: ClassVar[str] = "wand claim 1"

    network: Octets32
    identity: Octets32
    epoch: Count
    macs: MACs
    addresses: Addresses
    name: Name
    admitter: Annotated[bytes, Meta(max_length=32)] = b""


class NeighbouringVersionsTests(SynchronousTestCase):
    def test_whatWasRecorded(self) -> None:
        """
        A claim without a version is valid, and says none.
        """
        claim = verified(RECORDED, Claim, MEMBER.identity)
        assert claim is not None
        self.assertEqual((claim.name, claim.version), ("carol", ""))

    def test_whatTheReleaseBeforeReads(self) -> None:
        """
        A claim with a version is valid for members that know nothing of versions.
        """
        claim = Claim(bytes(32), bytes(MEMBER.identity), 7, (), (), "carol", version=__version__)
        read = verified(signed(MEMBER.signing, claim), FormerClaim, MEMBER.identity)
        assert read is not None
        self.assertEqual((read.epoch, read.name), (7, "carol"))

    def test_serversBefore(self) -> None:
        """
        A server of the release before says no version.
        """
        self.assertEqual(
            parse(b"\x97\x11\x01\x01\xc4\x08" + b"i" * 8 + b"\x05\x02\xc3"), Announced(1, 1, b"i" * 8, 5, 2, True)
        )
        self.assertEqual(parse(pack(Announced(1, 1, b"i" * 8, 5, 2, True, "0.2.0"))).release, "0.2.0")

    def test_theLongest(self) -> None:
        """
        A version is no reason for which a claim is too long to be signed.
        """
        macs = tuple(bytes([2, 0, 0, 0, 0, number]) for number in range(4))
        addresses = ("10.77.255.254/16", "fd00:1111:2222:3333:4444:5555:6666:7777/64")
        claim = Claim(bytes(32), bytes(MEMBER.identity), 2**53, macs, addresses, "n" * 32, bytes(32), "1" * 24)
        self.assertIsNotNone(verified(signed(MEMBER.signing, claim), Claim, MEMBER.identity))


@given(st.text(max_size=30))
def test_anyVersion(version: str) -> None:
    """
    Whatever somebody calls its version is read, or the claim is refused.
    """
    try:
        claim = signed(MEMBER.signing, Claim(bytes(32), bytes(MEMBER.identity), 7, (), (), "carol", version=version))
    except (ValueError, UnicodeEncodeError):
        return
    read = verified(claim, Claim, MEMBER.identity)
    assert read is not None
    assert read.version == version
