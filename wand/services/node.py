"""
A node: etud, wand and what the control socket sees of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import msgspec
from twisted.application.service import MultiService

from wand import __version__
from wand.config import EtudConfiguration, NodeConfiguration
from wand.errors import NotSupported
from wand.ethernet import MAC
from wand.interfaces import Context, NodeContext, Settings
from wand.services.changes import waitingForRestart
from wand.services.etud import EtudService
from wand.services.hooks import HookService
from wand.services.wand import WandService, wantedDirectories
from wand.state import Owner
from wand.status import EntryStatus, PeerStatus, ProgramStatus
from wand.table import OPERATOR, Entry, Rank, Source

#: The keys that a reload takes over.
LIVE: Final = ("servers", "entries", "directories")


class Node(MultiService):
    """
    One port of the Ethernet; also the C{etud} that a separate C{wand} feeds.  It provides
    L{wand.control.program.Program}.

    @ivar configuration: as it was last read.
    @ivar etud: the data plane.
    @ivar wand: the directories.
    """

    def __init__(
        self,
        load: Callable[[], EtudConfiguration],
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
        self._hooks = HookService(self.configuration, context)
        self.etud = EtudService(self.configuration, context, owner, lost)
        self.wand = WandService(self._wanted(self.configuration), self._context)
        for service in (self._hooks, self.etud, self.wand):
            service.setServiceParent(self)

    def _context(self) -> NodeContext:
        return self.etud.context

    def _wanted(self, configuration: EtudConfiguration) -> dict[str, Settings]:
        if not isinstance(configuration, NodeConfiguration):
            return wantedDirectories("", (), configuration.entries, {})
        native = self.etud.protocol.directory
        return wantedDirectories(native, configuration.servers, configuration.entries, configuration.directories)

    # What the control socket looks at.

    def status(self) -> ProgramStatus:
        """
        See L{wand.control.program.Program}.
        """
        table = self.etud.table
        return ProgramStatus(
            role="node" if isinstance(self.configuration, NodeConfiguration) else "etud",
            version=__version__,
            pid=os.getpid(),
            started=self._started,
            protocol=self.etud.protocol.name,
            listening=self.etud.transport.listening,
            configuration=self._origin,
            entries=len(table),
            peers=len(table.peers),
            drops=self.counters.drops(),
            tap=self.etud.tapStatus(),
            directories=self.wand.status(),
        )

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        See L{wand.control.program.Program}.
        """
        return [self._entryStatus(entry) for entry in self.etud.table.page(after, count)]

    def _entryStatus(self, entry: Entry) -> EntryStatus:
        return EntryStatus(
            mac=str(entry.mac),
            peer=str(entry.peer),
            source=entry.source.name,
            since=entry.since,
            expires=self.etud.table.expires(entry),
        )

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        """
        See L{wand.control.program.Program}.
        """
        table, transport = self.etud.table, self.etud.transport
        named = sorted((str(peer), peer) for peer in table.peers if after is None or str(peer) > after)
        return [
            _withMACs(transport.peerStatus(peer), [str(mac) for mac in sorted(table.macsOf(peer))])
            for _, peer in named[:count]
        ]

    # What the control socket changes.

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self.etud.table.put(mac, self.etud.transport.peerFrom(peer), _source(source), lifetime)

    def delete(self, mac: MAC, source: str | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        if source is None:
            self.etud.table.removeEverywhere(mac)
        else:
            self.etud.table.remove(mac, _source(source))

    def reload(self) -> list[str]:
        """
        See L{wand.control.program.Program}.
        """
        before, after = self.configuration, self._load()
        changed = self.wand.change(self._wanted(after))
        self.configuration = after
        return [f"directory {name}: taken over" for name in changed] + waitingForRestart(before, after, LIVE)

    def stop(self) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self._end()


def _source(name: str | None) -> Source:
    if name is None or name == OPERATOR.name:
        return OPERATOR
    if not name.isprintable() or not 0 < len(name) <= 64:
        raise NotSupported("the name of a source has 1 to 64 printable characters")
    return Source(name, Rank.DIRECTORY)


def _withMACs(status: PeerStatus, macs: list[str]) -> PeerStatus:
    return msgspec.structs.replace(status, macs=macs)
