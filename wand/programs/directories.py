"""
Wand as a service: the directories that keep the table up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from twisted.application.service import Service

from wand.discovery.catalogue import discover
from wand.discovery.opening import openPlugin
from wand.interfaces import IDirectory, IDirectoryKind, IMembershipFollower, IRovingDirectory, NodeContext, Settings
from wand.status import DirectoryStatus

Answer = TypeVar("Answer")


class DirectoriesService(Service):
    """
    Runs directories.

    @ivar adapted: set from outside; called with those that are wanted, for those that our membership makes of them.
    """

    def __init__(
        self,
        wanted: dict[str, Settings],
        context: Callable[[], NodeContext],
        off: Collection[str] = (),
        perhaps: Collection[str] = (),
    ) -> None:
        """
        @param wanted: the settings of each directory, by its plugin's name.
        @param context: called when the service starts, for what the directories work with.
        @param off: the names of plugins and distributions that are switched off.
        @param perhaps: those that L{adapted} may add.  They are looked for now, like the others: later the privileges
            may be gone, and with them the way to Python's library.
        """
        self.adapted: Callable[[dict[str, Settings]], dict[str, Settings]] = lambda wanted: wanted
        self._kinds = discover(IDirectoryKind, off)
        self._wanted = wanted
        self._context = context
        self._open: dict[str, tuple[Settings, IDirectory]] = {}
        for name in wanted:
            self._kinds.choose(name)
        for name in perhaps:
            self._kinds.has(name)

    def privilegedStartService(self) -> None:
        """
        Nothing needs privileges.
        """

    def startService(self) -> None:
        """
        Open the directories and start them.

        @raise wand.errors.ConfigurationInvalid: if one refuses its settings.
        """
        super().startService()
        self.change(self._wanted)

    def stopService(self) -> None:
        """
        Stop the directories.
        """
        super().stopService()
        for name, (_, directory) in self._open.items():
            self._guarded(name, directory, directory.stop)
        self._open.clear()

    def change(self, wanted: dict[str, Settings]) -> list[str]:
        """
        Have these directories and no others, now or once the service runs; those whose settings are the same are not
        disturbed.

        @return: the names of those that were opened, opened again, or stopped.
        @raise wand.errors.WandError: if one cannot be opened; nothing is changed then.
        """
        if not self.running:
            changed = [name for name in {**self._wanted, **wanted} if self._wanted.get(name) != wanted.get(name)]
            for name in wanted:
                self._kinds.choose(name)
            self._wanted = wanted
            return sorted(changed)
        told, wanted = wanted, self.adapted(wanted)
        kept = {name: held for name, held in self._open.items() if name in wanted and held[0] == wanted[name]}
        opened: dict[str, tuple[Settings, IDirectory]] = {
            name: (settings, openPlugin("directory", name, self._kinds.choose(name), settings, self._context()))
            for name, settings in wanted.items()
            if name not in kept
        }
        self._wanted = told
        gone = {name: held for name, held in self._open.items() if name not in kept}
        for name, (_, directory) in gone.items():
            self._guarded(name, directory, directory.stop)
            if name not in opened:
                self._context().inUse.closed("directory", name)
        self._open = {**kept, **opened}
        for name, (_, directory) in opened.items():
            self._guarded(name, directory, directory.start)
        return sorted({*gone, *opened})

    # What the directories are told.

    def moved(self) -> None:
        """
        An address or a route of this host changed.
        """
        for name, (_, directory) in self._open.items():
            if IRovingDirectory.providedBy(directory):
                self._guarded(name, directory, directory.moved)

    def macChanged(self) -> None:
        """
        The tap has another address, under which directories that registered the old one have to register.
        """
        wanted = self._wanted
        self.change({})
        self.change(wanted)

    def announcementChanged(self) -> None:
        """
        See L{IMembershipFollower}.
        """
        for name, directory in self._followers():
            self._guarded(name, directory, directory.announcementChanged)

    def serversChanged(self) -> None:
        """
        See L{IMembershipFollower}.
        """
        if self.running:
            self.change(self._wanted)
        for name, directory in self._followers():
            self._guarded(name, directory, directory.serversChanged)

    def clockSet(self) -> None:
        """
        See L{IMembershipFollower}.
        """
        for name, directory in self._followers():
            self._guarded(name, directory, directory.clockSet)

    def _followers(self) -> list[tuple[str, IMembershipFollower]]:
        return [(name, each) for name, (_, each) in self._open.items() if IMembershipFollower.providedBy(each)]

    def status(self) -> list[DirectoryStatus]:
        """
        The state of every server.
        """
        return [status for name, (_, directory) in self._open.items() for status in self._statusOf(name, directory)]

    def _statusOf(self, name: str, directory: IDirectory) -> Sequence[DirectoryStatus]:
        def ask() -> list[DirectoryStatus]:
            return [msgspec.convert(each, DirectoryStatus) for each in directory.status()]

        answer = self._guarded(name, directory, ask)
        return [DirectoryStatus(name, "failed", 0, None)] if answer is None else answer

    def _guarded(self, name: str, directory: IDirectory, call: Callable[[], Answer]) -> Answer | None:
        try:
            return call()
        except Exception:
            self._context().failures.caught(f"directory {name}", plugin=directory)
            return None


def wantedDirectories(
    native: str,
    servers: Iterable[str],
    entries: dict[str, str],
    more: Mapping[str, Settings],
    *,
    hasMembers: bool = False,
) -> dict[str, Settings]:
    """
    The directories that a configuration asks for.

    @param native: the directory plugin that asks C{servers}: the one of the peer protocol.
    @param entries: fixed entries.
    @param more: the settings of further directories, by name.
    @param hasMembers: is the protocol one between members, whose membership knows the servers?
    """
    wanted = {name: dict(settings) for name, settings in more.items()}
    if servers and not hasMembers:
        wanted.setdefault(native, {})["servers"] = list(servers)
    elif hasMembers:
        wanted.setdefault(native, {})
    if entries:
        wanted.setdefault("static", {})["entries"] = dict(entries)
    return dict(wanted)
