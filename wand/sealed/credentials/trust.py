"""
Trust: whose certificates are valid.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from hashlib import sha256
from heapq import heappop, heappush
from hmac import compare_digest
from typing import Final

from twisted.logger import Logger

from wand.interfaces.membership import Member
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.seats import Seats
from wand.sealed.credentials.signed import unverified, verified

#: How many revocations are kept.  Beyond, the oldest go: the certificates that they were about expired long ago.
REVOCATIONS_MAXIMUM: Final = 10_000


class Trust:
    """
    Knows a network and the keys that it revoked.

    @ivar network: the network's public key.
    @ivar seats: whom members admitted.
    @ivar displaced: called with a member whose certificate counts no more, because an older one has its seat.
    """

    _log = Logger()

    def __init__(self, network: Identity, wallClock: Callable[[], float], limit: int = REVOCATIONS_MAXIMUM) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self.network = network
        self._wallClock = wallClock
        self._limit = limit
        self._revoked: dict[Identity, bytes] = {}
        self._ages: list[tuple[int, bytes]] = []
        self._sorted: list[Identity] = []
        self._digest: bytes | None = None
        self._observers: list[Callable[[Identity, bytes], object]] = []
        self.displaced: Callable[[Identity], object] = lambda identity: None
        self.seats = Seats(wallClock, self.isRevoked, lambda identity: self.displaced(identity))

    # Certificates.

    def check(self, certificate: bytes, *, expired: bool = False, isKnown: bool = False) -> Certificate | None:
        """
        Check a certificate, whoever presents it.  One that was issued in the future is as good as any: its issuer's
        clock is ahead, or ours is behind, and the signature proves that it was issued.  One that a member signed is
        valid for as long as that member is not revoked, and while nobody else has its seat.

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
        admitter = content.admitter
        return not admitter or (Identity(admitter) not in self._revoked and self.seats.take(content))

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

    # Revocations.

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

    def revoke(self, revocation: bytes) -> bool:
        """
        Take a signed revocation.

        @return: whether it is valid and new.
        """
        content = verified(revocation, Revocation, self.network)
        if content is None or not compare_digest(content.network, self.network):
            return False
        identity = Identity(content.identity)
        if identity in self._revoked or not self._hasRoom(content):
            return False
        self._revoked[identity] = revocation
        heappush(self._ages, (content.revoked, identity))
        insort(self._sorted, identity)
        self._digest = None
        for observer in self._observers:
            observer(identity, revocation)
        return True

    def load(self, revocations: Iterable[bytes]) -> None:
        """
        Take stored revocations.  One that cannot be read is logged and skipped.
        """
        for revocation in revocations:
            if not self.revoke(revocation):
                self._log.warn("a kept revocation is not valid, or too many are kept: {octets}", octets=revocation)

    @property
    def revocations(self) -> tuple[bytes, ...]:
        """
        Every revocation, signed.
        """
        return tuple(self._revoked.values())

    @property
    def digest(self) -> bytes:
        """
        16 octets that are the same for those who know the same revocations.
        """
        if self._digest is None:
            self._digest = sha256(b"".join(self._sorted)).digest()[:16]
        return self._digest

    def page(self, after: bytes, count: int) -> list[bytes]:
        """
        At most C{count} revocations, in the order of their keys, those beyond C{after}.
        """
        start = bisect_right(self._sorted, after)
        return [self._revoked[identity] for identity in self._sorted[start : start + count]]

    def _hasRoom(self, revocation: Revocation) -> bool:
        if len(self._revoked) < self._limit:
            return True
        if (revocation.revoked, revocation.identity) < self._ages[0]:
            return False
        oldest = Identity(heappop(self._ages)[1])
        del self._revoked[oldest], self._sorted[bisect_left(self._sorted, oldest)]
        return True
