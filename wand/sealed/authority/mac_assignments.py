"""
MAC addresses, each of which is given to one member only.
"""

from __future__ import annotations

from typing import Final

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.interfaces import IRecords
from wand.sealed.authority.assigned import Assigned
from wand.sealed.authority.claimant import Claimant
from wand.sealed.authority.holders import Holders

#: The kind of our records in a store.
MAC_KIND: Final = "sealed-mac"


class MACAssignments:
    """
    Who has which MAC address.

    @ivar assigned: the MAC addresses as they stand in the store.
    """

    def __init__(self, records: IRecords, holders: Holders, claimant: Claimant) -> None:
        self.assigned = Assigned(records, MAC_KIND, lambda record: record.macs, holders)
        self._claimant = claimant

    async def take(self, mac: MAC, identity: bytes) -> None:
        """
        Give a MAC address to an identity.

        @raise MembershipRefused: if it is somebody else's, or no single host's.
        """
        if not mac.isUnicast:
            raise MembershipRefused(f"{mac} is not an address of a single host")
        isClaimed = self._claimant("mac", mac) not in (None, identity)
        if isClaimed or not await self.assigned.takeOver(mac, identity):
            raise MembershipRefused(f"the MAC address {mac} belongs to another member; choose another")

    async def keep(self, mac: MAC, identity: bytes) -> None:
        """
        Take every MAC address but this back from an identity.
        """
        await self.assigned.keep(mac, identity)
