"""
Things of one kind in a store, each of which is assigned to one identity only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from wand.errors import MembershipRefused
from wand.interfaces import IRecords
from wand.sealed.authority.holders import Holders
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import CHANGE_TRIES
from wand.sealed.authority.stored_values import Condition, Index, StoredValues

#: How many names or addresses that others take at the same moment are tried.
ASSIGN_TRIES: Final = 1000


class Assigned(StoredValues[bytes]):
    """
    Each thing, and the identity of its owner.  Everything is taken with one atomic exchange in the store, so that two
    servers never give the same thing away; asking again for the same identity gives the same thing.
    """

    def __init__(
        self, records: IRecords, kind: str, saidBy: Callable[[MemberRecord], Iterable[bytes]], holders: Holders
    ) -> None:
        """
        @param kind: of our records in the store.
        @param saidBy: the things of this kind that a record says its member has.
        @param holders: tells who uses what it has.
        """
        super().__init__(records, kind, bytes)
        self._saidBy = saidBy
        self._holders = holders
        self._ofHolder: Index[bytes] = self.index(lambda holder: holder)

    def of(self, identity: bytes) -> tuple[bytes, ...]:
        """
        What an identity has.
        """
        return self._ofHolder.keys(identity)

    def forAllIn(self, record: MemberRecord) -> Iterator[Condition]:
        """
        What has to be assigned to a member for all that its record says.
        """
        for what in self._saidBy(record):
            yield self.having(what, record.identity)

    async def take(
        self, what: bytes, identity: bytes, before: bytes | None = None, conditions: Sequence[Condition] = ()
    ) -> bool:
        """
        Give something to an identity if it belongs to C{before}; C{None} stands for nobody.

        @param conditions: what must hold at that moment, too.
        @return: whether the identity has it now.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        if self.get(what) == before != identity and await self.exchange(what, before, identity, conditions):
            return True
        return self.get(what) == identity

    async def takeOver(self, what: bytes, identity: bytes) -> bool:
        """
        Give an identity something that nobody has, or that is left over from a member.

        @return: whether the identity has it now.
        """
        holder, left = self.get(what), self.left(what)
        return await self.take(what, identity, holder if left else None, (left,) if left else ())

    async def give(self, what: bytes, identity: bytes) -> None:
        """
        Give something to an identity, whoever has it.

        @raise MembershipRefused: if others change it at the same time.
        """
        for _ in range(ASSIGN_TRIES):
            if await self.take(what, identity, self.get(what)):
                return
        raise MembershipRefused("too many join at once; try again")

    async def release(self, what: bytes, identity: bytes) -> bool:
        """
        Take something back from an identity, unless its record says that it has it.

        @return: whether that was done.
        """
        if self._holders.members is None:
            return await self.exchange(what, identity, None)
        for _ in range(CHANGE_TRIES):
            condition = self._holders.notUsing(identity, lambda record: what in self._saidBy(record))
            if condition is None or self.get(what) != identity:
                return False
            if await self.exchange(what, identity, None, (condition,)):
                return True
        return False

    async def keep(self, kept: bytes | None, identity: bytes) -> None:
        """
        Take everything but this back from an identity, unless its record says that it has it.

        @param kept: C{None} for nothing.
        """
        for each in self.of(identity):
            if each != kept:
                await self.release(each, identity)

    def left(self, what: bytes) -> Condition | None:
        """
        The condition on which something is left over, see L{Holders}; C{None} if it is not.
        """
        holder = self.get(what)
        if holder is None:
            return None
        return self._holders.leftBy(holder, lambda record: what in self._saidBy(record))
