"""
The pool of overlay addresses of a member that admits others: beside it others do the same, and nobody knows of all.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from ipaddress import ip_address
from typing import Final

from wand.errors import MembershipRefused
from wand.sealed.authority.address_pool import AddressPool
from wand.sealed.authority.assigned import Assigned
from wand.sealed.authority.claimant import Claimant
from wand.sealed.authority.overlay_prefixes import OverlayPrefixes, Prefix, hostCount

#: How many addresses are looked at for one that is free.
ADDRESSES_TRIED: Final = 65_536


class ClaimedPool(AddressPool):
    """
    Finds addresses that nobody claims.  It begins at a place that the identity of the new member gives: so two that
    admit at the same time, and do not hear of each other, seldom take the same.
    """

    def __init__(
        self,
        overlay: OverlayPrefixes,
        assigned: Assigned,
        restsUntil: Callable[[bytes], float | None],
        now: Callable[[], float],
        claimant: Claimant,
    ) -> None:
        """
        @param claimant: who claims an address now.
        """
        super().__init__(overlay, assigned, restsUntil, now)
        self._claimant = claimant

    def load(self) -> None:
        """
        See L{AddressPool}.  None is found in order.
        """

    def next(self, identity: bytes, prefix: Prefix) -> bytes:
        """
        See L{AddressPool}.
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
