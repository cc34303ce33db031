"""
Trust: whose certificates are valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from twisted.logger import Logger

from wand.interfaces.membership import Member
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.grant import Grant
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.notices import Notices
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.seats import Seats
from wand.sealed.credentials.signed import unverified, verified

#: How many revocations and allowances are kept.  Beyond, the oldest go: the certificates that they were about expired
#: long ago.
REVOCATIONS_MAXIMUM: Final = 10_000


class Trust:
    """
    Knows a network, the keys that it revoked, and from whom it took a right to admit others, or a part of it.

    @ivar network: the network's public key.
    @ivar notices: what was signed about that, to be passed on.
    @ivar seats: whom members admitted.
    @ivar displaced: called with a member whose certificate counts no more, because an older one has its seat, and with
        the member that signed it.
    """

    _log = Logger()

    def __init__(self, network: Identity, wallClock: Callable[[], float], limit: int = REVOCATIONS_MAXIMUM) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self.network = network
        self._wallClock = wallClock
        self.notices = Notices(limit)
        self._revoked: set[Identity] = set()
        self._allowances: dict[Identity, Allowance] = {}
        self._observers: list[Callable[[Identity, bytes], object]] = []
        self._allowanceObservers: list[Callable[[Allowance, bytes], object]] = []
        self.displaced: Callable[[Identity, bytes], object] = lambda identity, admitter: None
        self.seats = Seats(wallClock, self.isRevoked, lambda *displaced: self.displaced(*displaced))

    # Certificates.

    def check(self, certificate: bytes, *, expired: bool = False, isKnown: bool = False) -> Certificate | None:
        """
        Check a certificate, whoever presents it.  One that was issued in the future is as good as any: its issuer's
        clock is ahead, or ours is behind, and the signature proves that it was issued.  One that a member signed is
        valid for as long as that member is not revoked, may admit so many, and while nobody else has its seat.

        @param expired: whether it may have expired.
        @param isKnown: was its signature verified before?  That takes as long as all the rest of an announcement.
        @return: what it says, or C{None} if it is not valid.
        """
        if isKnown:
            content = unverified(certificate, Certificate)
        else:
            content = certified(certificate, self.network)
        if content is None or not compare_digest(content.network, self.network):
            return None
        if content.expires <= self._wallClock() and not expired:
            return None
        if Identity(content.identity) in self._revoked:
            return None
        return content if not content.grant or self._isSeated(content) else None

    def _isSeated(self, content: Certificate) -> bool:
        admitter, granted = content.admitter, content.granted
        if not admitter or granted is None:
            return True
        isAllowed = Identity(admitter) not in self._revoked and content.seat < self.seatsOf(granted)
        return isAllowed and self.seats.take(content)

    def seatsOf(self, grant: Grant) -> int:
        """
        How many members may be admitted under a grant, after all that was taken back since.
        """
        allowance = self._allowances.get(Identity(grant.identity))
        return grant.members if allowance is None else allowance.seatsOf(grant)

    def admit(
        self, certificate: bytes, exchangeKey: bytes, *, expired: bool = False, isKnown: bool = False
    ) -> Member | None:
        """
        Check a certificate that was presented in a handshake.

        @param exchangeKey: the public key that the handshake proved.
        """
        content = self.check(certificate, expired=expired, isKnown=isKnown)
        if content is None or not compare_digest(content.exchangeKey, exchangeKey):
            return None
        return content.member

    # What was taken back.

    def isRevoked(self, identity: bytes) -> bool:
        """
        Was this key revoked?
        """
        return Identity(identity) in self._revoked

    def observe(self, observer: Callable[[Identity, bytes], object]) -> None:
        """
        Call C{observer} with the key and the signed revocation whenever one is new.
        """
        self._observers.append(observer)

    def observeAllowances(self, observer: Callable[[Allowance, bytes], object]) -> None:
        """
        Call C{observer} with each allowance that is new, and the same as it was signed.
        """
        self._allowanceObservers.append(observer)

    def take(self, notice: bytes) -> bool:
        """
        Take a signed revocation or a signed allowance.

        @return: whether it is valid and new.
        """
        return self.allow(notice) or self.revoke(notice)

    def revoke(self, revocation: bytes) -> bool:
        """
        Take a signed revocation.

        @return: whether it is valid and new.
        """
        content = verified(revocation, Revocation, self.network)
        if content is None or not compare_digest(content.network, self.network):
            return False
        identity = Identity(content.identity)
        if identity in self._revoked or not self.notices.hasRoom(identity, content.revoked):
            return False
        self._allowances.pop(identity, None)
        self._revoked.add(identity)
        self._forget(self.notices.keep(identity, content.revoked, revocation))
        for observer in self._observers:
            observer(identity, revocation)
        return True

    def allow(self, allowance: bytes) -> bool:
        """
        Take a signed allowance.

        @return: whether it is valid and new, and of a member that was not revoked.
        """
        content = verified(allowance, Allowance, self.network)
        if content is None or not compare_digest(content.network, self.network):
            return False
        identity = Identity(content.identity)
        known = self._allowances.get(identity)
        if identity in self._revoked or (known is not None and _rank(content) <= _rank(known)):
            return False
        if not self.notices.hasRoom(identity, content.number):
            return False
        self._allowances[identity] = content
        self._forget(self.notices.keep(identity, content.number, allowance, sha256(allowance).digest()[:16]))
        for observer in self._allowanceObservers:
            observer(content, allowance)
        return True

    def allowanceOf(self, identity: bytes) -> tuple[Allowance, bytes] | None:
        """
        The newest allowance of a member, and the same as it was signed.
        """
        known, notice = self._allowances.get(Identity(identity)), self.notices.get(Identity(identity))
        return None if known is None or notice is None else (known, notice)

    def _forget(self, identity: Identity | None) -> None:
        if identity is not None:
            self._revoked.discard(identity)
            self._allowances.pop(identity, None)

    def load(self, notices: Iterable[bytes]) -> None:
        """
        Take stored revocations and allowances.  One that cannot be read is logged and skipped.
        """
        for notice in notices:
            if not self.take(notice):
                self._log.warn("a kept revocation is not valid, or too many are kept: {octets}", octets=notice)


def _rank(allowance: Allowance) -> tuple[int, int, int]:
    """
    Of several about one member the one with the highest counts; of those of one number, the one that takes more.
    """
    return allowance.number, -allowance.members, allowance.expires
