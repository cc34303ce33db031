"""
A member that admits others, as a member, and what it answers to those whom it admitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from wand.ethernet import MAC
from wand.interfaces.membership import Member
from wand.sealed.authority.claimant import Claimant
from wand.sealed.authority.invitations import Invitations
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.member_recovery import MemberRecovery
from wand.sealed.authority.node_requests import NodeRequests
from wand.sealed.authority.server_membership import ServerMembership
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import NotNow, Refused, Renewed
from wand.sealed.credentials.trust import Trust


@attrs.frozen(eq=False)
class OwnMembership:
    """
    What a member that admits others knows as a member.

    @ivar key: its own.
    @ivar storedNetwork: the network, without its key.
    @ivar trust: whose certificates are valid.
    @ivar certificate: its signed certificate, as it is now.
    @ivar certified: what that says.
    @ivar admit: whom it lets in as any node does; see L{wand.interfaces.membership.Membership}.
    @ivar claimant: who claims something.
    @ivar isMember: is an identity a member that was admitted elsewhere?
    @ivar everybody: what all members announced that are known.
    @ivar deciders: the names of the programs that decide about everything else, for people.
    @ivar reserve: ranges of addresses that are given to nobody, see L{wand.address_ranges}.
    """

    key: NodeKey
    storedNetwork: StoredNetwork
    trust: Trust
    certificate: Callable[[], bytes]
    certified: Callable[[], Certificate | None]
    admit: Callable[[bytes, bytes], Member | None]
    claimant: Claimant
    isMember: Callable[[bytes], bool]
    everybody: Callable[[], Iterable[Announcement]]
    deciders: Callable[[], str] = lambda: "a server"
    reserve: Sequence[str] = ()


class DeputyMembership(ServerMembership):
    """
    Who this node is, and whom it admits: those whose certificates it signed as a server does, and all others as any
    node.
    """

    def __init__(
        self,
        own: OwnMembership,
        network: StoredNetwork,
        members: MemberRecords,
        invitations: Invitations,
        recovery: MemberRecovery,
        trust: Trust,
        wallClock: Callable[[], float],
    ) -> None:
        super().__init__(own.key, network, members, invitations, recovery, trust, wallClock)
        self._ownMembership = own

    @property
    def certificate(self) -> bytes:
        return self._ownMembership.certificate()

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        See L{ServerMembership.admit}.
        """
        member = self._trust.admit(certificate, exchangeKey, expired=True)
        if member is not None and member.admitter == self.identity:
            return super().admit(certificate, exchangeKey)
        return self._ownMembership.admit(certificate, exchangeKey)


class DeputyRequests(NodeRequests):
    """
    Answers nodes.
    """

    async def renew(self, identity: bytes, mac: MAC) -> Renewed | Refused | NotNow:
        """
        See L{NodeRequests.renew}: whoever was admitted elsewhere is no stranger.
        """
        if self._members.get(identity) is None:
            return NotNow("this node renews only certificates of members that it admitted")
        return await super().renew(identity, mac)
