"""
Records of members that are known here and not to the store: it has lost them, or was away when a peer told of a
revocation.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

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

#: Seconds until those are put back that the store has lost: by then everything was read that it still has.  Like the
#: next it is up to twice as long, at each server another time.
PAUSE: Final = 2.0

#: How many at a time: a disk takes as long for one as for several.
GROUP: Final = 16

#: Seconds until those are tried again that the store did not take, or that another server puts back.
RETRY: Final = 30.0


class KeptRecords:
    """
    Puts them into the store, a few at a time, revocations first.  No record of a member is ever deleted, nobody who
    was revoked becomes a member again, and each step may be done twice: so several servers do the same at the same
    time, each in an order of its own.  Whoever is forestalled leaves it to the other for a while: it has to read all of
    the store then.
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
        self._late = 1.0 + own[0] / 256
        self._members = members
        self._assignments = assignments
        self._revoker = revoker
        self._events = events
        self._trust = trust
        self._waiting: dict[bytes, MemberRecord] = {}
        self._news: set[bytes] = set()  # revocations that peers told of
        self._timer = Timer(clock, self._begin)
        self._isWorking = self._isStopped = False
        trust.observe(self._heard)

    def putBack(self, lost: MemberRecord) -> None:
        """
        The store has lost a record: let it have it again soon.

        @param lost: as it was.
        """
        if self._add(lost) and not self._timer.isSet:
            self._timer.set(self._late * PAUSE)

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
            self._news.add(identity)
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

    # A few at a time.

    def _begin(self) -> None:
        self._timer.stop()
        self._isWorking = True
        Deferred.fromCoroutine(self._work()).addErrback(self._failed)

    async def _work(self) -> None:
        tried: set[bytes] = set()
        isOurTurn = True
        while isOurTurn and (fresh := sorted(self._waiting.keys() - tried, key=self._rank)):
            tried.update(fresh)
            for start in range(0, len(fresh), GROUP):
                group = fresh[start : start + GROUP]
                isOurTurn = all(
                    await gatherResults([Deferred.fromCoroutine(self._try(each)) for each in group], consumeErrors=True)
                )
                if not isOurTurn:
                    break
        self._pause()

    def _pause(self) -> None:
        self._isWorking = False
        if self._waiting:
            count = len(self._waiting)
            self._log.info("{count} records of members are not stored yet, which is tried again", count=count)
            self._timer.set(self._late * RETRY)

    def _failed(self, failure: Failure) -> None:
        self._log.failure("putting records of members back failed", failure)
        self._pause()

    def _rank(self, identity: bytes) -> tuple[bool, bytes]:
        record = self._waiting.get(identity)
        return record is None or record.state != "revoked", sha256(self._own + identity).digest()

    async def _try(self, identity: bytes) -> bool:
        """
        @return: whether to go on: the store is there, and nobody else does the same.
        """
        record = self._waiting.get(identity)
        if record is None:  # we were stopped
            return True
        try:
            isOurs = await (self._storeRevoked(record) if record.state == "revoked" else self._storeMember(record))
        except StoreUnavailable:
            return False
        except (MembershipRefused, NoSuchMember, TemporarilyUnavailable) as error:
            self._log.debug("the record of {key} is not stored: {error}", key=identity.hex(), error=error)
            return True
        if self._waiting.get(identity) is record:
            del self._waiting[identity]
        if identity in self._news:
            self._news.remove(identity)
            self._events.publish("member-revoked", name=record.name, key=identity.hex())
        return isOurs

    async def _storeRevoked(self, revoked: MemberRecord) -> bool:
        """
        @return: was nobody quicker?
        """
        identity = Identity(revoked.identity)
        known = self._members.get(identity)
        if known is not None and _says(known, revoked):
            return True
        added = known or await self._members.add(revoked)
        kept = await self._members.change(identity, lambda before: _merged(before, revoked))
        await self._assignments.retire(identity)
        if not kept.revocation:
            await self._revoker.revoke(identity)  # signs, if the network key is here
        return added is known or added is revoked

    async def _storeMember(self, lost: MemberRecord) -> bool:
        """
        Store what was known of a member with all that it had, unless somebody has some of that now: then it is learned
        again when it comes.

        @return: was nobody quicker?
        """
        isMissing = self._members.get(lost.identity) is None and not self._trust.isRevoked(lost.identity)
        return not isMissing or not await self._assignments.takeAll(lost) or await self._members.add(lost) is lost


def _says(known: MemberRecord, revoked: MemberRecord) -> bool:
    return known.state == "revoked" and bool(known.revocation or not revoked.revocation)


def _merged(before: MemberRecord, revoked: MemberRecord) -> MemberRecord:
    return before if _says(before, revoked) else _revoked(before, revoked.revoked, revoked.revocation)


def _revoked(record: MemberRecord, when: int, revocation: bytes) -> MemberRecord:
    return msgspec.structs.replace(record, state="revoked", revoked=when, revocation=revocation)
