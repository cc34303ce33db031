"""
The register: the members of a network as a directory server keeps them, with their certificates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from wand.errors import MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.interfaces import IRecords
from wand.membership.assignments import Assignments
from wand.membership.certificate import Certificate
from wand.membership.fields import isName
from wand.membership.foundation import Foundation
from wand.membership.identity import Identity
from wand.membership.record import MemberRecord
from wand.membership.revocation import Revocation
from wand.membership.shelf import Shelf
from wand.membership.signed import signed, unverified, verified
from wand.membership.trust import SKEW, Trust

#: The kind of our records in a store.
KIND: Final = "sealed-member"

#: How often a change is tried while others change the same record.
_TRIES: Final = 16


class Register:
    """
    The members' records.  Each change is one atomic exchange in the store.

    @ivar assignments: the names and addresses that members have.
    @ivar trust: told of every signed revocation.
    """

    def __init__(
        self,
        records: IRecords,
        foundation: Foundation,
        trust: Trust,
        wallClock: Callable[[], float],
        life: int,
        quarantine: int,
        issued: Callable[[Identity, bytes], object],
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param life: for how many seconds a certificate is valid.
        @param quarantine: for how many seconds the address of a revoked member is given to nobody else.
        @param issued: called with the identity and the signed certificate whenever there is a new one.
        """
        self.assignments = Assignments(records, foundation.prefix, self._keptUntil, wallClock)
        self._quarantine = quarantine
        self.trust = trust
        self.life = life
        self._shelf = Shelf(records, KIND, MemberRecord)
        self._foundation = foundation
        self._wallClock = wallClock
        self._issued = issued
        self._said: dict[bytes, tuple[MemberRecord, bool]] = {}

    # What readers ask.

    def __iter__(self) -> Iterator[MemberRecord]:
        return iter(self._shelf)

    @property
    def records(self) -> list[MemberRecord]:
        """
        Everybody, by name.
        """
        return sorted(self._shelf, key=lambda record: (record.name, record.identity))

    def get(self, identity: bytes) -> MemberRecord | None:
        """
        The record of an identity.
        """
        return self._shelf.get(identity)

    def find(self, nameOrKey: str) -> MemberRecord:
        """
        The member of a name, or of a whole key; never of a part or a short form of either.

        @raise NoSuchMember: if there is none.
        """
        identity = Identity.parse(nameOrKey)
        if identity is not None:
            found = [record for record in self._shelf if record.identity == identity]
        else:
            found = [record for record in self._shelf if record.name == nameOrKey and record.state != "revoked"]
        if len(found) != 1:
            raise NoSuchMember(
                f"no member is called {nameOrKey!r}; use the whole name or the whole key of 64 hex digits"
            )
        return found[0]

    def isDue(self, record: MemberRecord) -> bool:
        """
        Does a member need a new certificate: there is none, a third of its life is over, or it says something else?
        """
        if record.state not in ("unsigned", "member"):
            return False
        now = self._wallClock()
        isOfTheFuture = record.issued > now + SKEW  # our clock was ahead then
        isOld = now >= record.issued + (record.expires - record.issued) / 3
        return isOfTheFuture or isOld or not self._isSaid(record)

    def _isSaid(self, record: MemberRecord) -> bool:
        """
        Does the certificate of a record say what the record says?  It is read once: whoever looks at all members asks
        for each of them again and again.
        """
        known = self._said.get(record.identity)
        if known is None or known[0] is not record:
            certificate = unverified(record.certificate, Certificate)
            known = self._said[record.identity] = record, certificate is not None and record.isSaidBy(certificate)
        return known[1]

    # What changes.

    async def load(self) -> None:
        """
        Read what is in the store.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        await self._shelf.load()
        await self.assignments.load()
        self.trust.load(
            record.revocation
            for record in self._shelf
            if record.revocation and not self.trust.isRevoked(record.identity)
        )

    async def add(self, record: MemberRecord) -> MemberRecord:
        """
        Keep a new member; or the one that there is of the same identity, because it was quicker.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        await self._shelf.exchange(record.identity, None, record)
        kept = self._shelf.get(record.identity)
        if kept is None:
            raise TemporarilyUnavailable("this key has just been removed; try again")
        return kept

    async def change(self, identity: bytes, to: Callable[[MemberRecord], MemberRecord]) -> MemberRecord:
        """
        Change a record.

        @param to: makes the new record of the present one; may be called more than once.
        @raise NoSuchMember: if there is none.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        for _ in range(_TRIES):
            before = self._shelf.get(identity)
            if before is None:
                raise NoSuchMember(f"there is no member {Identity(identity)}")
            after = to(before)
            if after == before or await self._shelf.exchange(identity, before, after):
                return after
        raise TemporarilyUnavailable("others change this member at the same time; try again")

    async def issue(self, identity: bytes) -> MemberRecord:
        """
        Give a member a new certificate, if the network key is here; else leave it for whoever has the key.  One that
        says what is stored already does not need the store: a full disk ends no membership.

        @raise MembershipRefused: if the key was revoked.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        try:
            record = await self.change(identity, self._certified)
        except StoreUnavailable:
            unstored = self._unstored(identity)
            if unstored is None:
                raise
            record = unstored
        if self._foundation.key is not None:
            self._issued(Identity(identity), record.certificate)
        return record

    async def accept(self, certificate: bytes) -> bool:
        """
        Take a certificate that was signed elsewhere.

        @return: whether it is one that we wait for.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        content = self.trust.check(certificate)
        record = None if content is None else self._shelf.get(content.identity)
        if content is None or record is None or record.state not in ("unsigned", "member"):
            return False
        isOlder = content.issued < record.issued <= self._wallClock() + SKEW
        if not record.isSaidBy(content) or isOlder or certificate == record.certificate:
            return False
        await self.change(content.identity, lambda before: before.withCertificate(content, certificate))
        self._issued(Identity(content.identity), certificate)
        return True

    async def rename(self, record: MemberRecord, name: str) -> MemberRecord:
        """
        Give a member another name.

        @raise MembershipRefused: if it is no name, or somebody else's.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        if not isName(name):
            raise MembershipRefused(f"{name!r} is no name: 1 to 32 of a-z, 0-9 and -, not at the ends")
        if record.state == "revoked":
            raise MembershipRefused(f"{record.name} was revoked")
        if not await self.assignments.takeName(name, record.identity):
            raise MembershipRefused(f"another member is called {name}")
        renamed = await self.change(record.identity, lambda before: msgspec.structs.replace(before, name=name))
        await self.assignments.keepName(name, record.identity)
        return renamed

    async def move(self, record: MemberRecord, mac: MAC) -> MemberRecord:
        """
        Give a member another MAC address.

        @raise MembershipRefused: if it is somebody else's.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        await self.assignments.takeMAC(mac, record.identity)
        moved = await self.change(
            record.identity, lambda before: msgspec.structs.replace(before, macs=(bytes(mac),), confirmed=False)
        )
        await self.assignments.keepMAC(mac, record.identity)
        return moved

    async def revoke(self, identity: Identity) -> MemberRecord:
        """
        Revoke an identity permanently; also one that never was, as far as we know.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        if self._shelf.get(identity) is None:
            await self.add(MemberRecord(identity, bytes(32), "", "pending", int(self._wallClock())))
        record = await self.change(identity, self._withoutRights)
        await self.assignments.retire(identity)
        if record.revocation:
            self.trust.revoke(record.revocation)
        return record

    async def acceptRevocation(self, revocation: bytes) -> bool:
        """
        Take a revocation that was signed elsewhere.

        @return: whether it is one that we wait for.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        content = verified(revocation, Revocation, self._foundation.network)
        record = None if content is None else self._shelf.get(content.identity)
        if content is None or record is None or record.state != "revoked" or record.revocation:
            return False
        await self.change(content.identity, lambda before: msgspec.structs.replace(before, revocation=revocation))
        return self.trust.revoke(revocation)

    async def adopt(self, revocation: bytes) -> MemberRecord | None:
        """
        Keep a signed revocation that came from somebody else, such as from a node after our store was restored.

        @return: the record, or C{None} if nothing changed.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        content = verified(revocation, Revocation, self._foundation.network)
        record = None if content is None else self._shelf.get(content.identity)
        if content is None or (record is not None and record.revocation):
            return None
        if record is None:
            await self.add(MemberRecord(content.identity, bytes(32), "", "pending", content.revoked))
        adopted = await self.change(
            content.identity,
            lambda before: msgspec.structs.replace(
                before, state="revoked", revoked=content.revoked, revocation=revocation
            ),
        )
        await self.assignments.retire(content.identity)
        return adopted

    def _unstored(self, identity: bytes) -> MemberRecord | None:
        """
        A member's record with a certificate that cannot be stored; C{None} for who is none yet, or without the key.
        """
        record = self._shelf.get(identity)
        if record is None or record.state != "member" or self._foundation.key is None:
            return None
        certified = self._certified(record)
        self._shelf.remember(identity, certified)
        return certified

    def _keptUntil(self, identity: bytes) -> float | None:
        record = self._shelf.get(identity)
        return record.revoked + self._quarantine if record is not None and record.state == "revoked" else None

    @property
    def hasUnreadable(self) -> bool:
        """
        Are there records of members that cannot be read?
        """
        return self._shelf.hasUnreadable

    def _certified(self, record: MemberRecord) -> MemberRecord:
        if record.state == "revoked" or self.trust.isRevoked(record.identity):
            raise MembershipRefused("this key was revoked; it cannot be a member again")
        if self._foundation.key is None:
            return record if record.state == "member" else msgspec.structs.replace(record, state="unsigned")
        certificate = record.certificateFor(self._foundation.network, int(self._wallClock()), self.life)
        return record.withCertificate(certificate, signed(self._foundation.key.signing, certificate))

    def _withoutRights(self, record: MemberRecord) -> MemberRecord:
        if record.state == "revoked" and (record.revocation or self._foundation.key is None):
            return record
        when = record.revoked or int(self._wallClock())
        revocation = b""
        if self._foundation.key is not None:
            content = Revocation(self._foundation.network, record.identity, when)
            revocation = signed(self._foundation.key.signing, content)
        return msgspec.structs.replace(record, state="revoked", revoked=when, revocation=revocation)
