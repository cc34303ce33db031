"""
A server of a sealed network, and what the control socket sees of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from wand.config import ServerConfiguration
from wand.errors import NotSupported, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.membership.administration import Administration
from wand.membership.enrolment_files import MEMBERSHIP, TOKEN
from wand.membership.epoch import EPOCH
from wand.membership.limits import USUAL, Limits
from wand.membership.status import InvitationStatus, MemberStatus
from wand.services.changes import waitingForRestart
from wand.services.lookout import SEALED, Lookout
from wand.services.program import ProgramService, Surroundings
from wand.services.sealed_server import SealedServerService
from wand.status import EntryStatus, OwnStatus, PeerStatus, ProgramStatus

#: What a program says that has not read its store yet.
OPENING: Final = "the server is opening its store, and answers nobody yet: try again in a moment"


class SealedServer(ProgramService[ServerConfiguration]):
    """
    Knows the members of its network.  It provides L{wand.control.program.Program}.
    """

    foreign = (MEMBERSHIP, EPOCH, TOKEN)

    def __init__(self, surroundings: Surroundings[ServerConfiguration], announce: Callable[[str], object]) -> None:
        """
        @param announce: called with a first invitation and what to do with it, for the operator's eyes.
        """
        super().__init__(surroundings)
        self._service = SealedServerService(
            self.configuration,
            surroundings.context,
            surroundings.owner,
            self.hooks,
            surroundings.lost,
            announce,
        )
        self._service.setServiceParent(self)
        Lookout(surroundings.context, SEALED, [self._service.look]).setServiceParent(self)

    # What the control socket looks at; see L{wand.control.program.Program}.

    def status(self) -> ProgramStatus:
        if not self._service.isOpen:
            status = self.baseStatus("server", "sealed", "", 0, 0)
            return msgspec.structs.replace(status, notes=[OPENING, *status.notes], attention=status.attention + 1)
        self._service.look()
        members = len(self._service.directory)
        status = self.baseStatus("server", "sealed", self._service.listening, members, members)
        network, own = self._administration.status, self._administration.own
        return msgspec.structs.replace(
            status,
            own=OwnStatus(
                stage="member",
                network=network.name,
                networkKey=network.key,
                cipher=network.cipher,
                prefix=network.prefix,
                name=own.name if own else "",
                key=own.key if own else "",
                addresses=[],
                expires=own.expires if own else None,
                conflicts=[],
            ),
        )

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        self._checkOpen()
        return self._service.directory.entries(after, count)

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        raise NotSupported("a directory server has no peers: see its members")

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        raise NotSupported("a sealed network lists what its members claim; add entries at a node")

    def delete(self, mac: MAC, source: str | None) -> None:
        raise NotSupported("a sealed network lists what its members claim; wand revoke ends a membership")

    def members(self, after: str | None, count: int) -> list[MemberStatus]:
        self._checkOpen()
        return self._administration.members(after or "", count)

    def invitations(self) -> list[InvitationStatus]:
        self._checkOpen()
        return self._administration.invitations

    def requests(self) -> bytes:
        self._checkOpen()
        return self._administration.signingRequests

    @property
    def _administration(self) -> Administration:
        return self._service.roster.administration

    def _checkOpen(self) -> None:
        if not self._service.isOpen:
            raise TemporarilyUnavailable(OPENING)

    # What the control socket changes.

    async def invite(
        self,
        endpoints: Sequence[str],
        uses: int,
        lifetime: float,
        name: str,
        bridge: bool,
        approval: bool,
        limits: Limits = USUAL,
    ) -> str:
        await self._service.opened()
        where = list(endpoints) or self._service.endpoints()
        token = await self._administration.invite(where, uses, lifetime, name, bridge, approval, limits)
        return token.text

    async def withdraw(self, invitation: str) -> None:
        await self._service.opened()
        await self._administration.withdraw(invitation)

    async def approve(self, nameOrKey: str) -> MemberStatus:
        await self._service.opened()
        return await self._administration.approve(nameOrKey)

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        await self._service.opened()
        return await self._administration.rename(nameOrKey, name)

    async def limit(self, nameOrKey: str, macs: int | None, broadcasts: int | None) -> MemberStatus:
        await self._service.opened()
        return await self._administration.limit(nameOrKey, macs, broadcasts)

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        await self._service.opened()
        return await self._administration.confirm(nameOrKey)

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        await self._service.opened()
        return await self._administration.revoke(nameOrKey)

    async def importSignatures(self, document: bytes) -> int:
        await self._service.opened()
        return await self._administration.importSignatures(document)

    def reload(self) -> list[str]:
        return waitingForRestart(self.configuration, self._surroundings.load())
