"""
Names, each of which is given to one member only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wand.errors import MembershipRefused
from wand.interfaces import IRecords
from wand.sealed.authority.assigned import ASSIGN_TRIES, Assigned
from wand.sealed.authority.claimant import Claimant
from wand.sealed.authority.holders import Holders
from wand.sealed.authority.member_record import MemberRecord

#: The kind of our records in a store.
NAME_KIND: Final = "sealed-name"


class NameAssignments:
    """
    Who has which name.

    @ivar assigned: the names as they stand in the store.
    """

    def __init__(self, records: IRecords, holders: Holders, claimant: Claimant) -> None:
        self.assigned = Assigned(records, NAME_KIND, _saidBy, holders)
        self._claimant = claimant

    def holderOf(self, name: str) -> bytes | None:
        """
        The identity to which a name is assigned.
        """
        return self.assigned.get(name.encode())

    async def take(self, name: str, identity: bytes) -> bool:
        """
        Give a name to an identity.

        @return: whether it has it now.
        """
        return await self.assigned.takeOver(name.encode(), identity)

    async def takeLike(self, wish: str, identity: bytes) -> str:
        """
        Give a name to an identity: the one that it asks for, or the next that is free, with C{-2}, C{-3} and so on.

        @raise MembershipRefused: if all that are like it are taken.
        """
        for number in range(1, ASSIGN_TRIES):
            suffix = f"-{number}" if number > 1 else ""
            name = wish[: 32 - len(suffix)].rstrip("-") + suffix
            if self._claimant("name", name) in (None, identity) and await self.take(name, identity):
                return name
        raise MembershipRefused(f"too many members are called {wish}; choose another name")

    async def give(self, name: str, identity: bytes) -> None:
        """
        Give an identity a certain name, whoever has it.

        @raise MembershipRefused: if others change it at the same time.
        """
        await self.assigned.give(name.encode(), identity)

    async def keep(self, name: str, identity: bytes) -> None:
        """
        Take every name but this back from an identity.
        """
        await self.assigned.keep(name.encode(), identity)


def _saidBy(record: MemberRecord) -> Iterator[bytes]:
    if record.name:
        yield record.name.encode()
