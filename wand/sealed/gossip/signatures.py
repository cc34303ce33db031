"""
Signatures, as gossip needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.signed import Body, isSignature, signable, verified
from wand.sealed.gossip.items import Accusation, AccusationItem, AnnouncementItem, Item, Presence, PresenceItem, itemOf


class Signatures(Protocol):
    """
    Signs for us, and verifies what others signed.
    """

    def sign(self, body: Body, /) -> bytes:
        """
        Our signature, 64 octets.
        """

    def isSigned(self, signature: bytes, body: Body, identity: bytes, /) -> bool:
        """
        Is this the signature of a body by the owner of an identity?
        """

    def isAnnounced(self, certificate: bytes, claim: bytes, /) -> bool:
        """
        Are a certificate and a claim valid, and do they belong together?
        """


class Ed25519Signatures:
    """
    The signatures of docs/sealed.md.
    """

    def __init__(self, sign: Callable[[bytes], bytes], isAnnounced: Callable[[bytes, bytes], bool]) -> None:
        """
        @param sign: signs octets with our key.
        @param isAnnounced: see L{Signatures.isAnnounced}.
        """
        self._sign = sign
        self._isAnnounced = isAnnounced

    def sign(self, body: Body) -> bytes:
        """
        See L{Signatures}.
        """
        return self._sign(signable(body))

    def isSigned(self, signature: bytes, body: Body, identity: bytes) -> bool:
        """
        See L{Signatures}.
        """
        return isSignature(signature, body, identity)

    def isAnnounced(self, certificate: bytes, claim: bytes) -> bool:
        """
        See L{Signatures}.
        """
        return self._isAnnounced(certificate, claim)


def isValid(item: Item, signatures: Signatures) -> bool:
    """
    Verify an item.
    """
    told = item.told
    if isinstance(told, AnnouncementItem):
        return signatures.isAnnounced(told.certificate, told.claim)
    return item.body is not None and signatures.isSigned(told.signature, item.body, told.identity)


def isGenuine(item: Item, network: bytes) -> bool:
    """
    Is an announcement that is not valid signed as it should be?  Then it expired, or was revoked: whoever told it may
    not know that yet.
    """
    told = item.told
    if not isinstance(told, AnnouncementItem):
        return False
    certificate = certified(told.certificate, network)
    claim = None if certificate is None else verified(told.claim, Claim, certificate.identity)
    return certificate is not None and claim is not None and claim.isAllowedBy(certificate)


def presenceItem(body: Presence, signatures: Signatures) -> Item:
    """
    Say where we are.
    """
    told = PresenceItem(body.identity, body.epoch, body.number, body.here, body.endpoints, signatures.sign(body))
    return _made(itemOf(told, body.network))


def accusationItem(body: Accusation, signatures: Signatures) -> Item:
    """
    Say that somebody does not answer us.
    """
    told = AccusationItem(body.identity, body.member, body.epoch, body.number, body.ring, signatures.sign(body))
    return _made(itemOf(told, body.network))


def announcementItem(certificate: bytes, claim: bytes, network: bytes) -> Item | None:
    """
    A certificate and a claim to be told; C{None} if they are none.
    """
    return itemOf(AnnouncementItem(certificate, claim), network)


def _made(item: Item | None) -> Item:
    assert item is not None  # what we say can be read
    return item
