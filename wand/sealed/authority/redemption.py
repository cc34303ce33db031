"""
Redemption: a node joins with an invitation.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

import msgspec
from twisted.internet.defer import DeferredLock

from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.hooks.approval import Approval
from wand.interfaces import Candidate
from wand.sealed.authority.approval_questions import ApprovalQuestions
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.invitations import Invitation, Invitations
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import REVOKED_KEY, MemberRecords
from wand.sealed.authority.newcomers import Newcomers, nameWanted
from wand.sealed.credentials.handed import HandedRequest
from wand.sealed.credentials.key_binding import isBinding
from wand.sealed.credentials.messages import Join, JoinProof
from wand.sealed.credentials.signed import isSignature
from wand.sealed.credentials.trust import Trust


class Redemption:
    """
    Makes members of those who have an invitation.
    """

    def __init__(
        self,
        members: MemberRecords,
        assignments: Assignments,
        invitations: Invitations,
        issuer: Issuer,
        trust: Trust,
        approval: Approval,
        wallClock: Callable[[], float],
        admitter: bytes = b"",
        isElsewhere: Callable[[bytes], bool] = lambda identity: False,
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param admitter: the member that admits; empty for the network.
        @param isElsewhere: is somebody of whom nothing is kept here a member that was admitted elsewhere?
        """
        self._isElsewhere = isElsewhere
        self._admitter = admitter
        self._members = members
        self._newcomers = Newcomers(assignments, issuer, wallClock, admitter)
        self._invitations = invitations
        self._issuer = issuer
        self._trust = trust
        self._questions = ApprovalQuestions(approval, assignments.addresses, members)
        self._lock = DeferredLock()

    async def redeem(self, join: Join, exchangeKey: bytes, invitation: bytes, endpoint: str) -> MemberRecord | None:
        """
        Make a member of a node.  One that is a member already gets what its invitation gives and it has not; if that is
        nothing, the invitation is not used.

        @param exchangeKey: the public key that the handshake proved.
        @return: its record, or C{None} if the hooks still think about it.
        @raise MembershipRefused: if it cannot be a member, or get more, with the reason.
        @raise TemporarilyUnavailable: if nobody can say now.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        proof = JoinProof(self._trust.network, join.identity, exchangeKey, invitation)
        if not isSignature(join.proof, proof, join.identity):
            raise MembershipRefused("the request was not signed with the key that it names")
        known = self._known(join, exchangeKey)
        if known is None:
            offered = self._invitations.check(invitation, join.identity)
            if self._questions.isAsked(join.identity):
                return None
            self._issuer.check(
                self._newcomers.draft(join, exchangeKey, offered), isNew=True
            )  # before anything is taken
            candidate = Candidate(MAC(join.mac), endpoint, nameWanted(join, offered), join.identity)
            await self._questions.mayJoin(candidate)
            if offered.bridge:
                await self._questions.mayBridge(candidate, offered.limits.macs)
            await self._questions.settleAddresses(candidate, join.addresses)
            known = await self._add(join, exchangeKey, invitation)
        else:
            if self._questions.isAsked(join.identity):
                return None
            known = await self._raised(known, invitation, Candidate(MAC(join.mac), endpoint, known.name, join.identity))
            if self._isUnbound(known):
                known = await self._members.change(known.identity, lambda before: _bound(before, join))
                return known if known.state == "pending" else await self._issuer.issue(known.identity)
        needsAnother = known.state == "member" and (not known.areRightsCertified or self._issuer.isVoid(known))
        if known.state == "unsigned" or needsAnother:
            return await self._issuer.issue(known.identity)
        return known

    def _isUnbound(self, record: MemberRecord) -> bool:
        """
        Did we admit somebody before members said which exchange key is theirs?  Nobody takes such a certificate.
        """
        return bool(record.admitter) and record.admitter == self._admitter and not record.binding

    async def enlist(self, request: HandedRequest, terms: Invitation) -> MemberRecord:
        """
        Make a member of a node whose request somebody brought.  One that is a member already gets the rights that it
        has not, and another certificate if it needs one.

        @param terms: what an invitation would say; none is used.
        @return: its record; its certificate may wait for a signature.
        @raise MembershipRefused: if it cannot be a member, with the reason.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        join = Join(request.identity, request.name, request.mac, request.proof, request.binding)
        await self._lock.acquire()
        try:
            record = await self._enlisted(join, request.exchangeKey, terms)
        finally:
            self._lock.release()
        return await self._issuer.issue(record.identity) if self._issuer.isDue(record) else record

    async def _enlisted(self, join: Join, exchangeKey: bytes, terms: Invitation) -> MemberRecord:
        known = self._known(join, exchangeKey)
        if known is None:
            return await self._members.add(await self._assigned(join, exchangeKey, terms))
        if terms.name not in ("", known.name):
            raise MembershipRefused(f"it is called {known.name} already; wand rename calls it something else")
        bound = join if self._isUnbound(known) else None

        def enlisted(before: MemberRecord) -> MemberRecord:
            more = _withRightsOf(before, terms)
            return more if bound is None else _bound(more, bound)

        if enlisted(known) == known:
            return known
        self._issuer.check(enlisted(known))
        return await self._members.change(known.identity, enlisted)

    async def _assigned(self, join: Join, exchangeKey: bytes, terms: Invitation) -> MemberRecord:
        try:
            return await self._newcomers.assign(join, exchangeKey, terms)
        except (MembershipRefused, TemporarilyUnavailable):
            await self._newcomers.giveBack(join.identity)
            raise

    def _known(self, join: Join, exchangeKey: bytes) -> MemberRecord | None:
        record = self._members.get(join.identity)
        if self._admitter and not isBinding(join.binding, join.identity, exchangeKey):
            raise MembershipRefused("the node is too old to be admitted by this one: install a later version of it")
        if self._trust.isRevoked(join.identity) or (record and record.state == "revoked"):
            raise MembershipRefused(REVOKED_KEY)
        if record is not None and not compare_digest(record.exchangeKey, exchangeKey):
            raise MembershipRefused("this key is a member with another exchange key")
        if record is None and self._isElsewhere(join.identity):
            raise MembershipRefused("this key is a member already; whoever founded the network can give it more rights")
        return record

    async def _raised(self, record: MemberRecord, invitation: bytes, candidate: Candidate) -> MemberRecord:
        offered = self._invitations.get(invitation)
        more = record if offered is None else _withRightsOf(record, offered)
        if offered is None or more == record:
            return record
        self._invitations.check(invitation, record.identity)
        if offered.approval and record.state != "pending":
            raise MembershipRefused("to a member an invitation that needs an approval gives nothing; ask for another")
        if more.bridge and (not record.bridge or more.limits.macs > record.limits.macs):
            await self._questions.mayBridge(candidate, more.limits.macs)
            if self._trust.isRevoked(record.identity):  # while the hook thought
                raise MembershipRefused(REVOKED_KEY)
        self._issuer.check(more)
        await self._invitations.redeem(invitation, record.identity)
        return await self._members.change(record.identity, lambda before: _withRightsOf(before, offered))

    async def _add(self, join: Join, exchangeKey: bytes, invitation: bytes) -> MemberRecord:
        await self._lock.acquire()
        try:
            known = self._known(join, exchangeKey)
            return known or await self._addNew(join, exchangeKey, invitation)
        finally:
            self._lock.release()

    async def _addNew(self, join: Join, exchangeKey: bytes, invitation: bytes) -> MemberRecord:
        try:
            offered = self._invitations.check(invitation, join.identity)
            record = await self._newcomers.assign(join, exchangeKey, offered)
            await self._invitations.redeem(invitation, join.identity)  # last, or it would be used for nothing
        except (MembershipRefused, TemporarilyUnavailable):
            await self._newcomers.giveBack(join.identity)
            raise
        return await self._members.add(record)


def _bound(record: MemberRecord, join: Join) -> MemberRecord:
    """
    The same, with what a member says of its keys.
    """
    return msgspec.structs.replace(record, binding=join.binding)


def _withRightsOf(record: MemberRecord, invitation: Invitation) -> MemberRecord:
    """
    What a member that redeems one more invitation becomes.
    """
    isAdmitted = record.state == "pending" and not invitation.approval
    return msgspec.structs.replace(
        record,
        bridge=record.bridge or invitation.bridge,
        state="unsigned" if isAdmitted else record.state,
        limits=record.limits.raisedBy(invitation.limits),
        relay=record.relay or invitation.relay,
        admits=max(record.admits, invitation.admits),
    )
