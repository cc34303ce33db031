"""
What follows at a server, or at the node that founded a network, when a member may admit fewer others, or was revoked.
"""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wand.errors import MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.lessening import heard
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.revoker import RevocationObserver
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.trust import Trust


class Lessened:
    """
    Ends the sessions of those whom that one admitted and who have no seat any more; and keeps what others tell, which
    is news if the store was restored.
    """

    _log = Logger()

    def __init__(self, members: MemberRecords, issuer: Issuer, trust: Trust, observer: RevocationObserver) -> None:
        """
        @param observer: told of those who are no members any more.
        """
        self._members = members
        self._issuer = issuer
        self._trust = trust
        self._observer = observer
        trust.observeAllowances(self._heard)
        trust.observe(lambda identity, revocation: self._end(trust.seats.of(identity), revocation))

    def look(self, record: MemberRecord) -> None:
        """
        There is a record that others made, or that was made of a certificate: if it is older than what is known of the
        member, as after the store was lost, it is to say that.
        """
        known = self._trust.allowanceOf(record.identity)
        if known is not None:
            self._keepIfNew(record, *known)

    def _end(self, admitted: Iterable[Identity], notice: bytes) -> None:
        for identity in admitted:
            if self._members.get(identity) is None:  # the network did not sign for it
                self._observer.memberRevoked(identity, notice)

    def _heard(self, allowance: Allowance, notice: bytes) -> None:
        self._end(self._trust.seats.lost(allowance), notice)
        record = self._members.get(allowance.identity)
        if record is not None:
            self._keepIfNew(record, allowance, notice)

    def _keepIfNew(self, record: MemberRecord, allowance: Allowance, notice: bytes) -> None:
        if heard(record, allowance, notice) != record:
            Deferred.fromCoroutine(self._keep(allowance, notice))

    async def _keep(self, allowance: Allowance, notice: bytes) -> None:
        identity = Identity(allowance.identity)
        try:
            kept = await self._members.change(identity, lambda before: heard(before, allowance, notice))
            if self._issuer.isDue(kept):
                await self._issuer.issue(identity)
        except (MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable) as error:
            self._log.error("that {identity} may admit fewer is not stored: {error}", identity=identity, error=error)
