"""
What the operator of a member that admits others sees and changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import Any

from wand.errors import MembershipRefused
from wand.sealed.authority.administration import Administration
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.signing import NO_GRANT, GrantSigning, checkTerms
from wand.sealed.credentials.admission_limits import ADMITS
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.member_status import MemberStatus
from wand.status import SecretStatus


class DeputyAdministration(Administration):
    """
    Answers an operator.  What takes the network key is refused, with where it can be done.
    """

    def __init__(
        self,
        *parts: Any,
        signing: GrantSigning,
        everybody: Callable[[], Iterable[Announcement]],
        deciders: Callable[[], str],
        **more: Any,
    ) -> None:
        """
        @param signing: signs for this node.
        @param everybody: what all members announced.
        @param deciders: the names of the programs that decide about everything else, for people.
        """
        super().__init__(*parts, **more)
        self._signing = signing
        self._everybody = everybody
        self._deciders = deciders

    @property
    def _notHere(self) -> str:
        """
        That something cannot be done here, and where it can.
        """
        return f"this node admits members, and may do nothing else for the network: do it on {self._deciders()}"

    def members(self, after: str, count: int) -> list[MemberStatus]:
        """
        See L{Administration.members}: those who were admitted here, and all others of whom this node knows; nobody who
        has no seat any more.
        """
        beyond = Identity.parse(after) or b""
        kept = self._kept(beyond, count)
        known = (each for each in self._everybody() if each.identity > beyond)
        others = nsmallest(count, known, key=lambda each: each.identity)
        found = {each.identity: _statusOf(each) for each in others} | {each.identity: each.status for each in kept}
        return [found[identity] for identity in sorted(found)[:count]]

    def _kept(self, beyond: bytes, count: int) -> list[MemberRecord]:
        found: list[MemberRecord] = []
        while len(found) < count and (page := self._members.page(beyond, count)):
            found += [each for each in page if not self._signing.isVoid(each)]
            beyond = page[-1].identity
        return found[:count]

    def checkTerms(
        self, *, bridge: bool = False, relay: bool = False, admits: int = 0, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        """
        See L{Administration.checkTerms}.
        """
        grant = self._signing.grant
        if grant is None:
            raise MembershipRefused(NO_GRANT)
        checkTerms(grant, bridge=bridge, relay=relay)
        if admits:
            raise MembershipRefused(f"the right to admit members cannot be passed on: {self._notHere}")
        if limits != DEFAULT_LIMITS:
            raise MembershipRefused(f"this node cannot give other limits than the usual ones: {self._notHere}")

    async def limit(self, nameOrKey: str, macs: int | None = None, broadcasts: int | None = None) -> MemberStatus:
        """
        See L{Administration.limit}.
        """
        raise MembershipRefused(self._notHere)

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        """
        See L{Administration.confirm}.
        """
        raise MembershipRefused(self._notHere)

    async def appoint(self, nameOrKey: str, admits: int = ADMITS) -> MemberStatus:
        """
        See L{Administration.appoint}.
        """
        raise MembershipRefused(self._notHere)

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        """
        See L{Administration.revoke}.
        """
        raise MembershipRefused(self._notHere)

    def secret(self, holders: int) -> SecretStatus:
        """
        See L{Administration.secret}: this node does not know all members.
        """
        return self._network.secrets.status()

    async def rotate(self, overlap: float) -> None:
        """
        See L{Administration.rotate}.
        """
        raise MembershipRefused(self._notHere)

    @property
    def signingRequests(self) -> bytes:
        """
        See L{Administration.signingRequests}.
        """
        raise MembershipRefused(self._notHere)

    async def importSignatures(self, document: bytes) -> int:
        """
        See L{Administration.importSignatures}.
        """
        raise MembershipRefused(self._notHere)

    @property
    def _isNode(self) -> bool:
        return True


def _statusOf(announcement: Announcement) -> MemberStatus:
    """
    A member that was admitted elsewhere.
    """
    return MemberRecord.of(announcement.certificate, announcement.signedCertificate).status
