"""
Wansd as a service: the directory server and its store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twisted.application.service import Service
from twisted.internet.defer import Deferred

from wand.config import WansdConfiguration
from wand.discovery import discover
from wand.errors import StoreDamaged
from wand.interfaces import Context, IRecords, IStore
from wand.services.hooks import HookService
from wand.services.stores import storeSettings
from wand.state import Owner, StateDirectory
from wand.wansd.server import Wansd
from wand.wansd.stores.lost import setAside


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
        self._records = self._opened()
        self.wansd = Wansd(
            self._context, self._records, self._hooks.listeners, configuration.listen, configuration.port
        )
        self.wansd.start().addErrback(lambda failure: self._lost(failure.getErrorMessage()))

    def _opened(self) -> IRecords:
        settings = storeSettings(self._configuration)
        try:
            return self._store.open(settings, self._context)
        except StoreDamaged:
            if not self._configuration.recover:
                raise
            setAside(Path(str(settings["path"])))
            return self._store.open(settings, self._context)

    async def _stop(self) -> None:
        await self.wansd.stop()
        if self._records is not None:
            await self._records.close()

    def stopService(self) -> Deferred[None]:
        """
        Answer no more, and close the store.
        """
        super().stopService()
        return Deferred.fromCoroutine(self._stop())
