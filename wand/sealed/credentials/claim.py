"""
Claims: what a node says that it owns.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Annotated, ClassVar, Final

import attrs
import msgspec
from msgspec import Meta

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.fields import Addresses, Count, MACs, Name, Octets32, Version, checkAddresses, checkMACs
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import Body, unverified, verified

#: What is added to the time at which somebody became a member whom a member admitted: more than any time is.
_LATER: Final = 2**54


class Claim(Body, frozen=True, array_like=True):
    """
    These MAC addresses, overlay addresses and this name are mine.

    @ivar epoch: of several claims of one identity the one with the highest epoch counts.
    @ivar admitter: the member that signed the certificate; empty if the network did.  So no other member can put a
        certificate of its own under this claim.
    @ivar version: which version of the program the member runs; empty for one before 0.2.
    """

    domain: ClassVar[str] = "wand claim 1"

    network: Octets32
    identity: Octets32
    epoch: Count
    macs: MACs
    addresses: Addresses
    name: Name
    admitter: Annotated[bytes, Meta(max_length=32)] = b""
    version: Version = ""

    def __post_init__(self) -> None:
        checkAddresses(self.addresses)
        checkMACs(self.macs)

    def sharing(self, certificate: Certificate) -> Claim:
        """
        The same, with the very values of a certificate wherever both say the same: whoever knows thousands of members
        keeps them once.
        """
        isAll = self.macs == certificate.macs and self.addresses == certificate.addresses
        return msgspec.structs.replace(
            self,
            network=certificate.network,
            identity=certificate.identity,
            macs=certificate.macs if isAll else self.macs,
            addresses=certificate.addresses if isAll else self.addresses,
            name=certificate.name,
            version=intern(self.version),
        )

    def isAllowedBy(self, certificate: Certificate) -> bool:
        """
        Is it by the member of a certificate, and claims nothing that the certificate does not allow?
        """
        return (
            (self.network, self.identity, self.name) == (certificate.network, certificate.identity, certificate.name)
            and self.admitter == certificate.admitter
            and set(self.macs) <= set(certificate.macs)
            and set(self.addresses) <= set(certificate.addresses)
        )


@attrs.frozen
class Announcement:
    """
    A claim with the certificate that allows it, both verified.

    @ivar signedCertificate: as it came, to be handed on.
    @ivar signedClaim: as it came, to be handed on.
    """

    certificate: Certificate
    claim: Claim
    signedCertificate: bytes
    signedClaim: bytes

    @classmethod
    def verified(
        cls, certificate: bytes, claim: bytes, check: Callable[[bytes], Certificate | None], *, isKnown: bool = False
    ) -> Announcement | None:
        """
        Verify a certificate and a claim.

        @param check: verifies a certificate, as L{wand.sealed.credentials.trust.Trust.check} does.
        @param isKnown: was the signature of the claim verified before?
        @return: C{None} if either is not valid, or they do not belong together.
        """
        allowance = check(certificate)
        if allowance is None:
            return None
        content = unverified(claim, Claim) if isKnown else verified(claim, Claim, allowance.identity)
        if content is None or not content.isAllowedBy(allowance):
            return None
        return cls(allowance, content.sharing(allowance), certificate, claim)

    @property
    def identity(self) -> Identity:
        """
        Whose it is.
        """
        return Identity(self.certificate.identity)

    @property
    def epoch(self) -> int:
        """
        See L{Claim}.
        """
        return self.claim.epoch

    @property
    def seniority(self) -> tuple[int, bytes]:
        """
        Of several identities that claim one thing, the one with the lowest wins.
        """
        return seniorityOf(self.certificate)

    @property
    def precedence(self) -> tuple[int, bool, int, int, bytes, bytes]:
        """
        Of several announcements of one identity, the one with the highest counts.
        """
        return precedenceOf(self.certificate, self.claim.epoch, self.signedCertificate, self.signedClaim)


def precedenceOf(
    certificate: Certificate, epoch: int, signedCertificate: bytes, signedClaim: bytes
) -> tuple[int, bool, int, int, bytes, bytes]:
    """
    Of several announcements of one identity, the one with the highest counts.

    @param epoch: of the claim.
    """
    isOfNetwork = not certificate.admitter
    return epoch, isOfNetwork, certificate.issued, certificate.expires, signedCertificate, signedClaim


def seniorityOf(certificate: Certificate) -> tuple[int, bytes]:
    """
    Of several identities that want one thing, the one with the lowest has it: nobody that a member admitted, however
    long ago, takes it from somebody for whom the network itself signed.
    """
    return certificate.since + (_LATER if certificate.admitter else 0), certificate.identity
