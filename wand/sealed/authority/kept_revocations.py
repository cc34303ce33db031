"""
Revocations that are known here and not to the store: it has lost them, or was away when a peer told of them.
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


class KeptRevocations:
    """
    Puts them into the store, one after the other.  Nobody who was revoked becomes a member again, and each step may be
    done twice: so several servers do the same at the same time, each in an order of its own, so that they seldom meet.
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
        self._network = trust.network
        self._waiting: dict[bytes, MemberRecord] = {}
        self._timer = Timer(clock, self._begin)
        self._isWorking = self._isStopped = False
        trust.observe(self._heard)

    def putBack(self, revoked: MemberRecord) -> None:
        """
        The store has lost the revocation of somebody: let it have it again soon.

        @param revoked: what it had.
        """
        if self._add(revoked) and not self._timer.isSet:
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
        content = verified(revocation, Revocation, self._network)
        if content is not None and (record is None or not record.revocation):
            unknown = MemberRecord(identity, bytes(32), "", "pending", content.revoked)
            if self._add(_revoked(record or unknown, content.revoked, revocation)):
                self._begin()

    def _add(self, revoked: MemberRecord) -> bool:
        """
        @return: whether somebody has to see to it.
        """
        if not self._isStopped:
            self._waiting[revoked.identity] = revoked
        return not self._isStopped and not self._isWorking

    # One after the other.

    def _begin(self) -> None:
        self._timer.stop()
        self._isWorking = True
        Deferred.fromCoroutine(self._work())

    async def _work(self) -> None:
        tried: set[bytes] = set()
        while fresh := self._waiting.keys() - tried:
            for identity in sorted(fresh, key=lambda identity: sha256(self._own + identity).digest()):
                tried.add(identity)
                await self._try(identity)
        self._isWorking = False
        if self._waiting:
            self._log.error("{count} revocations are not stored yet, which is tried again", count=len(self._waiting))
            self._timer.set(RETRY)

    async def _try(self, identity: bytes) -> None:
        revoked = self._waiting.get(identity)
        if revoked is None:  # we were stopped
            return
        try:
            await self._store(revoked)
        except (MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable) as error:
            self._log.debug("the revocation of {key} is not stored: {error}", key=identity.hex(), error=error)
        else:
            self._waiting.pop(identity, None)

    async def _store(self, revoked: MemberRecord) -> None:
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


def _says(known: MemberRecord, revoked: MemberRecord) -> bool:
    return known.state == "revoked" and bool(known.revocation or not revoked.revocation)


def _merged(before: MemberRecord, revoked: MemberRecord) -> MemberRecord:
    return before if _says(before, revoked) else _revoked(before, revoked.revoked, revoked.revocation)


def _revoked(record: MemberRecord, when: int, revocation: bytes) -> MemberRecord:
    return msgspec.structs.replace(record, state="revoked", revoked=when, revocation=revocation)
