"""
A member that admits others, under a grant of the network and without its key (docs/sealed.md, Admitting members).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.address_ranges import AddressRanges
from wand.errors import MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable
from wand.events import Events
from wand.hooks.approval import Approval
from wand.interfaces import IHookListener, IRecords
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.deputy_administration import DeputyAdministration
from wand.sealed.authority.deputy_membership import DeputyMembership, DeputyRequests, OwnMembership
from wand.sealed.authority.invitations import Invitations
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.kept_records import KeptRecords
from wand.sealed.authority.member_authority import MemberAuthority
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.member_recovery import MemberRecovery
from wand.sealed.authority.redemption import Redemption
from wand.sealed.authority.revoker import Revoker
from wand.sealed.authority.servers import Servers
from wand.sealed.authority.signing import GrantSigning
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Entropy

#: For how many seconds a certificate is valid, if the grant is.
CERTIFICATE_LIFE = 30 * 86_400


class Deputy(MemberAuthority):
    """
    Admits members, keeps them in a store of its own, and renews their certificates until the network itself does.
    """

    _log = Logger()

    def __init__(
        self,
        records: IRecords,
        own: OwnMembership,
        clock: IReactorTime,
        events: Events,
        hooks: Sequence[IHookListener] = (),
        entropy: Entropy = os.urandom,
        *,
        wallClock: Callable[[], float],
    ) -> None:
        """
        Use L{open}.
        """
        network, trust = own.storedNetwork, own.trust
        super().__init__(MemberRecords(records, trust), trust)
        members = self._members
        assigned = Assignments(
            records, network.prefixes, lambda identity: None, wallClock, AddressRanges(own.reserve), own.claimant
        )
        self._assignments = assigned
        assigned.guard(members)
        self._signing = signing = GrantSigning(own.key, own.certified, trust)
        issuer = Issuer(members, signing, trust, self, wallClock, CERTIFICATE_LIFE, events)
        self._invitations = Invitations(records, wallClock, entropy, members.isAwaited)
        revoker = Revoker(members, assigned, network, trust, self, wallClock, events)
        self._kept = KeptRecords(own.key.identity, members, assigned, revoker, trust, clock, events)
        self._recovery = MemberRecovery(members, assigned, issuer, events)
        self.own = DeputyMembership(own, network, members, self._invitations, self._recovery, trust, wallClock)
        approval, admitter = Approval(hooks, clock), own.key.identity
        redemption = Redemption(
            members, assigned, self._invitations, issuer, trust, approval, wallClock, admitter, own.isMember
        )
        self.requests = DeputyRequests(self.own, network, members, assigned, issuer, redemption, clock, events)
        servers = Servers(admitter, members, records, wallClock)
        parts = self.own, network, members, assigned, self._invitations, issuer, revoker, servers, events
        self.administration = DeputyAdministration(
            *parts, signing=signing, everybody=own.everybody, deciders=own.deciders
        )

    @classmethod
    async def open(
        cls,
        records: IRecords,
        own: OwnMembership,
        clock: IReactorTime,
        events: Events,
        hooks: Sequence[IHookListener] = (),
        entropy: Entropy = os.urandom,
        *,
        wallClock: Callable[[], float],
    ) -> Deputy:
        """
        Read the members that were admitted here from a store.

        @param own: this node, with its grant.
        @param wallClock: gives the seconds since the epoch.
        @raise StoreUnavailable: if the store cannot be used.
        """
        deputy = cls(records, own, clock, events, hooks, entropy, wallClock=wallClock)
        await deputy.load()
        return deputy

    async def load(self) -> None:
        """
        Read what is in the store, and know who has which seat.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        for each in (self._members, self._assignments, self._invitations):
            await each.load()
        for record in self._members:
            if record.certificate:
                self.trust.check(record.certificate)

    def heard(self, announcement: Announcement) -> None:
        """
        Somebody announced what it owns: if it comes first with something that one of ours has, ours gets another.
        """
        certificate = announcement.certificate
        if self._recovery.isInTheWay(certificate):
            giving = Deferred.fromCoroutine(self._recovery.giveWay(certificate))
            giving.addErrback(self._notGiven)

    def _notGiven(self, failure: Failure) -> None:
        failure.trap(MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable)
        self._log.warn(
            "somebody whom this node admitted has what belongs to an earlier member, and gets nothing else yet: {why}",
            why=failure.getErrorMessage(),
        )
