"""
Overlay addresses, each of which is given to one member only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address, ip_interface
from typing import Final

from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.interfaces import IRecords
from wand.sealed.authority.address_pool import AddressPool
from wand.sealed.authority.assigned import ASSIGN_TRIES, Assigned
from wand.sealed.authority.claimant import Claimant, nobody
from wand.sealed.authority.claimed_pool import ClaimedPool
from wand.sealed.authority.holders import Holders
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.overlay_prefixes import OverlayPrefixes, Prefix

#: The kind of our records in a store.
ADDRESS_KIND: Final = "sealed-address"


class AddressAssignments:
    """
    Who has which overlay address.

    @ivar assigned: the addresses as they stand in the store.
    @ivar overlay: where they come from.
    @ivar pool: which may be given to somebody.
    """

    def __init__(
        self,
        records: IRecords,
        holders: Holders,
        claimant: Claimant,
        overlay: OverlayPrefixes,
        restsUntil: Callable[[bytes], float | None],
        now: Callable[[], float],
    ) -> None:
        """
        @param claimant: who else claims an address; where anybody may, they are not given in order, see L{ClaimedPool}.
        @param restsUntil: see L{AddressPool}.
        @param now: the time, in seconds since the epoch.
        """
        self.assigned = assigned = Assigned(records, ADDRESS_KIND, _saidBy, holders)
        self.overlay = overlay
        self.pool = (
            AddressPool(overlay, assigned, restsUntil, now)
            if claimant is nobody
            else ClaimedPool(overlay, assigned, restsUntil, now, claimant)
        )
        self._claimant = claimant
        self._restsUntil = restsUntil
        self._now = now

    async def load(self) -> None:
        """
        Read what is in the store.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        await self.assigned.load()
        self.pool.load()

    # What readers ask.

    def of(self, identity: bytes) -> tuple[str, ...]:
        """
        The overlay addresses of an identity.
        """
        return tuple(str(ip_address(each)) for each in self.assigned.of(identity))

    def holderOf(self, address: str) -> bytes | None:
        """
        The identity to which an overlay address is assigned.

        @param address: with or without its prefix length.
        """
        return self.assigned.get(ip_interface(address).packed)

    def check(self, identity: bytes, wanted: Sequence[str] = ()) -> None:
        """
        See that there is an overlay address of each prefix for an identity, before anything is taken for it.

        @param wanted: see L{takeEach}.
        @raise MembershipRefused: if it cannot have one that it wants, or a prefix is exhausted.
        """
        chosen = self.overlay.chosen(wanted)
        for prefix in self.overlay:
            if prefix in chosen and not self.mayHave(chosen[prefix], identity):
                raise MembershipRefused(_somebodys(chosen[prefix]))
            if prefix not in chosen and self._had(identity, prefix) is None:
                self.pool.next(identity, prefix)

    def mayHave(self, address: str, identity: bytes, *, resting: bool = False) -> bool:
        """
        Could an identity have an address that was chosen, as far as is known?

        @param address: one of a prefix, without its length.
        @param resting: may it be one of a member that was revoked lately?
        """
        if self._claimant("address", address) not in (None, identity):
            return False
        packed = ip_address(address).packed
        holder = self.assigned.get(packed)
        if holder is None or holder == identity:
            return True
        until = self._restsUntil(holder)
        if until is None:
            return self.assigned.left(packed) is not None
        return resting or until <= self._now()

    # What changes.

    async def takeEach(self, identity: bytes, wanted: Sequence[str] = ()) -> tuple[str, ...]:
        """
        Give an identity an overlay address of each prefix.

        @param wanted: those that it would like, each without the length of its prefix.
        @return: the addresses with their prefix lengths.
        @raise MembershipRefused: if it cannot have one that it wants, or a prefix is exhausted.
        @raise TemporarilyUnavailable: if too many others take one at the same time.
        """
        for address in self.overlay.chosen(wanted).values():
            if not await self.takeWanted(address, identity):
                raise MembershipRefused(_somebodys(address))
        return tuple([await self.take(identity, prefix) for prefix in self.overlay])

    async def take(self, identity: bytes, prefix: Prefix) -> str:
        """
        Give an identity the overlay address of a prefix that it has, or the next of the pool.  Those of members that
        were revoked are free when their time is over, or when there is no other, the one of the first that was revoked
        before the rest.

        @return: the address with its prefix length.
        @raise MembershipRefused: if the prefix is exhausted.
        @raise TemporarilyUnavailable: if too many others take one at the same time.
        """
        for _ in range(ASSIGN_TRIES):
            packed = self._had(identity, prefix) or self.pool.next(identity, prefix)
            if await self.assigned.take(packed, identity, self.assigned.get(packed)):
                return f"{ip_address(packed)}/{prefix.prefixlen}"
        raise TemporarilyUnavailable("too many join at once; try again")

    def _had(self, identity: bytes, prefix: Prefix) -> bytes | None:
        return next((each for each in self.assigned.of(identity) if ip_address(each) in prefix), None)

    async def takeWanted(self, address: str, identity: bytes, *, resting: bool = False) -> bool:
        """
        Give an identity an address that was chosen, in addition to what it has; see L{mayHave}.

        @return: whether the identity has it now.
        """
        if not self.mayHave(address, identity, resting=resting):
            return False
        packed = ip_address(address).packed
        holder = self.assigned.get(packed)
        if holder is None or self._restsUntil(holder) is not None:
            return await self.assigned.take(packed, identity, holder)
        return await self.assigned.takeOver(packed, identity)

    async def takeInstead(self, address: str, identity: bytes) -> str:
        """
        Give an identity another address in place of one that it has to leave to somebody else: of the same prefix.

        @return: the address with its prefix length.
        @raise MembershipRefused: if the prefix is exhausted.
        @raise TemporarilyUnavailable: if too many others take one at the same time.
        """
        return await self.take(identity, self.overlay.like(address))

    async def give(self, address: str, identity: bytes) -> None:
        """
        Give an identity a certain overlay address, whoever has it.

        @raise MembershipRefused: if others change it at the same time.
        """
        await self.assigned.give(ip_interface(address).packed, identity)

    async def keep(self, addresses: Sequence[str], identity: bytes) -> None:
        """
        Take every overlay address but these back from an identity; each is given to nobody for a while, since hosts
        elsewhere still know it as its.

        @param addresses: with or without their prefix lengths.
        """
        kept = {ip_interface(each).packed for each in addresses}
        for packed in set(self.assigned.of(identity)) - kept:
            if await self.assigned.release(packed, identity):
                self.pool.decline(packed)

    async def release(self, address: str, identity: bytes) -> None:
        """
        Take an address back from an identity that has it.
        """
        await self._release(ip_interface(address).packed, identity)

    async def releaseAll(self, identity: bytes) -> None:
        """
        Take every address back from an identity that is no member.
        """
        for packed in self.assigned.of(identity):
            await self._release(packed, identity)

    async def _release(self, packed: bytes, identity: bytes) -> None:
        if await self.assigned.release(packed, identity):
            self.pool.release((packed,))

    def decline(self, address: str) -> None:
        """
        Give an address that nobody has to nobody for an hour, while others are free.
        """
        self.pool.decline(ip_interface(address).packed)

    def rest(self, identity: bytes) -> None:
        """
        An identity was revoked: its addresses rest from now on.
        """
        self.pool.release(self.assigned.of(identity))


def _saidBy(record: MemberRecord) -> Iterator[bytes]:
    for address in record.addresses:
        yield ip_interface(address).packed


def _somebodys(address: str) -> str:
    return f"{address} belongs to another member, or did until lately: choose another"
