"""
Newcomers: what is kept of a node that is to be a member, and what it is given.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from wand.ethernet import MAC
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.invitations import Invitation
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.credentials.fields import nameLike
from wand.sealed.credentials.messages import Join


class Newcomers:
    """
    Gives each all that a member has.
    """

    def __init__(
        self, assignments: Assignments, issuer: Issuer, wallClock: Callable[[], float], admitter: bytes
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param admitter: the member that admits; empty for the network.
        """
        self._assignments = assignments
        self._issuer = issuer
        self._wallClock = wallClock
        self._admitter = admitter

    def draft(self, join: Join, exchangeKey: bytes, invitation: Invitation) -> MemberRecord:
        """
        What would be kept of a node, with another name perhaps, but for its addresses.
        """
        return MemberRecord(
            identity=join.identity,
            exchangeKey=exchangeKey,
            name=nameWanted(join, invitation),
            state="pending" if invitation.approval else "unsigned",
            since=int(self._wallClock()),
            bridge=invitation.bridge,
            invitation=invitation.invitation,
            limits=invitation.limits,
            relay=invitation.relay,
            admits=invitation.admits,
            admitter=self._admitter,
            binding=join.binding if self._admitter else b"",
        )

    async def assign(self, join: Join, exchangeKey: bytes, invitation: Invitation) -> MemberRecord:
        """
        Give a node a MAC address, overlay addresses and a name.  Whoever does not keep the record calls L{giveBack}.

        @return: what is to be kept of it.
        @raise MembershipRefused: if it cannot have what it asks for, or there is nothing left.
        @raise TemporarilyUnavailable: if too many others take something at the same time.
        """
        assignments = self._assignments
        assignments.addresses.check(join.identity, join.addresses)
        await assignments.macs.take(MAC(join.mac), join.identity)
        addresses = await assignments.addresses.takeEach(join.identity, join.addresses)
        name = await assignments.names.takeLike(nameWanted(join, invitation), join.identity)
        draft = self.draft(join, exchangeKey, invitation)
        record = msgspec.structs.replace(draft, name=name, addresses=addresses, macs=(join.mac,))
        self._issuer.check(record, isNew=True)
        return record

    async def giveBack(self, identity: bytes) -> None:
        """
        Take back what was taken for somebody who does not become a member, unless another server has admitted it.
        """
        await self._assignments.release(identity)


def nameWanted(join: Join, invitation: Invitation) -> str:
    """
    What a node is to be called, if nobody is called so yet.
    """
    return invitation.name or nameLike(join.name, "node")
