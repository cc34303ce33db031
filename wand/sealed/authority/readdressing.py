"""
Readdressing: an operator gives a member other overlay addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_interface
from itertools import zip_longest

import msgspec
from twisted.internet.defer import DeferredLock

from wand.errors import MembershipRefused
from wand.events import Events
from wand.sealed.authority.address_assignments import AddressAssignments
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import REVOKED, MemberRecords
from wand.sealed.authority.overlay_prefixes import Prefix
from wand.sealed.credentials.member_status import MemberStatus


class Readdressing:
    """
    Gives members other addresses.
    """

    def __init__(self, members: MemberRecords, addresses: AddressAssignments, issuer: Issuer, events: Events) -> None:
        self._members = members
        self._addresses = addresses
        self._issuer = issuer
        self._events = events
        self._lock = DeferredLock()  # two at once for one member would each take back what the other gave

    async def give(self, record: MemberRecord, addresses: Sequence[str]) -> MemberStatus:
        """
        Give a member other overlay addresses; each takes the place of its address of the same prefix, which is given to
        nobody for an hour unless an operator wants it.

        @param addresses: without the lengths of their prefixes, one of each prefix at most.
        @return: the member; C{awaited} if somebody has to sign first.
        @raise MembershipRefused: if a member cannot have such an address, or another member has it; or if the member
            was revoked, or is a server.
        @raise StoreUnavailable: if that cannot be stored.
        """
        await self._lock.acquire()
        try:
            return await self._give(self._members.get(record.identity) or record, addresses)
        finally:
            self._lock.release()

    async def _give(self, record: MemberRecord, addresses: Sequence[str]) -> MemberStatus:
        if record.state == "revoked":
            raise MembershipRefused(REVOKED.format(record.name))
        if record.server:
            raise MembershipRefused(f"{record.name} is a server, and servers have no overlay addresses")
        chosen = self._addresses.overlay.chosen(addresses)
        new = {prefix: f"{address}/{prefix.prefixlen}" for prefix, address in chosen.items()}
        self._issuer.check(msgspec.structs.replace(record, addresses=_readdressed(record.addresses, new)))
        changed = await self._members.change(
            record.identity,
            lambda before: msgspec.structs.replace(before, addresses=_readdressed(before.addresses, new)),
            lambda: self._takeAll(record, [*chosen.values()]),
        )
        await self._addresses.keep(changed.addresses, record.identity)
        if changed.addresses != record.addresses:
            self._sayReaddressed(record, changed)
            changed = await self._issuer.issue(record.identity) if changed.state == "member" else changed
        return msgspec.structs.replace(changed.status, awaited=self._issuer.isDue(changed))

    async def _takeAll(self, record: MemberRecord, addresses: Sequence[str]) -> None:
        """
        Take all of these, or none.

        @raise MembershipRefused: if somebody else has one.
        """
        had = self._addresses.of(record.identity)
        taken: list[str] = []
        for address in addresses:
            if await self._addresses.takeWanted(address, record.identity, resting=True):
                taken.append(address)
                continue
            for each in taken:
                if each not in had:
                    await self._addresses.release(each, record.identity)
            raise MembershipRefused(self._whoHas(address))

    def _whoHas(self, address: str) -> str:
        holder = self._members.get(self._addresses.holderOf(address) or b"")
        if holder is None:
            return f"{address} is kept for somebody who did not finish joining: choose another, or try again in an hour"
        return (
            f"{address} is the address of {holder.name}: choose another, or give {holder.name} another one first "
            f"(wand address {holder.name} ADDRESS)"
        )

    def _sayReaddressed(self, before: MemberRecord, after: MemberRecord) -> None:
        for old, new in zip_longest(before.addresses, after.addresses, fillvalue=""):
            if old != new:
                key = after.identity.hex()
                self._events.publish("member-readdressed", name=after.name, key=key, old=old, new=new)


def _readdressed(before: Sequence[str], new: Mapping[Prefix, str]) -> tuple[str, ...]:
    """
    Addresses with others in the place of those of the same prefixes, IPv4 first.
    """
    kept = [each for each in before if not any(ip_interface(each).ip in prefix for prefix in new)]
    return tuple(sorted([*kept, *new.values()], key=lambda each: ":" in each))
