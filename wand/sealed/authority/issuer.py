"""
The issuer: members' certificates, which the network key signs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from wand.errors import MembershipRefused, StoreUnavailable
from wand.events import Events
from wand.sealed.authority.lessening import isAllowanceDue
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import REVOKED_KEY, MemberRecords
from wand.sealed.authority.signing import Signing
from wand.sealed.authority.unsigned_certificates import UnsignedCertificates
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import Certificate, isOfTheFuture, secondsToRenewal
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import unverified, verified
from wand.sealed.credentials.trust import Trust

#: Seconds between two times that a server without the network key asks for the certificate of a member.
ASKING_INTERVAL: Final = 60


class IssuerObserver(Protocol):
    """
    Is told of new certificates.
    """

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        A member has a new certificate: it was approved, renamed, or signed elsewhere.
        """


class Issuer:
    """
    Gives members their certificates; where there is no key, whoever has it does.

    @ivar life: for how many seconds a certificate is valid.
    """

    def __init__(
        self,
        members: MemberRecords,
        signing: Signing,
        trust: Trust,
        observer: IssuerObserver,
        wallClock: Callable[[], float],
        life: int,
        events: Events,
    ) -> None:
        """
        @param signing: signs them.
        @param wallClock: gives the seconds since the epoch.
        @param events: told of every member that has another certificate than before.
        """
        self._events = events
        self.life = life
        self._members = members
        self._signing = signing
        self._trust = trust
        self._observer = observer
        self._wallClock = wallClock
        self._unsigned: UnsignedCertificates | None = None
        self._said: dict[bytes, tuple[MemberRecord, bool]] = {}

    @property
    def hasKey(self) -> bool:
        """
        Is the key here with which certificates are signed?
        """
        return self._signing.canSign

    @property
    def now(self) -> int:
        """
        The time of our clock, in seconds since the epoch.
        """
        return int(self._wallClock())

    @property
    def due(self) -> list[MemberRecord]:
        """
        Those who need a new certificate, by name.
        """
        if self._unsigned is None:
            self._unsigned = UnsignedCertificates(self._members, self._isSaid, self.life)
        found = map(self._members.get, set(self._unsigned.candidates(self._wallClock())))
        return sorted(
            (record for record in found if record is not None and self.isDue(record)),
            key=lambda record: (record.name, record.identity),
        )

    def isDue(self, record: MemberRecord) -> bool:
        """
        Does a member need a new certificate: there is none, a third of its life is over, or it says something else?
        """
        if record.state not in ("unsigned", "member") or not self._signing.isOurs(record):
            return False
        isOutdated = self._isOld(record) and self._signing.isWorthIt(record, self._wallClock())
        return isOutdated or not self._isSaid(record) or isAllowanceDue(record)

    def isVoid(self, record: MemberRecord) -> bool:
        """
        See L{Signing.isVoid}.
        """
        return self._signing.isVoid(record)

    def isAwaited(self, record: MemberRecord) -> bool:
        """
        Does a member wait for its certificate, because there is none, it says something else, or a server without the
        network key asked for one?
        """
        isOther = record.state == "member" and (
            bool(record.asked) or not self._isSaid(record) or isAllowanceDue(record)
        )
        return record.state == "unsigned" or isOther

    def _isOld(self, record: MemberRecord) -> bool:
        return secondsToRenewal(record.issued, record.expires, self._wallClock()) <= 0

    def _isSaid(self, record: MemberRecord) -> bool:
        """
        Does the certificate of a record say what the record says?  It is read once: whoever looks at all members asks
        for each of them again and again.
        """
        known = self._said.get(record.identity)
        if known is None or known[0] is not record:
            certificate = unverified(record.certificate, Certificate)
            known = self._said[record.identity] = (
                record,
                certificate is not None and self._signing.isSaid(record, certificate),
            )
        return known[1]

    def check(self, record: MemberRecord, *, isNew: bool = False) -> None:
        """
        See that a member could be certified, before anything is kept of it.

        @raise MembershipRefused: if not, with the reason.
        """
        waiting = self._members.count("unsigned") if isNew else None
        self._signing.check(record, self.now, waiting)

    async def issue(self, identity: bytes) -> MemberRecord:
        """
        Give a member a new certificate, if the network key is here; otherwise leave it to whoever has the key.  A
        certificate that says what is stored already does not need the store: a full disk ends no membership.

        @raise MembershipRefused: if the key was revoked.
        @raise wand.errors.NoSuchMember: if there is no such member.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        before = self._members.get(identity)
        try:
            record = await self._members.change(identity, self._certified)
        except StoreUnavailable:
            unstored = self._unstored(identity)
            if unstored is None:
                raise
            record = unstored
        if self.hasKey:
            self._observer.certificateIssued(Identity(identity), record.certificate)
        if record.allowance:
            self._trust.take(record.allowance)
        self._tell(before, record)
        return record

    async def accept(self, certificate: bytes) -> bool:
        """
        Take a certificate that was signed elsewhere.

        @return: whether it is one that we wait for.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        content = self._trust.check(certificate)
        record = None if content is None else self._members.get(content.identity)
        if content is None or record is None or record.state not in ("unsigned", "member"):
            return False
        isOlder = content.issued < record.issued and not isOfTheFuture(record.issued, self._wallClock())
        if not self._signing.isSaid(record, content) or isOlder or certificate == record.certificate:
            return False
        signed = await self._members.change(
            content.identity, lambda before: before.withCertificate(content, certificate)
        )
        self._observer.certificateIssued(Identity(content.identity), certificate)
        self._tell(record, signed)
        return True

    async def acceptAllowance(self, notice: bytes) -> bool:
        """
        Take an allowance that was signed elsewhere.

        @return: whether it is one that we wait for.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        content = verified(notice, Allowance, self._trust.network)
        record = None if content is None else self._members.get(content.identity)
        if content is None or record is None or not isAllowanceDue(record) or content.members != record.admits:
            return False
        await self._members.change(content.identity, lambda before: msgspec.structs.replace(before, allowance=notice))
        return self._trust.take(notice)

    def _tell(self, before: MemberRecord | None, after: MemberRecord) -> None:
        """
        Whoever asked for it, and wherever it was signed.  The first certificate is told of as a member that joined.
        """
        if before is not None and before.state == "member" and before.certificate not in (b"", after.certificate):
            key = after.identity.hex()
            self._events.publish("member-renewed", name=after.name, key=key, expires=after.expires)

    def _unstored(self, identity: bytes) -> MemberRecord | None:
        """
        A member's record with a certificate that cannot be stored; C{None} if it is not a member yet, or without the
        key.
        """
        record = self._members.get(identity)
        if record is None or record.state != "member" or not self.hasKey:
            return None
        certified = self._certified(record)
        self._members.useUnstored(certified)
        return certified

    def _certified(self, record: MemberRecord) -> MemberRecord:
        if record.state == "revoked" or self._trust.isRevoked(record.identity):
            raise MembershipRefused(REVOKED_KEY)
        if not self._signing.canSign:
            return self._uncertified(record)
        now = self.now
        return self._signing.allow(record.withCertificate(*self._signing.sign(record, now, self.life)), now)

    def _uncertified(self, record: MemberRecord) -> MemberRecord:
        """
        The record of somebody who needs a certificate, where the network key is not: a server that has it sees that it
        is asked.
        """
        if record.state != "member":
            return msgspec.structs.replace(record, state="unsigned")
        now = int(self._wallClock())
        if not self._isOld(record) or abs(now - record.asked) < ASKING_INTERVAL:
            return record
        return msgspec.structs.replace(record, asked=now)
