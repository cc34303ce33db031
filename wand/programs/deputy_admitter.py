"""
What a member does that the network lets admit others: it answers them, and keeps to what everybody else claims.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wand.interfaces import Context, IRecords
from wand.programs.admitter import endpointsOf
from wand.programs.hooks import HookService
from wand.sealed.authority.admissions import Admissions
from wand.sealed.authority.deputy import Deputy
from wand.sealed.authority.deputy_membership import OwnMembership
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.node_membership import NodeMembership


class DeputyAdmitter:
    """
    Admits members, at a node that was given that right.

    @ivar authority: whom it admitted.
    """

    def __init__(self, authority: Deputy, member: NodeMembership, context: Context) -> None:
        self.authority = authority
        self._member = member
        self._admissions = Admissions(authority, member.sessions, member.sealed.control, context, lambda identity: None)
        authority.observe(self._admissions)
        member.enrolment.admitting = authority.own
        member.claims.taken = authority.heard
        for each in member.claims.announcements:
            authority.heard(each)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._admissions.stop()
        self.authority.stop()

    def presenceOf(self, identity: Identity) -> tuple[bool, float | None, str]:
        """
        Is a member online, when was it last heard, in seconds since the epoch, and which version does it run?
        """
        seen = self._member.seen.of(identity)
        return seen.online, seen.seen, seen.version

    def endpoints(self) -> list[str]:
        """
        Where others reach this node.

        @raise wand.errors.PortUnavailable: if nobody knows.
        """
        return endpointsOf(self._member)


async def openDeputy(
    records: IRecords, member: NodeMembership, context: Context, hooks: HookService, reserve: Sequence[str]
) -> Deputy:
    """
    Read whom this node admitted.

    @param hooks: those that are asked before somebody is admitted.
    @param reserve: ranges of addresses that nobody gets, see L{wand.address_ranges}.
    @raise wand.errors.StoreUnavailable: if the store cannot be used.
    """
    own = attrs.evolve(_ownOf(member), reserve=reserve)
    return await Deputy.open(records, own, context.clock, context.events, hooks.listeners, wallClock=context.wallClock)


def _ownOf(member: NodeMembership) -> OwnMembership:
    enrolment, claims = member.enrolment, member.claims
    trust, descriptor = enrolment.trust, enrolment.descriptor
    assert trust is not None and descriptor is not None  # whoever has a grant is a member

    def isElsewhere(identity: bytes) -> bool:
        known = claims.announcement(identity)
        return known is not None and known.claim.admitter != enrolment.identity

    return OwnMembership(
        key=enrolment.key,
        storedNetwork=StoredNetwork(
            Identity(enrolment.network), None, descriptor, enrolment.signedDescriptor, enrolment.secret, created=False
        ),
        trust=trust,
        certificate=lambda: enrolment.certificate,
        certified=lambda: enrolment.own if enrolment.stage == "member" else None,
        admit=enrolment.admitAsNode,
        claimant=claims.ownerOf,
        isMember=isElsewhere,
        everybody=lambda: claims.announcements,
    )
