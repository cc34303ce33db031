"""
A directory server of REL2, and what the control socket sees of it.
"""

from __future__ import annotations

from wand.config import WansdConfiguration
from wand.errors import NotSupported
from wand.ethernet import MAC
from wand.programs.monitor import REL2, Monitor
from wand.programs.program import ProgramService, Surroundings
from wand.programs.rel2_server_service import REL2ServerService
from wand.programs.reload_changes import waitingForRestart
from wand.rel2.server import REL2Server
from wand.sealed.node.enrolment_files import MEMBERSHIP, TOKEN
from wand.sealed.node.epoch import EPOCH
from wand.status import EntryStatus, PeerStatus, ProgramStatus


class REL2ServerProgram(ProgramService[WansdConfiguration]):
    """
    Tells nodes who is here.  It provides L{wand.control.program.Program}.
    """

    foreign = (MEMBERSHIP, EPOCH, TOKEN)

    def __init__(self, surroundings: Surroundings[WansdConfiguration]) -> None:
        super().__init__(surroundings)
        self._service = REL2ServerService(
            self.configuration, surroundings.context, surroundings.owner, self.hooks, surroundings.lost
        )
        self._service.setServiceParent(self)
        Monitor(surroundings.context, REL2, [self.memory.look]).setServiceParent(self)

    @property
    def _server(self) -> REL2Server:
        return self._service.server

    def status(self) -> ProgramStatus:
        """
        See L{wand.control.program.Program}.
        """
        registrations = len(self._server.registry)
        return self.baseStatus("server", "rel2", str(self._server.listening), registrations, registrations)

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        See L{wand.control.program.Program}.
        """
        return self._server.entries(after, count)

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        """
        See L{wand.control.program.Program}.
        """
        raise NotSupported("a directory server has no peers: see its table")

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self._server.add(mac, peer, source, lifetime)

    def delete(self, mac: MAC, source: str | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self._server.delete(mac, source)

    def reload(self) -> list[str]:
        """
        See L{wand.control.program.Program}: a server takes nothing over without a restart.
        """
        after = self._surroundings.load()
        return [*self.levels.take(after.logLevels), *waitingForRestart(self.configuration, after, ("logLevels",))]
