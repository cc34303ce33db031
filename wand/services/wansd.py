"""
Wansd as a service: the directory server and its store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.config import WansdConfiguration
from wand.discovery import discover
from wand.interfaces import Context, IRecords, IStore, Settings
from wand.services.hooks import HookService
from wand.state import Owner, StateDirectory
from wand.wansd.server import Wansd
from wand.wansd.watched import WatchedRecords

#: Seconds that a store has to take what is to be written at the end.
STOPPING: Final = 4.0

_log: Final = Logger(namespace="wand.store")


class WansdService(Service):
    """
    Runs the directory server.

    @ivar wansd: the server; there while the service runs.
    """

    wansd: Wansd

    def __init__(
        self,
        configuration: WansdConfiguration,
        context: Context,
        owner: Owner,
        hooks: HookService,
        lost: Callable[[str], object],
    ) -> None:
        """
        @param lost: called with the reason when the store turns out to be unreadable after the start.
        """
        self._configuration = configuration
        self._context = context
        self._owner = owner
        self._hooks = hooks
        self._lost = lost
        self._store: IStore = discover(IStore).choose(configuration.store)
        self._records: IRecords | None = None

    def privilegedStartService(self) -> None:
        """
        Make the state directory, for the user that the program becomes.
        """
        StateDirectory(self._configuration.state, self._owner)

    def startService(self) -> None:
        """
        Open the store and the port, and answer.

        @raise wand.errors.WandError: if that fails.
        """
        super().startService()
        configuration = self._configuration
        self._records = WatchedRecords(self._store.open(storeSettings(configuration), self._context), self._context)
        self.wansd = Wansd(
            self._context, self._records, self._hooks.listeners, configuration.listen, configuration.port
        )
        self.wansd.start().addErrback(self._unreadable)

    def _unreadable(self, failure: Failure) -> None:
        if self.running:
            self._lost(failure.getErrorMessage())

    async def _stop(self) -> None:
        await inTime(self.wansd.stop(), self._context.clock)
        if self._records is not None:
            await self._records.close()

    def stopService(self) -> Deferred[None]:
        """
        Answer no more, and close the store.
        """
        super().stopService()
        return Deferred.fromCoroutine(self._stop())


def inTime(stopping: Deferred[None], clock: IReactorTime) -> Deferred[None]:
    """
    Wait until what a server knows is stored, but no longer than L{STOPPING}.
    """

    def tooLate(result: object, seconds: float) -> None:
        _log.warn("the store did not take in {seconds} s what was to be written at last; it is lost", seconds=seconds)

    return stopping.addTimeout(STOPPING, clock, tooLate)


def storeSettings(configuration: WansdConfiguration) -> Settings:
    """
    The settings of a server's store; the embedded one is in the state directory unless they say otherwise.
    """
    given = dict(configuration.storeSettings)
    if configuration.store == "sqlite":
        given.setdefault("path", str(StateDirectory(configuration.state).path / "wansd.sqlite"))
    return given
