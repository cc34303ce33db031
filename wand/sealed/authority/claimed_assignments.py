"""
Assignments of a member that admits others: beside it others do the same, and nobody knows of all.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, TypeAlias

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.interfaces import IRecords
from wand.sealed.authority.assignments import Assignments

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
        prefix: IPv4Network | IPv6Network,
        restsUntil: Callable[[bytes], float | None],
        now: Callable[[], float],
        claimant: Claimant,
    ) -> None:
        """
        @param claimant: who claims something now.
        """
        super().__init__(records, prefix, restsUntil, now)
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

    def freeAddress(self, identity: bytes) -> bytes:
        """
        See L{Assignments}.
        """
        network = self._prefix
        size = network.num_addresses - 1 - (network.version == 4)  # without that of the network, and the broadcast
        begin = int.from_bytes(sha256(identity).digest()[:16], "big")
        for step in range(min(size, ADDRESSES_TRIED)):
            address = network.network_address + (1 + (begin + step) % size)
            if self._isFree(address.packed, identity):
                return address.packed
        raise MembershipRefused(f"no free address was found in {network}: make a network with a larger prefix")

    def _isFree(self, address: bytes, identity: bytes) -> bool:
        until = self._keptUntil(address)
        isAssigned = until is None or until > self._now()
        return not isAssigned and self._claimant("address", str(ip_address(address))) in (None, identity)
