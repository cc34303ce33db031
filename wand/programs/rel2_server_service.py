"""
The directory server of REL2 as a service, with its store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twisted.application.service import Service
from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from wand.config import WansdConfiguration
from wand.discovery.catalogue import discover
from wand.discovery.in_time import inTime
from wand.errors import StoreDamaged, StoreHindered
from wand.interfaces import Context, IStore
from wand.programs.guarded_records import WRITING_PATIENCE, GuardedRecords, openRecords
from wand.programs.hooks import HookService
from wand.programs.store_retry import StoreRetry
from wand.programs.store_settings import storeSettings
from wand.rel2.server import REL2Server
from wand.state import Owner, StateDirectory
from wand.stores.lost import setAside
from wand.stores.versioned import VersionedRecords
from wand.stores.watched import WatchedRecords


class REL2ServerService(Service):
    """
    Runs the directory server of REL2.

    @ivar server: the server; there while the service runs.
    """

    server: REL2Server

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
        self._store: IStore = discover(IStore, configuration.disabledPlugins).choose(configuration.store)
        self._records: GuardedRecords | None = None
        self._retry = StoreRetry(context)

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
        self._begin()

    def _begin(self) -> None:
        configuration, context = self._configuration, self._context
        self._records = openRecords(configuration.store, self._store, storeSettings(configuration), context)
        records = WatchedRecords(VersionedRecords(self._records), context)
        self.server = REL2Server(context, records, self._hooks.listeners, configuration.listen, configuration.port)
        try:
            starting = self.server.start()
        except StoreHindered as error:
            starting = fail(error)
        starting.addCallbacks(lambda _: self._retry.over(), self._unreadable)

    def _unreadable(self, failure: Failure) -> None:
        if not self.running:
            return
        error = failure.value
        if isinstance(error, StoreHindered):
            again = self._again(error)
        elif isinstance(error, StoreDamaged) and self._configuration.recover:
            again = self._recovered()
        else:
            self._lost(failure.getErrorMessage())
            return
        Deferred.fromCoroutine(again).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if self.running:  # else the end of the service ended the waiting
            self._lost(failure.getErrorMessage())

    async def _again(self, error: StoreHindered) -> None:
        await self._stop()
        await self._retry.passed(error)
        self._begin()

    async def _recovered(self) -> None:
        await self._stop()
        setAside(Path(str(storeSettings(self._configuration)["path"])))
        self._begin()

    async def _stop(self) -> None:
        records, self._records = self._records, None
        if records is not None:
            await inTime(self.server.stop(), WRITING_PATIENCE, self._context, records.place, records.inner)
            await records.close()

    def stopService(self) -> Deferred[None]:
        """
        Stop answering, and close the store.
        """
        super().stopService()
        self._retry.stop()
        return Deferred.fromCoroutine(self._stop())
