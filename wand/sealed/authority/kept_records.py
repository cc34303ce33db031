"""
Records of members that are known here and not to the store: it has lost them, or was away when a peer told of a
revocation.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.errors import MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable
from wand.events import Events
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.revoker import Revoker
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import verified
from wand.sealed.credentials.trust import Trust
from wand.timing.timer import Timer

#: Seconds until those are put back that the store has lost: by then everything was read that it still has.
PAUSE: Final = 2.0

#: Seconds until those are tried again that the store did not take.
RETRY: Final = 30.0


class KeptRecords:
    """
    Puts them into the store, one after the other, revocations first.  No record of a member is ever deleted, nobody who
    was revoked becomes a member again, and each step may be done twice: so several servers do the same at the same
    time, each in an order of its own, so that they seldom meet.
    """

    _log = Logger()

    def __init__(
        self,
        own: Identity,
        members: MemberRecords,
        assignments: Assignments,
        revoker: Revoker,
        trust: Trust,
        clock: IReactorTime,
        events: Events,
    ) -> None:
        """
        @param own: this server.
        """
        self._own = own
        self._members = members
        self._assignments = assignments
        self._revoker = revoker
        self._events = events
        self._trust = trust
        self._waiting: dict[bytes, MemberRecord] = {}
        self._timer = Timer(clock, self._begin)
        self._isWorking = self._isStopped = False
        trust.observe(self._heard)

    def putBack(self, lost: MemberRecord) -> None:
        """
        The store has lost a record: let it have it again soon.

        @param lost: as it was.
        """
        if self._add(lost) and not self._timer.isSet:
            self._timer.set(PAUSE)

    def stop(self) -> None:
        """
        Do no more, and leave no timer behind.
        """
        self._isStopped = True
        self._waiting.clear()
        self._timer.stop()

    def _heard(self, identity: Identity, revocation: bytes) -> None:
        """
        There is a revocation that is news: a peer tells us, if the store does not know.
        """
        record = self._members.get(identity)
        content = verified(revocation, Revocation, self._trust.network)
        if content is not None and (record is None or not record.revocation):
            unknown = MemberRecord(identity, bytes(32), "", "pending", content.revoked)
            if self._add(_revoked(record or unknown, content.revoked, revocation)):
                self._begin()

    def _add(self, record: MemberRecord) -> bool:
        """
        @return: whether somebody has to see to it.
        """
        before = self._waiting.get(record.identity)
        if not self._isStopped and (before is None or before.state != "revoked" or record.state == "revoked"):
            self._waiting[record.identity] = record
        return not self._isStopped and not self._isWorking

    # One after the other.

    def _begin(self) -> None:
        self._timer.stop()
        self._isWorking = True
        Deferred.fromCoroutine(self._work())

    async def _work(self) -> None:
        tried: set[bytes] = set()
        while fresh := self._waiting.keys() - tried:
            for identity in sorted(fresh, key=self._rank):
                tried.add(identity)
                await self._try(identity)
        self._isWorking = False
        if self._waiting:
            count = len(self._waiting)
            self._log.error("{count} records of members are not stored yet, which is tried again", count=count)
            self._timer.set(RETRY)

    def _rank(self, identity: bytes) -> tuple[bool, bytes]:
        record = self._waiting.get(identity)
        return record is None or record.state != "revoked", sha256(self._own + identity).digest()

    async def _try(self, identity: bytes) -> None:
        record = self._waiting.get(identity)
        if record is None:  # we were stopped
            return
        try:
            await (self._storeRevoked(record) if record.state == "revoked" else self._storeMember(record))
        except (MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable) as error:
            self._log.debug("the record of {key} is not stored: {error}", key=identity.hex(), error=error)
        else:
            if self._waiting.get(identity) is record:
                del self._waiting[identity]

    async def _storeRevoked(self, revoked: MemberRecord) -> None:
        identity = Identity(revoked.identity)
        known = self._members.get(identity)
        if known is None:
            await self._members.add(revoked)
        elif _says(known, revoked):
            return
        kept = await self._members.change(identity, lambda before: _merged(before, revoked))
        await self._assignments.retire(identity)
        if kept.revocation:
            self._events.publish("member-revoked", name=kept.name, key=identity.text)
        else:
            await self._revoker.revoke(identity)  # signs, if the network key is here

    async def _storeMember(self, lost: MemberRecord) -> None:
        """
        Store what was known of a member with all that it had, unless somebody has some of that now: then it is learned
        again when it comes.
        """
        isMissing = self._members.get(lost.identity) is None and not self._trust.isRevoked(lost.identity)
        if isMissing and await self._assignments.takeAll(lost):
            await self._members.add(lost)


def _says(known: MemberRecord, revoked: MemberRecord) -> bool:
    return known.state == "revoked" and bool(known.revocation or not revoked.revocation)


def _merged(before: MemberRecord, revoked: MemberRecord) -> MemberRecord:
    return before if _says(before, revoked) else _revoked(before, revoked.revoked, revoked.revocation)


def _revoked(record: MemberRecord, when: int, revocation: bytes) -> MemberRecord:
    return msgspec.structs.replace(record, state="revoked", revoked=when, revocation=revocation)
