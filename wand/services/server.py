"""
A directory server, and what the control socket sees of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from twisted.application.service import MultiService

from wand import __version__
from wand.config import WansdConfiguration
from wand.errors import NotSupported
from wand.ethernet import MAC
from wand.interfaces import Context
from wand.services.changes import waitingForRestart
from wand.services.hooks import HookService
from wand.services.wansd import WansdService
from wand.state import Owner
from wand.status import EntryStatus, PeerStatus, ProgramStatus
from wand.wansd.server import Wansd


class Server(MultiService):
    """
    Tells nodes who is here.  It provides L{wand.control.program.Program}.

    @ivar configuration: as it was read at the start.
    """

    def __init__(
        self,
        load: Callable[[], WansdConfiguration],
        context: Context,
        owner: Owner,
        *,
        end: Callable[[], object],
        lost: Callable[[str], object],
        origin: str = "",
    ) -> None:
        """
        @param load: reads the configuration; called again to reload it.
        @param end: ends the program in good order.
        @param lost: ends the program because of a reason.
        @param origin: the configuration file, for people.
        """
        super().__init__()
        self.counters = context.counters
        self.events = context.events
        self._load = load
        self._end = end
        self._origin = origin
        self.configuration = load()
        self._started = context.clock.seconds()
        hooks = HookService(self.configuration, context)
        self._service = WansdService(self.configuration, context, owner, hooks, lost)
        for service in (hooks, self._service):
            service.setServiceParent(self)

    @property
    def _wansd(self) -> Wansd:
        return self._service.wansd

    def status(self) -> ProgramStatus:
        """
        See L{wand.control.program.Program}.
        """
        registrations = len(self._wansd.registry)
        return ProgramStatus(
            role="server",
            version=__version__,
            pid=os.getpid(),
            started=self._started,
            protocol="rel2",
            listening=str(self._wansd.listening),
            configuration=self._origin,
            entries=registrations,
            peers=registrations,
            drops=self.counters.drops(),
        )

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        See L{wand.control.program.Program}.
        """
        return self._wansd.entries(after, count)

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        """
        See L{wand.control.program.Program}.
        """
        raise NotSupported("a directory server has no peers: see its table")

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self._wansd.add(mac, peer, source, lifetime)

    def delete(self, mac: MAC, source: str | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self._wansd.delete(mac, source)

    def reload(self) -> list[str]:
        """
        See L{wand.control.program.Program}: a server takes nothing over without a restart.
        """
        return waitingForRestart(self.configuration, self._load())

    def stop(self) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self._end()
