"""
Assignments: a name, a MAC address or an overlay address is given to one member only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from wand.address_ranges import AddressRanges
from wand.interfaces import IRecords
from wand.sealed.authority.address_assignments import AddressAssignments
from wand.sealed.authority.claimant import Claimant, nobody
from wand.sealed.authority.holders import Holders
from wand.sealed.authority.mac_assignments import MACAssignments
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.name_assignments import NameAssignments
from wand.sealed.authority.overlay_prefixes import NONE_RESERVED, OverlayPrefixes, Prefix
from wand.sealed.authority.stored_values import Condition


class Assignments:
    """
    Who has what.  With L{guard} a member's record says nothing that is not assigned to it, and nothing that its record
    says is taken back: whatever servers do at the same moment.  What was assigned to a member whose record does not say
    it is left over, and goes to whoever asks for it; see L{Holders}.

    @ivar names: who has which name.
    @ivar macs: who has which MAC address.
    @ivar addresses: who has which overlay address.
    """

    def __init__(
        self,
        records: IRecords,
        prefixes: Sequence[Prefix],
        restsUntil: Callable[[bytes], float | None],
        now: Callable[[], float],
        reserved: AddressRanges = NONE_RESERVED,
        claimant: Claimant = nobody,
    ) -> None:
        """
        @param prefixes: where overlay addresses come from: one of IPv4, one of IPv6, or both.
        @param restsUntil: until when the addresses of an identity are given to nobody else, in seconds since the epoch;
            C{None} for as long as it is a member.
        @param now: the time, in seconds since the epoch.
        @param reserved: addresses that are given to nobody.
        @param claimant: who else claims something now, which is then not assigned.
        """
        self._holders = holders = Holders(now)
        self.names = NameAssignments(records, holders, claimant)
        self.macs = MACAssignments(records, holders, claimant)
        overlay = OverlayPrefixes(prefixes, reserved)
        self.addresses = AddressAssignments(records, holders, claimant, overlay, restsUntil, now)

    def guard(self, members: MemberRecords) -> None:
        """
        Let the records of members say what is assigned to them, and nothing else.
        """
        self._holders.members = members
        members.require(self._conditionsOf)

    def _conditionsOf(self, record: MemberRecord) -> Iterator[Condition]:
        for kind in (self.names, self.macs, self.addresses):
            yield from kind.assigned.forAllIn(record)

    def follow(self) -> None:
        """
        See from now on what other servers assign; to be called before L{load}.
        """
        for kind in (self.names, self.macs):
            kind.assigned.follow(lambda what, before, after: None)
        self.addresses.assigned.follow(self._addressChanged)

    def _addressChanged(self, address: bytes, before: bytes | None, after: bytes | None) -> None:
        """
        Another server gave an address to somebody, or took it back.  If it was a member's, hosts still know it as its.
        """
        if after is None and before is not None and self._holders.isMember(before):
            self.addresses.pool.decline(address)
        elif after is None:
            self.addresses.pool.release((address,))

    async def load(self) -> None:
        """
        Read what is in the store.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        await self.names.assigned.load()
        await self.macs.assigned.load()
        await self.addresses.load()

    async def takeAll(self, record: MemberRecord) -> bool:
        """
        Give a member everything that a record of it says.

        @return: whether it has all of that now.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        for assigned in (self.names.assigned, self.macs.assigned, self.addresses.assigned):
            for each in assigned.forAllIn(record):
                if not await assigned.takeOver(each.key, record.identity):
                    return False
        return True

    async def release(self, identity: bytes) -> None:
        """
        Take everything back from an identity that is no member.
        """
        await self._releaseNameAndMACs(identity)
        await self.addresses.releaseAll(identity)

    async def retire(self, identity: bytes) -> None:
        """
        Take everything back from an identity that was revoked, except for its addresses, which rest for a while: hosts
        and rules elsewhere still know them as its.
        """
        await self._releaseNameAndMACs(identity)
        self.addresses.rest(identity)

    async def _releaseNameAndMACs(self, identity: bytes) -> None:
        for kind in (self.names, self.macs):
            await kind.assigned.keep(None, identity)
