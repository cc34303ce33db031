"""
Made-up signatures, which cost next to nothing.  One contract holds for them and for true ones.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

import msgspec

from wand.sealed.credentials.certificate import NODE, Certificate
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.signed import Body, packed, unverified


class _Signed(msgspec.Struct, frozen=True, array_like=True):
    body: bytes
    signature: bytes


def madeUp(identity: bytes, body: Body) -> bytes:
    """
    What stands for the signature of a body by the owner of an identity.
    """
    return blake2b(type(body).domain.encode() + b"\0" + packed(body), key=identity, digest_size=64).digest()


def signedBy(identity: bytes, body: Body) -> bytes:
    """
    A signed thing, as far as its form goes.
    """
    return packed(_Signed(packed(body), madeUp(identity, body)))


class MadeUpSignatures:
    """
    Provides L{wand.sealed.gossip.signatures.Signatures}.  Everybody could sign for everybody; no simulated member does.
    """

    def __init__(self, identity: bytes, network: bytes) -> None:
        """
        @param identity: for whom it signs.
        """
        self._identity = identity
        self._network = network

    def sign(self, body: Body) -> bytes:
        """
        See L{wand.sealed.gossip.signatures.Signatures}.
        """
        return madeUp(self._identity, body)

    def isSigned(self, signature: bytes, body: Body, identity: bytes) -> bool:
        """
        See L{wand.sealed.gossip.signatures.Signatures}.
        """
        return signature == madeUp(identity, body)

    def isAnnounced(self, certificate: bytes, claim: bytes) -> bool:
        """
        See L{wand.sealed.gossip.signatures.Signatures}.
        """
        return _isAnnounced(self._network, certificate, claim)


@cache
def _isAnnounced(network: bytes, certificate: bytes, claim: bytes) -> bool:
    said, claimed = unverified(certificate, Certificate), unverified(claim, Claim)
    return (
        said is not None
        and claimed is not None
        and said.network == network
        and certificate == signedBy(network, said)
        and claim == signedBy(said.identity, claimed)
        and claimed.isAllowedBy(said)
    )


def madeUpMember(network: bytes, number: int, epoch: int = 1) -> tuple[bytes, bytes, bytes]:
    """
    A member.

    @return: its identity, its certificate and its claim.
    """
    identity = blake2b(b"member %d" % number, digest_size=32).digest()
    mac, address = b"\x02\x00" + number.to_bytes(4, "big"), f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}/8"
    name = f"node-{number}"
    certificate = Certificate(network, identity, identity, NODE, name, (address,), (mac,), False, 1, 1, 1 << 40)
    claim = Claim(network, identity, epoch, (mac,), (address,), name)
    return identity, signedBy(network, certificate), signedBy(identity, claim)
