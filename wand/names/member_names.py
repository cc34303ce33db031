"""
What members are called, and where they are in the overlay.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from twisted.internet.defer import Deferred, succeed

from wand.address_ranges import Address
from wand.interfaces import MemberSearch, Participant
from wand.sealed.credentials.fields import isName

#: How many questions wait at once until a member is found; more are told to come again.
WAITING_MAXIMUM: Final = 64


class TooManyWaiting(Exception):
    """
    Too many members are looked for already.
    """


class MemberNames:
    """
    Knows what members claim; in a large network it looks for those of whom we were not told.
    """

    def __init__(self, participant: Participant, search: MemberSearch) -> None:
        self._participant = participant
        self._search = search
        self._waiting = 0

    async def addressesOf(self, name: str) -> list[Address] | None:
        """
        The overlay addresses of a member; C{None} if nobody is called so.

        @raise TooManyWaiting: if it would have to be looked for, and too many are.
        """
        owner = self._participant.claims.ownerOf("name", name)
        if owner is None and isName(name):
            await self._looked("name", name)
            owner = self._participant.claims.ownerOf("name", name)
        return None if owner is None else self._addresses(owner)

    async def nameOf(self, address: Address) -> str | None:
        """
        The name of a member; C{None} if nobody has that address.

        @raise TooManyWaiting: if it would have to be looked for, and too many are.
        """
        owner = self._participant.claims.ownerOf("address", str(address))
        if owner is None:
            await self._looked("address", str(address))
            owner = self._participant.claims.ownerOf("address", str(address))
        known = None if owner is None else self._participant.claims.announcement(owner)
        if known is None or self._participant.claims.ownerOf("name", known.claim.name) != owner:
            return None
        return str(known.claim.name)

    def _addresses(self, owner: bytes) -> list[Address]:
        claims = self._participant.claims
        known = claims.announcement(owner)
        claimed = () if known is None else known.claim.addresses
        addresses = [ip_address(each.partition("/")[0]) for each in claimed]
        return [each for each in addresses if claims.ownerOf("address", str(each)) == owner]

    def _looked(self, kind: str, what: str) -> Deferred[object]:
        if not self._search.isPartial:
            return succeed(None)
        if self._waiting >= WAITING_MAXIMUM:
            raise TooManyWaiting
        self._waiting += 1
        return self._search.find(kind, what).addBoth(self._found)

    def _found(self, result: object) -> object:
        self._waiting -= 1
        return result
