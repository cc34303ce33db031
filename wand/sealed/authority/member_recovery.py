"""
Recovering members after the store was lost or restored: a certificate of the network shows that its owner is a member,
whatever a store says that is older than it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_interface

import msgspec
from twisted.logger import Logger

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.authority.adoptions import Adoptions
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import seniorityOf
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import unverified


class MemberRecovery:
    """
    Learns members from their certificates, after a store was lost or restored from a backup: they can be seen and
    revoked again, and what is theirs is given to nobody else.

    @ivar brought: called with the record of each whom the store did not know.
    """

    _log = Logger()

    def __init__(
        self,
        members: MemberRecords,
        assignments: Assignments,
        issuer: Issuer,
        events: Events,
        adoptions: Adoptions | None = None,
    ) -> None:
        """
        @param adoptions: counts those whom deputies admitted; C{None} if we are a deputy.
        """
        self.brought: Callable[[MemberRecord], object] = lambda record: None
        self._adoptions = adoptions
        self._members = members
        self._assignments = assignments
        self._issuer = issuer
        self._events = events

    async def learn(self, content: Certificate, certificate: bytes, *, expired: bool) -> MemberRecord | None:
        """
        Take what a certificate says, unless the store knows more.

        @param content: what the certificate says, verified; its owner was proved to be there.
        @param certificate: as it was signed.
        @param expired: has it expired?  Then an operator decides, since a revocation may have been lost, too.
        @return: the record; C{None} if there was nothing to learn.
        @raise wand.errors.StoreUnavailable: if it cannot be stored.
        @raise MembershipRefused: if others change the same member at the same time, or a deputy admitted too many.
        """
        before = self._members.get(content.identity)
        if before is not None and not isOlder(before, content):
            return None
        since = self._adoptions.adopt(content) if content.admitter and self._adoptions is not None else content.since
        record = await self._record(content, certificate, since, expired=expired)
        known = await self._members.add(record) if before is None else before
        if known != record:
            await self._members.change(content.identity, lambda known: record if isOlder(known, content) else known)
        learned = self._members.get(content.identity) or record
        if before is None:
            self._sayLearned(learned)
            self.brought(learned)
        if learned.state == "member" and self._issuer.isDue(learned):  # it could not keep everything
            learned = await self._issuer.issue(content.identity)
        return learned

    def _sayLearned(self, learned: MemberRecord) -> None:
        known = {"name": learned.name, "key": learned.identity.hex(), "state": learned.state}
        if learned.admitter:
            self._events.publish("member-adopted", **known, by=learned.admitter.hex())
        else:
            self._events.publish("member-learned", **known)

    async def _record(self, content: Certificate, certificate: bytes, since: int, *, expired: bool) -> MemberRecord:
        identity = content.identity
        addresses = [await self._address(address, content) for address in self._believed(content)]
        if content.addresses and not addresses:
            addresses = [*await self._assignments.addresses.takeEach(identity)]
        macs = [mac for mac in content.macs if await self._isOurs(mac, identity)]
        return msgspec.structs.replace(
            MemberRecord.of(content, certificate),
            name=await self._name(content),
            state="pending" if expired else "member",
            addresses=tuple(addresses),
            macs=tuple(macs),
            learned=not content.admitter,
            since=since,
        )

    def _believed(self, content: Certificate) -> tuple[str, ...]:
        """
        The addresses that are left to somebody: whom a member admitted has one of each of the network's prefixes.
        """
        if not content.admitter:
            return content.addresses
        first: dict[int, str] = {}
        for address in filter(self._assignments.addresses.overlay.isHosts, content.addresses):
            first.setdefault(ip_interface(address).version, address)
        return tuple(first.values())

    async def _isOurs(self, mac: bytes, identity: bytes) -> bool:
        try:
            await self._assignments.macs.take(MAC(mac), identity)
        except MembershipRefused:
            self._log.warn("{mac} of {key} belongs to another member", mac=str(MAC(mac)), key=str(Identity(identity)))
            return False
        return True

    async def _address(self, address: str, content: Certificate) -> str:
        """
        Leave the address to whoever was a member first; the other gets a new one.
        """
        addresses = self._assignments.addresses
        holder = addresses.holderOf(address)
        other = None if holder in (None, content.identity) else self._members.get(holder or b"")
        if other is not None and not self._isFirst(content, other) and other.state != "revoked":
            return await addresses.takeInstead(address, content.identity)
        await addresses.give(address, content.identity)
        if other is not None and other.state != "revoked":
            await self.readdress(other, address)
        return address

    async def _name(self, content: Certificate) -> str:
        """
        Leave the name to whoever comes first; the other gets one like it.
        """
        names = self._assignments.names
        holder = names.holderOf(content.name)
        other = None if holder in (None, content.identity) else self._members.get(holder or b"")
        if other is None or other.state == "revoked" or not self._isFirst(content, other):
            return await names.takeLike(content.name, content.identity)
        await names.give(content.name, content.identity)
        await self.rename(other)
        return content.name

    def isInTheWay(self, content: Certificate) -> bool:
        """
        Has one of ours what somebody else has a certificate for who comes first?
        """
        return any(self._hasToYield(holder, content) for holder in self._holders(content))

    async def giveWay(self, content: Certificate) -> None:
        """
        Give those of ours that are in the way something else.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        @raise MembershipRefused: if there is nothing left.
        """
        for address in content.addresses:
            if self._hasToYield(self._assignments.addresses.holderOf(address), content):
                await self._address(address, content)
        if self._hasToYield(self._assignments.names.holderOf(content.name), content):
            await self._name(content)

    def _holders(self, content: Certificate) -> Iterator[bytes | None]:
        yield self._assignments.names.holderOf(content.name)
        yield from map(self._assignments.addresses.holderOf, content.addresses)

    def _hasToYield(self, holder: bytes | None, content: Certificate) -> bool:
        record = None if holder in (None, content.identity) else self._members.get(holder or b"")
        return record is not None and record.state != "revoked" and self._isFirst(content, record)

    def _isFirst(self, content: Certificate, other: MemberRecord) -> bool:
        certificate = unverified(other.certificate, Certificate)
        rank = (other.since, other.identity) if certificate is None else seniorityOf(certificate)
        return seniorityOf(content) < rank

    async def rename(self, other: MemberRecord) -> None:
        """
        Give a member another name, because somebody who comes first has its own.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        @raise MembershipRefused: if there is none left.
        """
        new = await self._assignments.names.takeLike(other.name, other.identity)
        await self._members.change(other.identity, lambda before: msgspec.structs.replace(before, name=new))
        if other.state == "member":
            await self._issuer.issue(other.identity)
        self._log.warn("{old} is an earlier member's name; who had it is {new} now", old=other.name, new=new)
        self._events.publish("member-renamed", name=new, key=other.identity.hex(), old=other.name)

    async def readdress(self, other: MemberRecord, address: str) -> None:
        """
        Give a member another address in place of one that somebody has who comes first.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        @raise MembershipRefused: if there is none left.
        """
        new = await self._assignments.addresses.takeInstead(address, other.identity)
        moved = tuple(new if each == address else each for each in other.addresses)
        await self._members.change(other.identity, lambda before: msgspec.structs.replace(before, addresses=moved))
        if other.state == "member":
            await self._issuer.issue(other.identity)
        self._log.warn(
            "{name} had the address {old} of an earlier member; it has {new} now", name=other.name, old=address, new=new
        )
        self._events.publish("member-readdressed", name=other.name, key=other.identity.hex(), old=address, new=new)


def isOlder(record: MemberRecord, content: Certificate) -> bool:
    """
    Is a member's record older than a certificate of that member?  What another member signed is news only of somebody
    for whom the network did not sign.
    """
    if content.admitter and record.certificate:
        return False
    return record.state != "revoked" and (not record.certificate or record.issued < content.issued)
