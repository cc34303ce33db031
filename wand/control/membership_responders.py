"""
The answers to the commands that are about the members of a network.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.control import membership_commands as commands
from wand.control.documents import Documents
from wand.control.locator import PAGE_ITEMS, PAGE_MEMBERS, Answer, Locator, checkLifetime, page
from wand.control.network_administration import InvitationSettings
from wand.control.program import Program
from wand.sealed.credentials.limits import Limits


class MembershipResponders(Locator):
    """
    Answers what operators ask about members.

    @ivar documents: those that are under way on this connection.
    """

    def __init__(self, program: Program, malformed: Callable[[], None]) -> None:
        super().__init__(program, malformed)
        self.documents = Documents()

    # Joining.

    @commands.Join.responder
    async def join(self, token: str, addresses: str | None = None) -> Answer:
        """
        Redeem an invitation.
        """
        await self._program.join(token, (addresses or "").split())
        return {}

    @commands.Found.responder
    async def found(self, name: str, prefix: str, prefix6: str | None = None) -> Answer:
        """
        Make a network, and answer with an invitation.
        """
        return {"token": await self._program.found(name, prefix, prefix6 or "")}

    @commands.Ask.responder
    def ask(self) -> Answer:
        """
        Answer with what this node asks for.
        """
        return {"request": self._program.request()}

    @commands.Admit.responder
    async def admit(self, request: str, endpoints: list[str], name: str, bridge: bool, relay: bool) -> Answer:
        """
        Make a member of a node whose request somebody brought.
        """
        settings = InvitationSettings(endpoints, name=name, bridge=bridge, relay=relay)
        return {"answer": await self._program.network.admit(request, settings)}

    @commands.Invite.responder
    async def invite(
        self,
        endpoints: list[str],
        uses: int,
        lifetime: float,
        name: str,
        bridge: bool,
        approval: bool,
        macs: int,
        broadcasts: int,
        relay: bool,
        admits: int,
    ) -> Answer:
        """
        Make an invitation, and answer with the token.
        """
        checkLifetime(lifetime)
        limits = Limits().changed(macs, broadcasts)
        settings = InvitationSettings(endpoints, uses, lifetime, name, bridge, approval, limits, relay, admits)
        return {"token": await self._program.network.invite(settings)}

    @commands.Invitations.responder
    def invitations(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the invitations.
        """
        known = sorted(self._program.network.invitations(), key=lambda each: each.invitation)
        return page([each for each in known if after is None or each.invitation > after][:PAGE_ITEMS])

    @commands.Withdraw.responder
    async def withdraw(self, invitation: str) -> Answer:
        """
        Withdraw an invitation.
        """
        await self._program.network.withdraw(invitation)
        return {}

    # Members.

    @commands.Members.responder
    def members(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the members.
        """
        return page(self._program.network.members(after, PAGE_MEMBERS), PAGE_MEMBERS)

    @commands.Seen.responder
    def seen(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the members as the program sees them.
        """
        return page(self._program.seen(after, PAGE_MEMBERS), PAGE_MEMBERS)

    @commands.Servers.responder
    def servers(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the servers.
        """
        known = sorted(self._program.network.servers(), key=lambda each: each.key)
        return page([each for each in known if after is None or each.key > after][:PAGE_ITEMS])

    @commands.Approve.responder
    async def approve(self, nameOrKey: str) -> Answer:
        """
        Admit somebody who waits for it.
        """
        return {"member": await self._program.network.approve(nameOrKey)}

    @commands.Rename.responder
    async def rename(self, nameOrKey: str, name: str) -> Answer:
        """
        Call a member something else.
        """
        return {"member": await self._program.network.rename(nameOrKey, name)}

    @commands.Readdress.responder
    async def address(self, nameOrKey: str, addresses: list[str]) -> Answer:
        """
        Give a member other overlay addresses.
        """
        return {"member": await self._program.network.address(nameOrKey, addresses)}

    @commands.Limit.responder
    async def limit(self, nameOrKey: str, macs: int | None = None, broadcasts: int | None = None) -> Answer:
        """
        Say how much a member may bring.
        """
        return {"member": await self._program.network.limit(nameOrKey, macs, broadcasts)}

    @commands.Confirm.responder
    async def confirm(self, nameOrKey: str) -> Answer:
        """
        Say that the MAC addresses of a member are its own.
        """
        return {"member": await self._program.network.confirm(nameOrKey)}

    @commands.Appoint.responder
    async def appoint(self, nameOrKey: str, admits: int) -> Answer:
        """
        Let a member admit others.
        """
        return {"member": await self._program.network.appoint(nameOrKey, admits)}

    @commands.Revoke.responder
    async def revoke(self, nameOrKey: str) -> Answer:
        """
        Revoke a member permanently.
        """
        return {"member": await self._program.network.revoke(nameOrKey)}

    @commands.Rotate.responder
    async def rotate(self, overlap: float) -> Answer:
        """
        Give the network another secret.
        """
        return {"secret": await self._program.network.rotate(overlap)}

    @commands.Secret.responder
    def secret(self) -> Answer:
        """
        Answer with which secret the members have.
        """
        return {"secret": self._program.network.secret()}

    # Signing elsewhere.

    @commands.SignatureRequests.responder
    def requests(self, offset: int) -> Answer:
        """
        Answer with a part of what waits for a signature.
        """
        part, total = self.documents.part(offset, self._program.network.requests)
        return {"part": part, "total": total}

    @commands.ImportSignatures.responder
    async def importSignatures(self, offset: int, part: bytes, more: bool) -> Answer:
        """
        Take a part of what was signed, and with the last part all of it.
        """
        self.documents.receive(offset, part)
        if more:
            return {"taken": 0}
        with self.documents.received() as document:
            return {"taken": await self._program.network.importSignatures(document)}
