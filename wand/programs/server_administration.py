"""
What an operator does with the members of a network, at its server or at a node that admits others.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from msgspec.structs import replace
from twisted.internet.defer import Deferred

from wand.control.network_administration import InvitationSettings
from wand.errors import MembershipRefused, PortUnavailable, TemporarilyUnavailable
from wand.sealed.authority.administration import Administration
from wand.sealed.authority.member_authority import MemberAuthority
from wand.sealed.credentials.handed import HandedRequest
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import SecretStatus
from wand.stream_targets import checkPlace

#: What a server says that has not read its store yet.
OPENING: Final = "the server is opening its store, and answers nobody yet: try again in a moment"


class Admitting(Protocol):
    """
    What admits members.

    @ivar authority: the members.
    """

    @property
    def authority(self) -> MemberAuthority: ...

    def presenceOf(self, identity: Identity) -> tuple[bool, float | None, str]:
        """
        Is a member online, when was it last heard, in seconds since the epoch, and which version does it run?
        """

    @property
    def secretHolders(self) -> int:
        """
        How many members said that they have the newest secret of the network.
        """

    def endpoints(self) -> Sequence[str]:
        """
        Where nodes reach it.

        @raise wand.errors.PortUnavailable: if nobody knows.
        """


Server = TypeVar("Server", bound=Admitting)


class OpeningService(Protocol[Server]):
    """
    Opens its store, and admits from then on.

    @ivar server: at work; C{None} until the store is read.
    """

    @property
    def server(self) -> Server | None: ...

    def opened(self) -> Deferred[Server]:
        """
        Wait until the store is read.
        """


class ServerAdministration(Generic[Server]):
    """
    Provides L{wand.control.network_administration.NetworkAdministration}.  What is looked at before the store is read
    fails; what is changed waits for it.
    """

    def __init__(self, service: OpeningService[Server]) -> None:
        self._service = service

    @property
    def server(self) -> Server:
        """
        What is at work.

        @raise TemporarilyUnavailable: if its store is not read yet.
        """
        if self._service.server is None:
            raise TemporarilyUnavailable(OPENING)
        return self._service.server

    async def _opened(self) -> Administration:
        return (await self._service.opened()).authority.administration

    def members(self, after: str | None, count: int) -> list[MemberStatus]:
        server = self.server
        return [_present(each, server) for each in server.authority.administration.members(after or "", count)]

    def invitations(self) -> list[InvitationStatus]:
        return self.server.authority.administration.invitations

    def servers(self) -> list[ServerStatus]:
        return self.server.authority.administration.servers

    def requests(self) -> bytes:
        return self.server.authority.administration.signingRequests

    async def invite(self, settings: InvitationSettings) -> str:
        server = await self._service.opened()
        token = await server.authority.administration.invite(
            list(settings.endpoints) or server.endpoints(),
            settings.uses,
            settings.lifetime,
            settings.name,
            settings.bridge,
            settings.approval,
            settings.limits,
            settings.relay,
            settings.admits,
        )
        return token.text

    async def admit(self, request: str, settings: InvitationSettings) -> str:
        asked = HandedRequest.parse(request)
        server = await self._service.opened()
        endpoints = list(settings.endpoints)
        for each in endpoints:
            checkPlace(each)
        if not endpoints:
            with suppress(PortUnavailable):  # then it finds members on its links
                endpoints = list(server.endpoints())
        bridge, relay = settings.bridge, settings.relay
        server.authority.administration.checkTerms(bridge=bridge, relay=relay)
        answer = await server.authority.requests.enlist(asked, settings.name, endpoints, bridge=bridge, relay=relay)
        if answer is None:
            raise MembershipRefused(
                "it waits for a signature of the network key (wand requests, wand sign, wand import-signatures): admit "
                "it once more after that"
            )
        return answer.sealedFor(asked.exchangeKey, os.urandom)

    async def withdraw(self, invitation: str) -> None:
        await (await self._opened()).withdraw(invitation)

    async def approve(self, nameOrKey: str) -> MemberStatus:
        return await (await self._opened()).approve(nameOrKey)

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        return await (await self._opened()).rename(nameOrKey, name)

    async def address(self, nameOrKey: str, addresses: Sequence[str]) -> MemberStatus:
        server = await self._service.opened()
        return _present(await server.authority.administration.address(nameOrKey, addresses), server)

    async def limit(self, nameOrKey: str, macs: int | None, broadcasts: int | None) -> MemberStatus:
        return await (await self._opened()).limit(nameOrKey, macs, broadcasts)

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        return await (await self._opened()).confirm(nameOrKey)

    async def appoint(self, nameOrKey: str, admits: int) -> MemberStatus:
        return await (await self._opened()).appoint(nameOrKey, admits)

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        return await (await self._opened()).revoke(nameOrKey)

    def secret(self) -> SecretStatus:
        return self.server.authority.administration.secret(self.server.secretHolders)

    async def rotate(self, overlap: float) -> SecretStatus:
        await (await self._opened()).rotate(overlap)
        return self.secret()

    async def importSignatures(self, document: bytes) -> int:
        return await (await self._opened()).importSignatures(document)


def _present(status: MemberStatus, admitting: Admitting) -> MemberStatus:
    if status.state != "member":
        return status
    online, seen, version = admitting.presenceOf(Identity(bytes.fromhex(status.key)))
    return replace(status, online=online, seen=seen, version=version)
