"""
What a client asks about the members of a network.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

from wand.control import membership_commands as commands
from wand.control.connection import CommandSender
from wand.control.documents import PART_SIZE
from wand.errors import WandError
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import SecretStatus, SeenStatus

#: Seconds in which a program that takes thousands of signatures must answer.
IMPORT_TIMEOUT: Final = 600.0


class MembershipClient(CommandSender):
    """
    The part of L{wand.control.client.ControlClient} that is about members.
    """

    async def join(self, token: str, addresses: Sequence[str] = ()) -> None:
        """
        Redeem an invitation; the status and events tell what comes of it.

        @param addresses: the overlay addresses that the node would like, without the lengths of their prefixes.
        """
        given: dict[str, Any] = {"addresses": " ".join(addresses)} if addresses else {}
        await self._send(commands.Join, token=token, **given)

    async def found(self, name: str, prefix: str = "", prefix6: str = "") -> str:
        """
        Make a network.

        @param prefix: where overlay addresses come from; empty for the usual one.
        @param prefix6: where those of IPv6 come from; empty for the usual one.
        @return: an invitation for one node; empty if nobody knows where others reach this one.
        """
        token: str = (await self._send(commands.Found, name=name, prefix=prefix, prefix6=prefix6))["token"]
        return token

    async def request(self) -> str:
        """
        What this node asks for, to be carried to somebody who may admit it.
        """
        request: str = (await self._send(commands.Ask))["request"]
        return request

    async def admit(
        self, request: str, endpoints: Sequence[str] = (), name: str = "", *, bridge: bool = False, relay: bool = False
    ) -> str:
        """
        Make a member of a node whose request somebody brought.

        @param endpoints: where it reaches this program, C{HOST:PORT} each; empty for what is known.
        @param name: what it is called; empty for what it wants.
        @return: the answer for it.
        """
        told = await self._send(
            commands.Admit, request=request, endpoints=list(endpoints), name=name, bridge=bridge, relay=relay
        )
        answer: str = told["answer"]
        return answer

    async def invite(
        self,
        endpoints: Sequence[str] = (),
        uses: int = 1,
        lifetime: float = 86_400.0,
        name: str = "",
        bridge: bool = False,
        approval: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        relay: bool = False,
        admits: int = 0,
    ) -> str:
        """
        Make an invitation.

        @param endpoints: where nodes reach the server, C{HOST:PORT} each; empty for what its configuration says.
        @param lifetime: in seconds.
        @param limits: how much those who join may bring.
        @param admits: how many members they may admit themselves.
        @return: the token.
        """
        answer = await self._send(
            commands.Invite,
            endpoints=list(endpoints),
            uses=uses,
            lifetime=float(lifetime),  # AMP sends nothing else as a Float
            name=name,
            bridge=bridge,
            approval=approval,
            macs=limits.macs,
            broadcasts=limits.broadcasts,
            relay=relay,
            admits=admits,
        )
        token: str = answer["token"]
        return token

    def invitations(self, after: str | None = None) -> AsyncGenerator[InvitationStatus, None]:
        """
        The invitations that can still be redeemed, in the order of their ids.
        """
        return self._pages(commands.Invitations, lambda each: each.invitation, after)

    async def withdraw(self, invitation: str) -> None:
        """
        Withdraw an invitation.

        @param invitation: its whole id in hex.
        """
        await self._send(commands.Withdraw, invitation=invitation)

    def members(self, after: str | None = None) -> AsyncGenerator[MemberStatus, None]:
        """
        Every member, in the order of their keys, asked for page by page.
        """
        return self._pages(commands.Members, lambda each: each.key, after)

    def seen(self, after: str | None = None) -> AsyncGenerator[SeenStatus, None]:
        """
        Every member that the program knows, as it sees it, in the order of their keys, asked for page by page.
        """
        return self._pages(commands.Seen, lambda each: each.key, after)

    def servers(self, after: str | None = None) -> AsyncGenerator[ServerStatus, None]:
        """
        The servers of the network, in the order of their keys.
        """
        return self._pages(commands.Servers, lambda each: each.key, after)

    async def approve(self, nameOrKey: str) -> MemberStatus:
        """
        Admit somebody who waits for it.
        """
        member: MemberStatus = (await self._send(commands.Approve, nameOrKey=nameOrKey))["member"]
        return member

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        """
        Call a member something else.
        """
        member: MemberStatus = (await self._send(commands.Rename, nameOrKey=nameOrKey, name=name))["member"]
        return member

    async def address(self, nameOrKey: str, addresses: Sequence[str]) -> MemberStatus:
        """
        Give a member other overlay addresses, each in place of the one of the same prefix.
        """
        told = await self._send(commands.Readdress, nameOrKey=nameOrKey, addresses=list(addresses))
        member: MemberStatus = told["member"]
        return member

    async def limit(self, nameOrKey: str, macs: int | None, broadcasts: int | None) -> MemberStatus:
        """
        Say how much a member may bring; C{None} leaves a limit as it is.
        """
        told = {"macs": macs, "broadcasts": broadcasts}
        given = {name: number for name, number in told.items() if number is not None}
        member: MemberStatus = (await self._send(commands.Limit, nameOrKey=nameOrKey, **given))["member"]
        return member

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        """
        Say that the MAC addresses of a member are its own, also where they were heard behind another.
        """
        member: MemberStatus = (await self._send(commands.Confirm, nameOrKey=nameOrKey))["member"]
        return member

    async def appoint(self, nameOrKey: str, admits: int) -> MemberStatus:
        """
        Let a member admit others.

        @param admits: how many; 0 for none any more.
        """
        told = await self._send(commands.Appoint, nameOrKey=nameOrKey, admits=admits)
        member: MemberStatus = told["member"]
        return member

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        """
        Revoke a member permanently.
        """
        member: MemberStatus = (await self._send(commands.Revoke, nameOrKey=nameOrKey))["member"]
        return member

    async def rotate(self, overlap: float) -> SecretStatus:
        """
        Give the network another secret.

        @param overlap: for how many seconds the former one counts between members.
        """
        secret: SecretStatus = (await self._send(commands.Rotate, overlap=float(overlap)))["secret"]
        return secret

    async def secret(self) -> SecretStatus:
        """
        Which secret the members have; not the secret itself.
        """
        secret: SecretStatus = (await self._send(commands.Secret))["secret"]
        return secret

    async def requests(self) -> bytes:
        """
        What waits for a signature made elsewhere, as a document.
        """
        document = bytearray()
        while True:
            answer = await self._send(commands.SignatureRequests, offset=len(document))
            document += answer["part"]
            if len(document) >= answer["total"]:
                return bytes(document)
            if not answer["part"]:
                raise WandError(f"the program at {self._path} does not send the rest of the document")

    async def importSignatures(self, document: bytes) -> int:
        """
        Hand over what was signed elsewhere.

        @return: how many certificates and revocations were taken.
        """
        taken = 0
        for offset in range(0, max(len(document), 1), PART_SIZE):
            part, more = document[offset : offset + PART_SIZE], offset + PART_SIZE < len(document)
            within = {} if more else {"within": IMPORT_TIMEOUT}
            answer = await self._send(commands.ImportSignatures, **within, offset=offset, part=part, more=more)
            taken = answer["taken"]
        return taken
