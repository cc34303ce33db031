"""
A server of a sealed network, and what the control socket sees of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from twisted.internet.defer import Deferred

from wand.config import ServerConfiguration
from wand.errors import ConfigurationInvalid, NotSupported
from wand.ethernet import MAC
from wand.programs.monitor import SEALED, Monitor
from wand.programs.network_server import NetworkServer
from wand.programs.network_service import NetworkService
from wand.programs.own_name import renamedSoon
from wand.programs.program import ProgramService, Surroundings
from wand.programs.reload_changes import waitingForRestart
from wand.programs.reserved_anew import takeReserve
from wand.programs.server_administration import OPENING, ServerAdministration
from wand.sealed.credentials.fields import NAME_RULE, isName
from wand.sealed.credentials.member_status import MemberStatus
from wand.sealed.node.enrolment_files import FOUNDED, MEMBERSHIP, TOKEN
from wand.sealed.node.epoch import EPOCH
from wand.status import EntryStatus, OwnStatus, PeerStatus, ProgramStatus, SeenStatus

#: The keys that a reload takes over.
RELOADED_KEYS: Final = ("name", "reserve", "logLevels")


class SealedServer(ProgramService[ServerConfiguration]):
    """
    Knows the members of its network.  It provides L{wand.control.program.Program}.
    """

    foreign = (MEMBERSHIP, EPOCH, TOKEN, FOUNDED)

    def __init__(self, surroundings: Surroundings[ServerConfiguration], announce: Callable[[str], object]) -> None:
        """
        @param announce: called with a first invitation and what to do with it, for the operator's eyes.
        """
        super().__init__(surroundings)
        self._service = NetworkService(
            self.configuration,
            surroundings.context,
            surroundings.owner,
            self.hooks,
            surroundings.lost,
            announce,
        )
        self._administration: ServerAdministration[NetworkServer] = ServerAdministration(self._service)
        self._service.setServiceParent(self)
        Monitor(surroundings.context, SEALED, [self._look, self.memory.look]).setServiceParent(self)

    def opened(self) -> Deferred[NetworkServer]:
        """
        Wait until the store is read, and members are answered.
        """
        return self._service.opened()

    def _look(self) -> None:
        if self._service.server is not None:
            self._service.server.look()

    # See L{wand.control.program.Program}.

    def status(self) -> ProgramStatus:
        server = self._service.server
        if server is None:
            status = self.baseStatus("server", self.configuration.protocol, "", 0, 0)
            return msgspec.structs.replace(status, notes=[OPENING, *status.notes], attention=status.attention + 1)
        server.look()
        members = len(server.directory)
        listening = ", ".join(filter(None, (server.transport.listening, self._service.streams.listening)))
        status = self.baseStatus("server", self.configuration.protocol, listening, members, members)
        return msgspec.structs.replace(status, own=_own(server), relay=server.relay.status())

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        return self.network.server.directory.entries(after, count)

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        raise NotSupported("a directory server has no peers: see its members")

    def seen(self, after: str | None, count: int) -> list[SeenStatus]:
        return [_seen(each) for each in self.network.members(after, count)]

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        raise NotSupported("a sealed network lists what its members claim; add entries at a node")

    def delete(self, mac: MAC, source: str | None) -> None:
        raise NotSupported("a sealed network lists what its members claim; wand revoke ends a membership")

    @property
    def network(self) -> ServerAdministration[NetworkServer]:
        return self._administration

    def reload(self) -> list[str]:
        before, after = self.configuration, self._surroundings.load()
        said = [] if after.name == before.name else [self._rename(before.name, after.name)]
        self.configuration = after
        return [
            *said,
            *takeReserve(before.reserve, after.reserve, self._service.opened),
            *self.levels.take(after.logLevels),
            *waitingForRestart(self._begun, after, RELOADED_KEYS),
        ]

    def _rename(self, before: str, name: str) -> str:
        if not isName(name):
            raise ConfigurationInvalid(
                self._surroundings.origin,
                "name",
                f"{name!r} is not a name: {NAME_RULE}",
            )
        return renamedSoon(self._service.opened(), before, name, self.notes)


def _own(server: NetworkServer) -> OwnStatus:
    administration = server.authority.administration
    network, own = administration.status, administration.own
    return OwnStatus(
        stage="member",
        network=network.name,
        networkKey=network.key,
        cipher=network.cipher,
        prefix=network.prefix,
        prefix6=network.prefix6,
        name=own.name if own else "",
        key=own.key if own else "",
        addresses=[],
        expires=own.expires if own else None,
        conflicts=[],
        secret=administration.secret(server.secretHolders),
    )


def _seen(member: MemberStatus) -> SeenStatus:
    return SeenStatus(
        name=member.name,
        key=member.key,
        addresses=member.addresses,
        macs=member.macs,
        online=bool(member.online),
        seen=member.seen,
        state=member.state,
        server=member.server,
        version=member.version,
    )
