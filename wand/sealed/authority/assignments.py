"""
Assignments: a name, a MAC address or an overlay address is given to one member only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address, ip_interface
from itertools import chain
from typing import Final

from wand.address_ranges import AddressRanges
from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.interfaces import IRecords
from wand.sealed.authority.free_addresses import FreeAddresses
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import CHANGE_TRIES, MemberRecords
from wand.sealed.authority.overlay_prefixes import NONE_RESERVED, OverlayPrefixes, Prefix
from wand.sealed.authority.stored_values import Condition, Index, StoredValues

#: The kinds of our records in a store.
NAME_KIND: Final = "sealed-name"
MAC_KIND: Final = "sealed-mac"
ADDRESS_KIND: Final = "sealed-address"

#: For how many seconds an address that somebody of ours refuses is given to nobody.
DECLINED: Final = 3600.0

#: For how many seconds what is assigned to somebody without a record is kept for it, once somebody else asks: whoever
#: joins has a record within moments.
UNRECORDED_KEPT: Final = 3600.0

#: How many names, and how many addresses that others took meanwhile, are tried.
_TRIES: Final = 1000


class Assigned(StoredValues[bytes]):
    """
    Things of one kind, and the identity of the owner of each.
    """

    def __init__(self, records: IRecords, kind: str) -> None:
        super().__init__(records, kind, bytes)
        self._ofHolder: Index[bytes] = self.index(lambda holder: holder)

    def of(self, identity: bytes) -> tuple[bytes, ...]:
        """
        What an identity has.
        """
        return self._ofHolder.keys(identity)

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

    async def release(self, what: bytes, identity: bytes, unused: Callable[[], Condition | None]) -> bool:
        """
        Take something back from an identity.

        @param unused: gives what has to be so for it to be unused; C{None} if it is used.
        @return: whether that was done.
        """
        for _ in range(CHANGE_TRIES):
            condition = unused()
            if condition is None or self.get(what) != identity:
                return False
            if await self.exchange(what, identity, None, (condition,)):
                return True
        return False


class Assignments:
    """
    Who has what.  Everything is taken with one atomic exchange in the store, so that two servers never give the same
    thing away; asking again for the same identity gives the same thing.  With L{guard} a member's record says nothing
    that is not assigned to it, and nothing that its record says is taken back: whatever servers do at the same moment.
    What was assigned to a member whose record does not say it, because the store was away or a server ended just then,
    is left over, and goes to whoever asks for it.

    @ivar overlay: where overlay addresses come from.
    """

    def __init__(
        self,
        records: IRecords,
        prefixes: Sequence[Prefix],
        restsUntil: Callable[[bytes], float | None],
        now: Callable[[], float],
        reserved: AddressRanges = NONE_RESERVED,
    ) -> None:
        """
        @param prefixes: where overlay addresses come from: one of IPv4, one of IPv6, or both.
        @param restsUntil: until when the addresses of an identity are given to nobody else, in seconds since the epoch;
            C{None} for as long as it is a member.
        @param now: the time, in seconds since the epoch.
        @param reserved: addresses that are given to nobody.
        """
        self.overlay = OverlayPrefixes(prefixes, reserved)
        self._reserved = {b"": reserved}
        self._restsUntil = restsUntil
        self._now = now
        self._declined: dict[bytes, float] = {}  # until when, of a few addresses, each named by a hook
        self._unrecorded: dict[bytes, float] = {}  # when somebody asked first for what a holder without a record has
        self._names = Assigned(records, NAME_KIND)
        self._macs = Assigned(records, MAC_KIND)
        self._addresses = Assigned(records, ADDRESS_KIND)
        self._members: MemberRecords | None = None
        self._free = self._freeAddresses()

    def follow(self) -> None:
        """
        See from now on what other servers assign; to be called before L{load}.
        """
        for assigned in (self._names, self._macs):
            assigned.follow(lambda what, before, after: None)
        self._addresses.follow(self._changed)

    def _changed(self, address: bytes, before: bytes | None, after: bytes | None) -> None:
        """
        Another server gave an address to somebody, or took it back.  If it was a member's, hosts still know it as its.
        """
        record = None if self._members is None or before is None else self._members.get(before)
        if after is None and record is not None and record.state != "revoked":
            self._declined[address] = self._now() + DECLINED
        if after is None:
            self._freed((address,))

    def guard(self, members: MemberRecords) -> None:
        """
        Let the records of members say what is assigned to them, and nothing else.
        """
        self._members = members
        members.require(self._conditionsOf)

    def _conditionsOf(self, record: MemberRecord) -> Iterator[Condition]:
        """
        What has to be assigned to a member for all that its record says.
        """
        if record.name:
            yield self._names.having(record.name.encode(), record.identity)
        for mac in record.macs:
            yield self._macs.having(mac, record.identity)
        for address in record.addresses:
            yield self._addresses.having(ip_interface(address).packed, record.identity)

    async def _release(self, assigned: Assigned, what: bytes, identity: bytes) -> bool:
        """
        Take something back from an identity, unless its record says that it has it.

        @return: whether that was done.
        """
        if self._members is None:
            return await assigned.exchange(what, identity, None)
        return await assigned.release(what, identity, lambda: self._unused(assigned, what, identity))

    def _unused(self, assigned: Assigned, what: bytes, identity: bytes) -> Condition | None:
        """
        The condition on which a member does not use something that is assigned to it; C{None} if it uses it.
        """
        members = self._members
        record = None if members is None else members.get(identity)
        isLeft = record is None or record.state == "revoked"
        isUsed = record is not None and not isLeft and assigned.having(what, identity) in self._conditionsOf(record)
        return None if isUsed or members is None else members.holding(identity)

    def _leftBy(self, assigned: Assigned, what: bytes, holder: bytes | None) -> Condition | None:
        """
        The condition on which something is left over from somebody, see L{Assignments}; C{None} if it is not.
        """
        if holder is None or self._members is None or self._isExpected(self._members, holder):
            return None
        return self._unused(assigned, what, holder)

    def _isExpected(self, members: MemberRecords, holder: bytes) -> bool:
        """
        May a holder without a record be about to get one, or have one that cannot be read?
        """
        if members.get(holder) is not None:
            self._unrecorded.pop(holder, None)
            return False
        since = self._unrecorded.setdefault(holder, self._now())
        return self._now() < since + UNRECORDED_KEPT or members.holding(holder).octets is not None

    async def _takeOver(self, assigned: Assigned, what: bytes, identity: bytes) -> bool:
        """
        Give an identity something that nobody has, or that is left over from a member.

        @return: whether the identity has it now.
        """
        holder = assigned.get(what)
        left = self._leftBy(assigned, what, holder)
        return await assigned.take(what, identity, holder if left else None, (left,) if left else ())

    async def load(self) -> None:
        """
        Read what is in the store.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        for assigned in (self._names, self._macs, self._addresses):
            await assigned.load()
        self._free = self._freeAddresses()

    def reserve(self, reserved: AddressRanges, source: bytes = b"") -> bool:
        """
        Give nobody an address of these ranges from now on, in place of those that the same source set aside before.

        @param source: who says so; nobody else but this program's operator by default.
        @return: whether that changes anything.
        """
        self._reserved.pop(source, None)
        if reserved:
            self._reserved[source] = reserved
        before, self.overlay.reserved = self.overlay.reserved, AddressRanges.of(chain(*self._reserved.values()))
        if list(before) == list(self.overlay.reserved):
            return False
        self._free = self._freeAddresses()
        return True

    def _freeAddresses(self) -> dict[Prefix, FreeAddresses]:
        found = {each: FreeAddresses(each, self._keptUntil, self._now, self.overlay.reserved) for each in self.overlay}
        taken = [*(address for address, _ in self._addresses.items()), *self._declined]
        for free in found.values():
            free.load(taken)
        return found

    async def takeName(self, name: str, identity: bytes) -> bool:
        """
        Give a name to an identity.

        @return: whether it has it now.
        """
        return await self._takeOver(self._names, name.encode(), identity)

    async def takeNameLike(self, wish: str, identity: bytes) -> str:
        """
        Give a name to an identity: the one that it asks for, or the next that is free, with C{-2}, C{-3} and so on.

        @raise MembershipRefused: if all that are like it are taken.
        """
        for number in range(1, _TRIES):
            suffix = f"-{number}" if number > 1 else ""
            name = wish[: 32 - len(suffix)].rstrip("-") + suffix
            if self.isNameFree(name, identity) and await self.takeName(name, identity):
                return name
        raise MembershipRefused(f"too many members are called {wish}; choose another name")

    def isNameFree(self, name: str, identity: bytes) -> bool:
        """
        Can an identity be called so, as far as is known?
        """
        return self._names.get(name.encode()) in (None, identity)

    def freeAddress(self, identity: bytes, prefix: Prefix) -> bytes:
        """
        The address of a prefix that an identity gets if it has none.

        @raise MembershipRefused: if the prefix is exhausted.
        """
        return self._free[prefix].first()

    async def takeMAC(self, mac: MAC, identity: bytes) -> None:
        """
        Give a MAC address to an identity.

        @raise MembershipRefused: if it is somebody else's, or no single host's.
        """
        if not mac.isUnicast:
            raise MembershipRefused(f"{mac} is not an address of a single host")
        if not await self._takeOver(self._macs, mac, identity):
            raise MembershipRefused(f"the MAC address {mac} belongs to another member; choose another")

    async def takeAddresses(self, identity: bytes, wanted: Sequence[str] = ()) -> tuple[str, ...]:
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
        return tuple([await self.takeAddress(identity, prefix) for prefix in self.overlay])

    def checkAddresses(self, identity: bytes, wanted: Sequence[str] = ()) -> None:
        """
        See that there is an overlay address of each prefix for an identity, before anything is taken for it.

        @param wanted: see L{takeAddresses}.
        @raise MembershipRefused: if it cannot have one that it wants, or a prefix is exhausted.
        """
        chosen = self.overlay.chosen(wanted)
        for prefix in self.overlay:
            if prefix in chosen and not self.mayHave(chosen[prefix], identity):
                raise MembershipRefused(_somebodys(chosen[prefix]))
            if prefix not in chosen and self._had(identity, prefix) is None:
                self.freeAddress(identity, prefix)

    def mayHave(self, address: str, identity: bytes, *, resting: bool = False) -> bool:
        """
        Could an identity have an address that was chosen, as far as is known?

        @param address: one of a prefix, without its length.
        @param resting: may it be one of a member that was revoked lately?
        """
        packed = ip_address(address).packed
        holder = self._addresses.get(packed)
        if holder is None or holder == identity:
            return True
        until = self._restsUntil(holder)
        if until is None:
            return self._leftBy(self._addresses, packed, holder) is not None
        return resting or until <= self._now()

    async def takeWanted(self, address: str, identity: bytes, *, resting: bool = False) -> bool:
        """
        Give an identity an address that was chosen, in addition to what it has; see L{mayHave}.

        @return: whether the identity has it now.
        """
        if not self.mayHave(address, identity, resting=resting):
            return False
        packed = ip_address(address).packed
        holder = self._addresses.get(packed)
        if holder is None or self._restsUntil(holder) is not None:
            return await self._addresses.take(packed, identity, holder)
        return await self._takeOver(self._addresses, packed, identity)

    async def keepAddresses(self, addresses: Sequence[str], identity: bytes) -> None:
        """
        Take every overlay address but these back from an identity; each is given to nobody for a while, since hosts
        elsewhere still know it as its.

        @param addresses: with or without their prefix lengths.
        """
        kept = {ip_interface(each).packed for each in addresses}
        for packed in set(self._addresses.of(identity)) - kept:
            if await self._release(self._addresses, packed, identity):
                self.decline(str(ip_address(packed)))

    async def takeAddress(self, identity: bytes, prefix: Prefix) -> str:
        """
        Give an identity the overlay address of a prefix that it has, or the first that is free.  Those of members that
        were revoked are free when their time is over, or when there is no other, the one of the first that was revoked
        before the rest.

        @return: the address with its prefix length.
        @raise MembershipRefused: if the prefix is exhausted.
        @raise TemporarilyUnavailable: if too many others take one at the same time.
        """
        for _ in range(_TRIES):
            packed = self._had(identity, prefix) or self.freeAddress(identity, prefix)
            if await self._addresses.take(packed, identity, self._addresses.get(packed)):
                return f"{ip_address(packed)}/{prefix.prefixlen}"
        raise TemporarilyUnavailable("too many join at once; try again")

    def _had(self, identity: bytes, prefix: Prefix) -> bytes | None:
        return next((each for each in self._addresses.of(identity) if ip_address(each) in prefix), None)

    async def takeInstead(self, address: str, identity: bytes) -> str:
        """
        Give an identity another address in place of one that it has to leave to somebody else: of the same prefix.

        @return: the address with its prefix length.
        @raise MembershipRefused: if the prefix is exhausted.
        @raise TemporarilyUnavailable: if too many others take one at the same time.
        """
        return await self.takeAddress(identity, self.overlay.like(address))

    def addressesOf(self, identity: bytes) -> tuple[str, ...]:
        """
        The overlay addresses of an identity.
        """
        return tuple(str(ip_address(each)) for each in self._addresses.of(identity))

    async def releaseAddress(self, address: str, identity: bytes) -> None:
        """
        Take an address back from an identity that has it.
        """
        packed = ip_interface(address).packed
        if await self._release(self._addresses, packed, identity):
            self._freed((packed,))

    def decline(self, address: str) -> None:
        """
        Give an address that nobody has to nobody for an hour, while others are free.
        """
        packed = ip_interface(address).packed
        self._declined[packed] = self._now() + DECLINED
        self._freed((packed,))

    def holderOfAddress(self, address: str) -> bytes | None:
        """
        The identity to which an overlay address is assigned.
        """
        return self._addresses.get(ip_interface(address).packed)

    def holderOfName(self, name: str) -> bytes | None:
        """
        The identity to which a name is assigned.
        """
        return self._names.get(name.encode())

    async def giveName(self, name: str, identity: bytes) -> None:
        """
        Give an identity a certain name, whoever has it.

        @raise MembershipRefused: if others change it at the same time.
        """
        await self._give(self._names, name.encode(), identity)

    async def giveAddress(self, address: str, identity: bytes) -> None:
        """
        Give an identity a certain overlay address, whoever has it.

        @raise MembershipRefused: if others change it at the same time.
        """
        await self._give(self._addresses, ip_interface(address).packed, identity)

    async def _give(self, assigned: Assigned, what: bytes, identity: bytes) -> None:
        for _ in range(_TRIES):
            if await assigned.take(what, identity, assigned.get(what)):
                return
        raise MembershipRefused("too many join at once; try again")

    async def release(self, identity: bytes) -> None:
        """
        Take everything back from an identity that is no member.
        """
        await self._releaseAll(identity)
        for address in self._addresses.of(identity):
            if await self._release(self._addresses, address, identity):
                self._freed((address,))

    async def retire(self, identity: bytes) -> None:
        """
        Take everything back from an identity that was revoked, except for its addresses, which rest for a while: hosts
        and rules elsewhere still know them as its.
        """
        await self._releaseAll(identity)
        self.rest(identity)

    async def _releaseAll(self, identity: bytes) -> None:
        for assigned in (self._names, self._macs):
            for what in assigned.of(identity):
                await self._release(assigned, what, identity)

    def rest(self, identity: bytes) -> None:
        """
        An identity was revoked, here or by another server: its addresses rest from now on.
        """
        self._freed(self._addresses.of(identity))

    async def keepName(self, name: str, identity: bytes) -> None:
        """
        Take every name but this back from an identity.
        """
        for each in self._names.of(identity):
            if each != name.encode():
                await self._release(self._names, each, identity)

    async def keepMAC(self, mac: MAC, identity: bytes) -> None:
        """
        Take every MAC address but this back from an identity.
        """
        for each in self._macs.of(identity):
            if each != mac:
                await self._release(self._macs, each, identity)

    def _freed(self, addresses: tuple[bytes, ...]) -> None:
        for address in addresses:
            for free in self._free.values():
                free.release(address)

    def _keptUntil(self, address: bytes) -> float | None:
        holder = self._addresses.get(address)
        if holder is not None:
            return self._restsUntil(holder)
        if self._declined.get(address, 0.0) <= self._now():
            self._declined.pop(address, None)
        return self._declined.get(address, 0.0)


def _somebodys(address: str) -> str:
    return f"{address} belongs to another member, or did until lately: choose another"
