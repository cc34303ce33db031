"""
Assignments of a member that admits others: beside it others do the same, and nobody knows of all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from ipaddress import ip_address
from typing import Final, TypeAlias

from wand.address_ranges import AddressRanges
from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.interfaces import IRecords
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.free_addresses import FreeAddresses
from wand.sealed.authority.overlay_prefixes import NONE_RESERVED, Prefix, hostCount

#: How many addresses are looked at for one that is free.
ADDRESSES_TRIED: Final = 65_536

#: Who claims a MAC address, an overlay address or a name; see L{wand.sealed.node.claims.Claims.ownerOf}.
Claimant: TypeAlias = Callable[[str, MAC | str], bytes | None]


class ClaimedAssignments(Assignments):
    """
    Assigns what nobody claims.  Addresses begin at a place that the identity of the new member gives: so two that admit
    at the same time, and do not hear of each other, seldom take the same.
    """

    def __init__(
        self,
        records: IRecords,
        prefixes: Sequence[Prefix],
        restsUntil: Callable[[bytes], float | None],
        now: Callable[[], float],
        claimant: Claimant,
        reserved: AddressRanges = NONE_RESERVED,
    ) -> None:
        """
        @param claimant: who claims something now.
        """
        super().__init__(records, prefixes, restsUntil, now, reserved)
        self._claimant = claimant
        self._now = now

    def isNameFree(self, name: str, identity: bytes) -> bool:
        """
        See L{Assignments}.
        """
        return super().isNameFree(name, identity) and self._claimant("name", name) in (None, identity)

    async def takeMAC(self, mac: MAC, identity: bytes) -> None:
        """
        See L{Assignments}.
        """
        if self._claimant("mac", mac) not in (None, identity):
            raise MembershipRefused(f"the MAC address {mac} belongs to another member; choose another")
        await super().takeMAC(mac, identity)

    def mayHave(self, address: str, identity: bytes, *, resting: bool = False) -> bool:
        """
        See L{Assignments}.
        """
        isClaimed = self._claimant("address", address) not in (None, identity)
        return not isClaimed and super().mayHave(address, identity, resting=resting)

    def _freeAddresses(self) -> dict[Prefix, FreeAddresses]:
        return {}  # none is found in order

    def freeAddress(self, identity: bytes, prefix: Prefix) -> bytes:
        """
        See L{Assignments}.
        """
        size = hostCount(prefix)
        place = int.from_bytes(sha256(identity).digest()[:16], "big") % size
        for _ in range(min(size, ADDRESSES_TRIED)):
            address = prefix.network_address + (1 + place)
            reserved = self.overlay.reserved.endOf(address)
            if reserved is None and self._isFree(address.packed, identity):
                return address.packed
            place = (place + 1 if reserved is None else reserved - int(prefix.network_address)) % size
        raise MembershipRefused(f"no free address was found in {prefix}: make a network with a larger prefix")

    def _isFree(self, address: bytes, identity: bytes) -> bool:
        until = self._keptUntil(address)
        isAssigned = until is None or until > self._now()
        return not isAssigned and self._claimant("address", str(ip_address(address))) in (None, identity)
