"""
What every program with a control socket is made of.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import attrs

from wand.config import EtudConfiguration, WansdConfiguration
from wand.control.network_administration import NetworkAdministration
from wand.control.program import ConsoleAccess, RunningCapture
from wand.control.reach_inspection import ReachInspection
from wand.errors import NotSupported
from wand.ethernet import MAC
from wand.interfaces import Context
from wand.logs.levels import Levels
from wand.programs.atomic import AtomicService
from wand.programs.hooks import HookService
from wand.programs.log_report import Reported, reportOf
from wand.programs.memory_look import MemoryLook
from wand.programs.state_service import StateService
from wand.programs.store_settings import storeSettings
from wand.recent_events import RecentEvents
from wand.state import Owner, StateDirectory
from wand.status import ProgramStatus, SeenStatus
from wand.version import __version__

if TYPE_CHECKING:
    from wand.capture.recording import Wanted

Kind = TypeVar("Kind", bound=EtudConfiguration | WansdConfiguration)


@attrs.frozen
class Surroundings(Generic[Kind]):
    """
    What a program gets from the command that started it.

    @ivar load: reads the configuration; called again to reload it.
    @ivar context: what its plugins work with.
    @ivar owner: who it becomes once the privileges are dropped.
    @ivar end: ends it in good order.
    @ivar lost: ends it because of a reason.
    @ivar origin: the configuration file, for people; empty without one.
    @ivar levels: how much each part says in the log.
    @ivar resident: gives how much memory it takes, in octets; 0 if that is not known.
    """

    load: Callable[[], Kind]
    context: Context
    owner: Owner
    end: Callable[[], object]
    lost: Callable[[str], object]
    origin: str = ""
    levels: Levels = attrs.field(factory=Levels)
    resident: Callable[[], int] = int


class ProgramService(AtomicService, Generic[Kind]):
    """
    The base of programs that provide L{wand.control.program.Program}.

    @ivar configuration: as it was last read.
    @ivar hooks: code of the operator's at work.
    @ivar memory: what its monitor looks at besides.
    @ivar consoleAccess: who may use its console; C{None} if it serves none.
    @cvar foreign: files that only the state directories of other kinds of programs have.
    @cvar both: a file that says that this program is of both kinds; see L{wand.state.StateDirectory.checkKind}.
    """

    foreign: ClassVar[tuple[str, ...]] = ()
    both: ClassVar[str] = ""

    def __init__(self, surroundings: Surroundings[Kind]) -> None:
        super().__init__(surroundings.context)
        self.counters = surroundings.context.counters
        self.events = surroundings.context.events
        self.notes = surroundings.context.notes
        self.levels = surroundings.levels
        self.recent = RecentEvents(self.events)
        self.configuration = self._begun = surroundings.load()
        surroundings.context.stores.directory = partial(StateDirectory, self.configuration.state, surroundings.owner)
        if self.keepsState:
            StateService(self.configuration.state, surroundings.owner, self.foreign, self.both).setServiceParent(self)
        self.hooks = HookService(self.configuration, surroundings.context)
        self.hooks.setServiceParent(self)
        self.memory = MemoryLook(surroundings.context, self.configuration.memoryNote, surroundings.resident)
        self._surroundings = surroundings
        self._started = surroundings.context.clock.seconds()
        self.consoleAccess: ConsoleAccess | None = None

    @property
    def keepsState(self) -> bool:
        """
        Does the program have a state directory that nobody else may work in?
        """
        return True

    @property
    def storePath(self) -> str:
        """
        The file of the store; empty without one.
        """
        configuration = self.configuration
        if not isinstance(configuration, WansdConfiguration) or configuration.store != "sqlite":
            return ""
        return str(Path(str(storeSettings(configuration)["path"])).absolute())

    def baseStatus(self, role: str, protocol: str, listening: str, entries: int, peers: int) -> ProgramStatus:
        """
        The status, as far as it is the same for all programs.
        """
        context = self._surroundings.context
        notes = sorted(self.notes, key=lambda note: note.isHint)
        return ProgramStatus(
            role=role,
            version=__version__,
            pid=os.getpid(),
            started=self._surroundings.context.epoch(self._started),
            protocol=protocol,
            listening=listening,
            configuration=self._surroundings.origin,
            state=str(Path(self.configuration.state).absolute()) if self.keepsState else "",
            store=self.storePath,
            entries=entries,
            peers=peers,
            drops=self.counters.drops(),
            notes=[note.text for note in notes],
            attention=sum(not note.isHint for note in notes),
            plugins=context.inUse.status(context.failures),
        )

    def stop(self) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self._surroundings.end()

    def report(self: Reported) -> Iterator[str]:
        """
        The state, for the log.
        """
        return reportOf(self)

    # What most programs do not have; see L{wand.control.program.Program}.

    def capture(self, wanted: Wanted, take: Callable[[bytes], object]) -> RunningCapture:
        raise NotSupported("only a node carries frames")

    def seen(self, after: str | None, count: int) -> list[SeenStatus]:
        raise NotSupported("only a sealed network has members: wand peers and wand table show what is known here")

    def wake(self, mac: MAC) -> None:
        raise NotSupported("only a node carries frames")

    async def join(self, token: str, addresses: Sequence[str] = ()) -> None:
        raise NotSupported("only a node of a sealed network joins one")

    def request(self) -> str:
        raise NotSupported("only a node of a sealed network asks to be admitted")

    async def found(self, name: str, prefix: str, prefix6: str = "") -> str:
        raise NotSupported("only a node of a sealed network founds one")

    @property
    def network(self) -> NetworkAdministration:
        raise NotSupported(
            "only a server of a sealed network, the node that founded it, or one that may admit members (wand appoint) "
            "knows members and invitations"
        )

    @property
    def reach(self) -> ReachInspection:
        raise NotSupported("only a node of a sealed network looks for ways to others")

    @property
    def console(self) -> ConsoleAccess:
        """
        See L{wand.control.program.Program}.
        """
        if self.consoleAccess is None:
            raise NotSupported(
                'this program serves no console: set console = "127.0.0.1:8080" in its configuration, and restart it'
            )
        return self.consoleAccess
