"""
Announcements as a directory server keeps those of thousands of members: as they came.  They are read again when
somebody wants to know what they say.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim, precedenceOf, seniorityOf
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import unverified


class _Known(Certificate, frozen=True, array_like=True):
    """
    One that was checked when it came: addresses take ten times as long as all the rest.
    """

    def __post_init__(self) -> None:
        pass


class _KnownClaim(Claim, frozen=True, array_like=True):
    def __post_init__(self) -> None:
        pass


@attrs.frozen
class KeptAnnouncement:
    """
    An L{Announcement} in a third of the memory.

    @ivar identity: whose it is.
    @ivar epoch: of the claim.
    @ivar signedCertificate: as it came, verified then.
    @ivar signedClaim: likewise.
    """

    identity: Identity
    epoch: int
    signedCertificate: bytes
    signedClaim: bytes

    @classmethod
    def of(
        cls, announcement: AnyAnnouncement, before: KeptAnnouncement | None = None, certificate: bytes = b""
    ) -> KeptAnnouncement:
        """
        The same announcement.

        @param before: the one before, of the same member: what both have is kept once.
        @param certificate: likewise a certificate that is kept anyway.
        """
        if isinstance(announcement, cls):
            return announcement
        identity = announcement.identity if before is None else before.identity
        announced = announcement.signedCertificate
        kept = certificate, b"" if before is None else before.signedCertificate
        certificate = next((each for each in kept if each == announced), announced)
        return cls(identity, announcement.epoch, certificate, announcement.signedClaim)

    @property
    def certificate(self) -> Certificate:
        """
        What the certificate says.
        """
        content = unverified(self.signedCertificate, _Known)
        assert content is not None
        return content

    @property
    def claim(self) -> Claim:
        """
        What the claim says.
        """
        content = unverified(self.signedClaim, _KnownClaim)
        assert content is not None
        return content

    @property
    def seniority(self) -> tuple[int, bytes]:
        """
        See L{Announcement}.
        """
        return seniorityOf(self.certificate)

    @property
    def precedence(self) -> tuple[int, bool, int, int, bytes, bytes]:
        """
        See L{Announcement}.
        """
        return precedenceOf(self.certificate, self.epoch, self.signedCertificate, self.signedClaim)

    def isSame(self, other: AnyAnnouncement) -> bool:
        """
        Is another the same announcement?
        """
        return (self.signedClaim, self.signedCertificate) == (other.signedClaim, other.signedCertificate)

    def isAfter(self, other: AnyAnnouncement) -> bool:
        """
        Does this count more than another of the same member?
        """
        return self.epoch > other.epoch if self.epoch != other.epoch else self.precedence > other.precedence


AnyAnnouncement: TypeAlias = Announcement | KeptAnnouncement
