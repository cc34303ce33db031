"""
Recovering members after the store was lost or restored: a certificate of the network shows that its owner is a member,
whatever a store says that is older than it.
"""

from __future__ import annotations

import msgspec
from twisted.logger import Logger

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.credentials.certificate import SERVER, Certificate
from wand.sealed.credentials.identity import Identity


class MemberRecovery:
    """
    Learns members from their certificates, after a store was lost or restored from a backup: they can be seen and
    revoked again, and what is theirs is given to nobody else.
    """

    _log = Logger()

    def __init__(self, members: MemberRecords, assignments: Assignments, issuer: Issuer, events: Events) -> None:
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
        @raise MembershipRefused: if others change the same member at the same time.
        """
        before = self._members.get(content.identity)
        if before is not None and not isOlder(before, content):
            return None
        record = await self._record(content, certificate, expired=expired)
        known = await self._members.add(record) if before is None else before
        if known != record:
            await self._members.change(content.identity, lambda known: record if isOlder(known, content) else known)
        learned = self._members.get(content.identity) or record
        if before is None:
            self._events.publish("member-learned", name=learned.name, key=content.identity.hex(), state=learned.state)
        if learned.state == "member" and self._issuer.isDue(learned):  # it could not keep everything
            learned = await self._issuer.issue(content.identity)
        return learned

    async def _record(self, content: Certificate, certificate: bytes, *, expired: bool) -> MemberRecord:
        assignments, identity = self._assignments, content.identity
        addresses = [await self._address(address, content) for address in content.addresses]
        macs = [mac for mac in content.macs if await self._isOurs(mac, identity)]
        return MemberRecord(
            identity=identity,
            exchangeKey=content.exchangeKey,
            name=await assignments.takeNameLike(content.name, identity),
            state="pending" if expired else "member",
            since=content.since,
            server=content.role == SERVER,
            addresses=tuple(addresses),
            macs=tuple(macs),
            bridge=content.bridge,
            certificate=certificate,
            issued=content.issued,
            expires=content.expires,
            limits=content.limits,
            confirmed=content.confirmed,
            learned=True,
            relay=content.relay,
            admission=content.admission,
        )

    async def _isOurs(self, mac: bytes, identity: bytes) -> bool:
        try:
            await self._assignments.takeMAC(MAC(mac), identity)
        except MembershipRefused:
            self._log.warn("{mac} of {key} belongs to another member", mac=str(MAC(mac)), key=str(Identity(identity)))
            return False
        return True

    async def _address(self, address: str, content: Certificate) -> str:
        """
        Leave the address to whoever was a member first; the other gets a new one.
        """
        assignments = self._assignments
        holder = assignments.holderOfAddress(address)
        other = None if holder in (None, content.identity) else self._members.get(holder or b"")
        isFirst = other is None or (content.since, content.identity) < (other.since, other.identity)
        if other is not None and not isFirst and other.state != "revoked":
            return await assignments.takeAddress(content.identity)
        await assignments.giveAddress(address, content.identity)
        if other is not None and other.state != "revoked":
            await self._readdress(other, address)
        return address

    async def _readdress(self, other: MemberRecord, address: str) -> None:
        new = await self._assignments.takeAddress(other.identity)
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
    Is a member's record older than a certificate of that member?
    """
    return record.state != "revoked" and (not record.certificate or record.issued < content.issued)
