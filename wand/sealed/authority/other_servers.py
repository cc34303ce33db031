"""
What other servers of the network decide, in the store that they share with this one: it counts here at once.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.errors import MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable
from wand.sealed.authority.address_assignments import AddressAssignments
from wand.sealed.authority.issuer import Issuer, IssuerObserver
from wand.sealed.authority.kept_records import KeptRecords
from wand.sealed.authority.lessened import Lessened
from wand.sealed.authority.lost_members import LostMembers
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.revoker import RevocationObserver, Revoker
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.trust import Trust
from wand.timing.deadlines import Deadlines

#: Seconds after which what another server left unsigned is signed here, where the network key is: if it has the key
#: itself, it has signed by then.
SIGNING_GRACE: Final = 1.0

#: Seconds until that is tried again, if it cannot be stored.
SIGNING_RETRY: Final = 30.0


class OtherServers:
    """
    Passes on what others decide about members, and signs for those that have not the network key.

    @ivar lost: whom the store has lost.
    """

    _log = Logger()

    def __init__(
        self,
        members: MemberRecords,
        addresses: AddressAssignments,
        issuer: Issuer,
        revoker: Revoker,
        kept: KeptRecords,
        lessened: Lessened,
        trust: Trust,
        issued: IssuerObserver,
        revoked: RevocationObserver,
        clock: IReactorTime,
        own: Identity,
        restore: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """
        @param kept: puts back what the store has lost.
        @param lessened: what it has lost of rights that were taken back.
        @param issued: told of certificates that others issued.
        @param revoked: told of revocations that wait for a signature.  Those that are signed go to C{trust}, which
            tells.
        @param own: this server.
        @param restore: makes its record anew, when the store lost it.
        """
        self.lost = LostMembers(members, kept.putBack, clock)
        self._members = members
        self._addresses = addresses
        self._issuer = issuer
        self._revoker = revoker
        self._lessened = lessened
        self._trust = trust
        self._issued = issued
        self._revoked = revoked
        self._clock = clock
        self._own = own
        self._restore = restore
        self._unsigned: Deadlines[bytes] = Deadlines(clock, self._due)
        self._end: Callable[[], None] = lambda: None

    def follow(self) -> None:
        """
        Hear of them from now on; to be called before the records are loaded.
        """
        self._end = self._members.follow(self._changed)

    def stop(self) -> None:
        """
        Hear no more, and leave no timer behind.
        """
        self._end()
        self._unsigned.stop()

    def _changed(self, key: bytes, before: MemberRecord | None, after: MemberRecord | None) -> None:
        self.lost.changed(key, before, after)
        if after is None:
            if key == self._own:  # without a certificate we refuse everybody
                self._unsigned.expireAt(key, self._clock.seconds() + SIGNING_GRACE)
            return
        identity = Identity(key)
        if after.state == "revoked":
            self._ended(identity, before, after)
        elif after.certificate and (before is None or before.certificate != after.certificate):
            self._issued.certificateIssued(identity, after.certificate)
        if after.allowance and (before is None or before.allowance != after.allowance):
            self._trust.take(after.allowance)
        self._lessened.look(after)
        if self._issuer.hasKey and (self._issuer.isAwaited(after) or _isRevokedUnsigned(after)):
            self._unsigned.expireAt(key, self._clock.seconds() + SIGNING_GRACE)

    def _ended(self, identity: Identity, before: MemberRecord | None, after: MemberRecord) -> None:
        self._addresses.rest(identity)
        if after.revocation:
            self._trust.revoke(after.revocation)
        elif before is None or before.state != "revoked":
            self._revoked.memberRevoked(identity, b"")

    def _due(self, key: bytes) -> None:
        record = self._members.get(key)
        signing: Coroutine[Any, Any, object]
        if record is not None and _isRevokedUnsigned(record):
            signing = self._revoker.revoke(Identity(key))
        elif record is not None and self._issuer.isAwaited(record):
            signing = self._issuer.issue(key)
        elif record is None and key == self._own:
            signing = self._restore()
        else:
            return
        Deferred.fromCoroutine(signing).addErrback(self._notSigned, key)

    def _notSigned(self, failure: Failure, key: bytes) -> None:
        failure.trap(MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable)
        self._log.warn("{key} is not signed yet: {error}", key=str(Identity(key)), error=failure.getErrorMessage())
        if failure.check(StoreUnavailable, TemporarilyUnavailable):
            self._unsigned.expireAt(key, self._clock.seconds() + SIGNING_RETRY)


def _isRevokedUnsigned(record: MemberRecord) -> bool:
    return record.state == "revoked" and not record.revocation
