"""
The members' records, as a directory server keeps them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator
from typing import Final

from wand.errors import MembershipRefused, NoSuchMember, TemporarilyUnavailable
from wand.interfaces import IRecords
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.stored_values import Condition, Index, StoredValues
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.trust import Trust

#: The kind of our records in a store.
MEMBER_KIND: Final = "sealed-member"

#: What an operator is told about a member that was revoked.
REVOKED: Final = (
    "{} was revoked already, and that is permanent; to let its host in again, give it an empty state directory and a "
    "new invitation"
)

#: What a node is told that asks to be a member again.
REVOKED_KEY: Final = (
    "this key was revoked, and cannot be a member again: give the node an empty state directory and a new invitation"
)

#: How often a change is tried while others change the same record.
CHANGE_TRIES: Final = 16


class MemberRecords:
    """
    One record for each identity that was ever a member, waits to be one, or was revoked.  Each change is one atomic
    exchange in the store.
    """

    def __init__(self, records: IRecords, trust: Trust) -> None:
        """
        @param trust: told of every signed revocation and allowance in the store.
        """
        self._trust = trust
        self._stored = StoredValues(records, MEMBER_KIND, MemberRecord)
        self._withName = self._stored.index(lambda record: record.name)
        self._inState = self._stored.index(lambda record: record.state)
        self._unsigned = self._stored.index(lambda record: record.state == "revoked" and not record.revocation)
        self._assigned: Callable[[MemberRecord], Iterable[Condition]] = lambda record: ()
        self._invited = self._stored.index(lambda record: (record.invitation, record.state))

    # What readers ask.

    def __iter__(self) -> Iterator[MemberRecord]:
        return iter(self._stored)

    def get(self, identity: bytes) -> MemberRecord | None:
        """
        The record of an identity.
        """
        return self._stored.get(identity)

    def find(self, nameOrKey: str) -> MemberRecord:
        """
        The member of a name, or of a whole key; never of a part or a short form of either.

        @raise NoSuchMember: if there is none.
        @raise MembershipRefused: if all that had this name were revoked.
        """
        identity = Identity.parse(nameOrKey)
        keys = (identity,) if identity is not None else self._withName.keys(nameOrKey)
        known = [record for key in keys if (record := self._stored.get(key)) is not None]
        found = known if identity is not None else [record for record in known if record.state != "revoked"]
        if known and not found:
            raise MembershipRefused(REVOKED.format(nameOrKey))
        if len(found) != 1:
            raise NoSuchMember(
                f"no member is called {nameOrKey!r}; use the whole name or the whole key of 64 hex digits"
            )
        return found[0]

    def inState(self, *states: str) -> list[MemberRecord]:
        """
        The records in any of these states, by name.
        """
        return self._named(key for state in states for key in self._inState.keys(state))

    def count(self, state: str) -> int:
        """
        How many records are in a state.
        """
        return self._inState.count(state)

    @property
    def unsignedRevocations(self) -> list[MemberRecord]:
        """
        Those that were revoked here, whose revocations wait for a signature, by name.
        """
        return self._named(self._unsigned.keys(True))

    def index(self, of: Callable[[MemberRecord], Hashable]) -> Index[MemberRecord]:
        """
        Keep an index of all records, now and after every change.

        @param of: what to find a record by.
        """
        return self._stored.index(of)

    def unindex(self, index: Index[MemberRecord]) -> None:
        """
        Keep an index no longer.
        """
        self._stored.unindex(index)

    def isAwaited(self, invitation: bytes) -> bool:
        """
        Does somebody who joined with this invitation still wait for the answer?  Asked at handshakes.
        """
        return any((invitation, state) in self._invited for state in ("pending", "unsigned"))

    def page(self, after: bytes, count: int) -> list[MemberRecord]:
        """
        At most C{count} records, in the order of their identities, those beyond C{after}.
        """
        return self._stored.page(after, count)

    @property
    def hasUnreadable(self) -> bool:
        """
        Are there records that cannot be read?
        """
        return self._stored.hasUnreadable

    def _named(self, keys: Iterable[bytes]) -> list[MemberRecord]:
        return sorted(filter(None, map(self._stored.get, keys)), key=lambda record: (record.name, record.identity))

    # What changes.

    def follow(self, told: Callable[[bytes, MemberRecord | None, MemberRecord | None], object]) -> Callable[[], None]:
        """
        See from now on what other servers change; to be called before the first L{load}.

        @param told: called with each identity whose record others changed, and the record before and after.
        @return: to be called to see no more.
        """
        return self._stored.follow(told)

    async def load(self) -> None:
        """
        Read what is in the store.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        await self._stored.load()
        self._trust.load(
            record.revocation
            for record in self._stored
            if record.revocation and not self._trust.isRevoked(record.identity)
        )
        for record in self._stored:
            if record.allowance:
                self._trust.take(record.allowance)

    def require(self, assigned: Callable[[MemberRecord], Iterable[Condition]]) -> None:
        """
        Let no record come to say what is not assigned to its member at the same moment.

        @param assigned: what has to be so for all that a record says.
        """
        self._assigned = assigned

    def holding(self, identity: bytes) -> Condition:
        """
        That the record of an identity is the one that is known, or that there is none.
        """
        return self._stored.holding(identity)

    async def add(self, record: MemberRecord) -> MemberRecord:
        """
        Keep a new member; or the one that there is of the same identity, because it was quicker.

        @raise TemporarilyUnavailable: if something was assigned to it and is not any more.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        await self._stored.exchange(record.identity, None, record, self._new(None, record))
        kept = self._stored.get(record.identity)
        if kept is None:
            raise TemporarilyUnavailable("others change what this key gets at the same time; try again")
        return kept

    async def change(
        self,
        identity: bytes,
        to: Callable[[MemberRecord], MemberRecord],
        take: Callable[[], Awaitable[object]] | None = None,
    ) -> MemberRecord:
        """
        Change a record.

        @param to: makes the new record of the present one; may be called more than once.
        @param take: assigns what the new record says; called before each try.
        @raise NoSuchMember: if there is none.
        @raise TemporarilyUnavailable: if too many others change it at the same time, or take what was assigned to it.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        for _ in range(CHANGE_TRIES):
            if take is not None:
                await take()
            before = self._stored.get(identity)
            if before is None:
                raise NoSuchMember(f"there is no member {Identity(identity)}")
            after = to(before)
            conditions = self._new(before, after)
            if after == before or await self._stored.exchange(identity, before, after, conditions):
                return after
            if take is None and not all(each.isMet for each in conditions):
                break
        raise TemporarilyUnavailable("others change this member at the same time; try again")

    def _new(self, before: MemberRecord | None, after: MemberRecord) -> list[Condition]:
        """
        What has to be assigned to a member for what it is to get.
        """
        had = () if before is None or before.state == "revoked" else tuple(self._assigned(before))
        return [] if after.state == "revoked" else [each for each in self._assigned(after) if each not in had]

    def useUnstored(self, record: MemberRecord) -> None:
        """
        Use a record that cannot be stored in place of the one that is, until that is read or changed.
        """
        self._stored.remember(record.identity, record)
