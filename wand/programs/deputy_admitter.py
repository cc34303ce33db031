"""
What a member does that the network lets admit others: it answers them, and keeps to what everybody else claims.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wand.interfaces import Context, IRecords
from wand.programs.admitting_node import AdmittingNode
from wand.programs.hooks import HookService
from wand.sealed.authority.deputy import Deputy
from wand.sealed.authority.deputy_membership import OwnMembership
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.authority.told_reserve import ToldReserve
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.node_membership import NodeMembership


class DeputyAdmitter(AdmittingNode[Deputy]):
    """
    Admits members, at a node that was given that right.
    """

    def __init__(self, authority: Deputy, member: NodeMembership, context: Context) -> None:
        super().__init__(authority, member, context)
        member.enrolment.admitting = authority.own
        member.claims.taken = authority.heard
        for each in member.claims.announcements:
            authority.heard(each)
        self._reserve = ToldReserve(
            member.enrolment.state,
            member.sessions,
            member.sealed.control,
            context,
            authority.trust,
            authority.administration.reserve.change,
        )
        self._reserve.ask(self._deciding())

    def _deciding(self) -> list[bytes]:
        """
        Those with which there is a session, and that decide about addresses.
        """
        claims, servers = self._member.claims, {each.identity for each in self._member.enrolment.servers}
        return [
            each
            for each in self._member.sessions.sessionsWith()
            if each in servers or ((said := claims.announcement(each)) and said.certificate.member.isAuthority)
        ]

    def stop(self) -> None:
        """
        See L{AdmittingNode.stop}.
        """
        self._reserve.stop()
        super().stop()


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
            Identity(enrolment.network), None, descriptor, enrolment.signedDescriptor, enrolment.secrets, created=False
        ),
        trust=trust,
        certificate=lambda: enrolment.certificate,
        certified=lambda: enrolment.own if enrolment.stage == "member" else None,
        admit=enrolment.admitAsNode,
        claimant=claims.ownerOf,
        isMember=isElsewhere,
        everybody=lambda: claims.announcements,
        deciders=member.seen.deciders,
    )
