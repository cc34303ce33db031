"""
What the control socket can look at and change of a sealed network, where its operator does so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import SecretStatus


@attrs.frozen
class InvitationSettings:
    """
    What an invitation is to be like.

    @ivar endpoints: where nodes reach the server, C{HOST:PORT} each; empty for what its configuration says.
    @ivar uses: how many nodes may join with it.
    @ivar lifetime: in seconds.
    @ivar name: what the node that joins is called; empty for what it wants.
    @ivar bridge: do those who join get the bridge right?
    @ivar approval: must somebody approve those who join?
    @ivar limits: how much those who join may bring.
    @ivar relay: do they get the relay right?
    @ivar admits: how many members may they admit themselves? 0 for none.
    """

    endpoints: Sequence[str] = ()
    uses: int = 1
    lifetime: float = 86_400.0
    name: str = ""
    bridge: bool = False
    approval: bool = False
    limits: Limits = DEFAULT_LIMITS
    relay: bool = False
    admits: int = 0


class NetworkAdministration(Protocol):
    """
    A sealed network, as the operator of its server sees it.  Methods raise only L{wand.errors.WandError}.
    """

    async def invite(self, settings: InvitationSettings) -> str:
        """
        Make an invitation.

        @return: the token.
        @raise wand.errors.MembershipRefused: if it cannot be made so.
        """

    async def admit(self, request: str, settings: InvitationSettings) -> str:
        """
        Make a member of a node whose request somebody brought.

        @param settings: its C{endpoints}, C{name}, C{bridge} and C{relay} count.
        @return: the answer, which only that node can read.
        @raise wand.errors.TokenInvalid: if C{request} is none.
        @raise wand.errors.MembershipRefused: if it cannot be a member.
        """

    def invitations(self) -> list[InvitationStatus]:
        """
        The invitations that can still be redeemed.
        """

    async def withdraw(self, invitation: str) -> None:
        """
        Withdraw an invitation.

        @param invitation: its whole id in hex.
        @raise wand.errors.NoSuchMember: if there is none.
        """

    def members(self, after: str | None, count: int) -> list[MemberStatus]:
        """
        At most C{count} members in the order of their keys, those beyond C{after}.
        """

    def servers(self) -> list[ServerStatus]:
        """
        The servers of the network.
        """

    async def approve(self, nameOrKey: str) -> MemberStatus:
        """
        Admit somebody who waits for it.
        """

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        """
        Call a member something else.
        """

    async def address(self, nameOrKey: str, addresses: Sequence[str]) -> MemberStatus:
        """
        Give a member other overlay addresses, each in place of the one of the same prefix.
        """

    async def limit(self, nameOrKey: str, macs: int | None, broadcasts: int | None) -> MemberStatus:
        """
        Say how many MAC addresses may be behind a member, and how many broadcasts it may send in a second; C{None}
        leaves a limit as it is.
        """

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        """
        Say that the MAC addresses of a member are its own, also where they were heard behind another.
        """

    async def appoint(self, nameOrKey: str, admits: int) -> MemberStatus:
        """
        Let a member admit others.

        @param admits: how many; 0 for none any more.
        """

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        """
        Revoke a member permanently.
        """

    def secret(self) -> SecretStatus:
        """
        Which secret the members have; not the secret itself.
        """

    async def rotate(self, overlap: float) -> SecretStatus:
        """
        Give the network another secret.

        @param overlap: for how many seconds the former one counts between members.
        @raise wand.errors.MembershipRefused: if the network key is not here, or that is too long.
        """

    def requests(self) -> bytes:
        """
        What waits for a signature made elsewhere, as a document for C{wand sign}.
        """

    async def importSignatures(self, document: bytes) -> int:
        """
        Take what was signed elsewhere.

        @return: how many certificates and revocations were taken.
        """
