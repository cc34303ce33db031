"""
The revoker: ends memberships.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import msgspec

from wand.errors import NoSuchMember, TemporarilyUnavailable
from wand.events import Events
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import CHANGE_TRIES, MemberRecords
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed, verified
from wand.sealed.credentials.trust import Trust


class RevocationObserver(Protocol):
    """
    Is told of revocations.
    """

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        An identity is no longer a member: end its sessions, and push the signed revocation.  Called for each new
        revocation, whether an operator made it here, another server did, or a peer told of it.

        @param revocation: empty as long as it waits for a signature made elsewhere; or what else the network signed
            that ended its membership, about whoever admitted it.
        """


class Revoker:
    """
    Revokes members permanently.  Where the network key is not here, a revocation holds on this server at once, and
    everywhere once it is signed.
    """

    def __init__(
        self,
        members: MemberRecords,
        assignments: Assignments,
        network: StoredNetwork,
        trust: Trust,
        observer: RevocationObserver,
        wallClock: Callable[[], float],
        events: Events,
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self._members = members
        self._assignments = assignments
        self._network = network
        self._trust = trust
        self._observer = observer
        self._wallClock = wallClock
        self._events = events
        trust.observe(observer.memberRevoked)

    @property
    def unsigned(self) -> list[MemberRecord]:
        """
        Those whose revocation waits for a signature, by name.
        """
        return self._members.unsignedRevocations

    async def revoke(self, identity: Identity) -> MemberRecord:
        """
        Revoke an identity permanently; also one that never was, as far as we know.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        record = await self._revoked(identity)
        await self._assignments.retire(identity)
        if record.revocation:
            self._trust.revoke(record.revocation)
        else:
            self._observer.memberRevoked(identity, b"")
        self._events.publish("member-revoked", name=record.name, key=identity.text)
        return record

    async def _revoked(self, identity: Identity) -> MemberRecord:
        unknown = MemberRecord(identity, bytes(32), "", "pending", int(self._wallClock()))
        known = self._members.get(identity) or unknown
        for _ in range(CHANGE_TRIES):
            if self._members.get(identity) is None:
                await self._members.add(self._withoutRights(known))  # in one step, or it may wait for an approval
            with suppress(NoSuchMember):  # the store lost it just now
                return await self._members.change(identity, self._withoutRights)
        raise TemporarilyUnavailable("the store loses this member again and again; try again")

    async def accept(self, revocation: bytes) -> bool:
        """
        Take a revocation that was signed elsewhere.

        @return: whether it is one that we wait for.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        content = verified(revocation, Revocation, self._network.identity)
        record = None if content is None else self._members.get(content.identity)
        if content is None or record is None or record.state != "revoked" or record.revocation:
            return False
        await self._members.change(
            content.identity, lambda before: msgspec.structs.replace(before, revocation=revocation)
        )
        return self._trust.revoke(revocation)

    def _withoutRights(self, record: MemberRecord) -> MemberRecord:
        key = self._network.key
        if record.state == "revoked" and (record.revocation or key is None):
            return record
        when = record.revoked or int(self._wallClock())
        revocation = b""
        if key is not None:
            revocation = signed(key.signing, Revocation(self._network.identity, record.identity, when))
        return msgspec.structs.replace(record, state="revoked", revoked=when, revocation=revocation)
