"""
The store of a sealed network's server: opened, and the authority read from it, however long something is in the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wand.config import ServerConfiguration
from wand.discovery.catalogue import discover
from wand.discovery.in_time import inTime
from wand.errors import StoreDamaged, StoreHindered
from wand.interfaces import Context, IRecords, IStore
from wand.programs.guarded_records import WRITING_PATIENCE, GuardedRecords, openRecords
from wand.programs.hooks import HookService
from wand.programs.store_retry import StoreRetry
from wand.programs.store_settings import SQLITE, storeSettings
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.member_authority import MemberAuthority
from wand.sealed.authority.stored_network import NETWORK_FILES, NETWORK_RESTORE_ADVICE, NetworkSettings
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.node.overlap import obstacle
from wand.state import StateDirectory
from wand.stores.lost import checkThere, setAside
from wand.stores.versioned import VersionedRecords
from wand.stores.watched import WatchedRecords

_SECONDS_PER_DAY: Final = 86_400

Decider = TypeVar("Decider", bound=MemberAuthority)


class AuthorityStore:
    """
    Opens the store, creates the network in it if there is none, and closes it.
    """

    _log = Logger()

    def __init__(self, configuration: ServerConfiguration, context: Context, hooks: HookService) -> None:
        """
        @param hooks: those that are asked before somebody is admitted.
        @raise wand.errors.NoSuchPlugin: if there is no such store.
        """
        self._configuration = configuration
        self._context = context
        self._hooks = hooks
        self._plugin: IStore = discover(IStore, configuration.disabledPlugins).choose(configuration.store)
        self._records: GuardedRecords | None = None
        self._retry = StoreRetry(context)

    async def open(self, settings: NetworkSettings, isWanted: Callable[[], bool]) -> tuple[IRecords, Authority]:
        """
        Open the store and read the authority, once nothing is in the way of that.

        @param settings: what the network is to be like if there is none.
        @param isWanted: is the server still running?
        @raise wand.errors.WandError: if that fails for good, or is no longer wanted.
        """

        def read(records: IRecords, state: StateDirectory) -> Awaitable[Authority]:
            context, hooks = self._context, self._hooks.listeners
            clock, wallClock = context.clock, context.wallClock
            return Authority.open(records, state, clock, context.events, settings, hooks, wallClock=wallClock)

        return await self.openWith(read, isWanted)

    async def openWith(
        self, read: Callable[[IRecords, StateDirectory], Awaitable[Decider]], isWanted: Callable[[], bool]
    ) -> tuple[IRecords, Decider]:
        """
        Open the store and read what decides about members, once nothing is in the way of that.

        @param read: reads it.
        @param isWanted: is the program still running?
        @raise wand.errors.WandError: if that fails for good, or is no longer wanted.
        """
        state = StateDirectory(self._configuration.state)
        NodeKey.kept(state, beside=(*NETWORK_FILES, SQLITE))  # before the store makes its file
        try:
            return await self._openAtLast(state, read, isWanted)
        except StoreDamaged:
            if not self._configuration.recover or not isWanted():
                raise
            await self._setAside()
            return await self._openAtLast(state, read, isWanted)

    async def finish(self, writing: Deferred[None]) -> None:
        """
        Wait for what is not written yet, for a limited time.
        """
        if self._records is not None:
            await inTime(writing, WRITING_PATIENCE, self._context, self._records.place, self._records.inner)

    async def close(self) -> None:
        """
        Wait for nothing more, and close the store.
        """
        self._retry.stop()
        if self._records is not None:
            await self._records.close()

    async def _openAtLast(
        self,
        state: StateDirectory,
        read: Callable[[IRecords, StateDirectory], Awaitable[Decider]],
        isWanted: Callable[[], bool],
    ) -> tuple[IRecords, Decider]:
        while True:
            try:
                opened = await self._openNow(state, read)
            except StoreHindered as error:
                await self._closeForNow()
                if not isWanted():
                    raise
                await self._retry.passed(error)
            else:
                self._retry.over()
                return opened

    async def _openNow(
        self, state: StateDirectory, read: Callable[[IRecords, StateDirectory], Awaitable[Decider]]
    ) -> tuple[IRecords, Decider]:
        configuration, context = self._configuration, self._context
        ofStore = storeSettings(configuration)
        if configuration.store == "sqlite" and state.has(*NETWORK_FILES) and not configuration.recover:
            checkThere(Path(str(ofStore["path"])), NETWORK_RESTORE_ADVICE)
        self._records = openRecords(configuration.store, self._plugin, ofStore, context)
        records = WatchedRecords(VersionedRecords(self._records), context)
        return records, await read(records, state)

    async def _closeForNow(self) -> None:
        records, self._records = self._records, None
        if records is not None:
            await records.close()

    async def _setAside(self) -> None:
        await self._closeForNow()
        settings = storeSettings(self._configuration)
        aside = setAside(Path(str(settings["path"]))) if "path" in settings else None
        self._log.warn("the damaged store is kept as {aside}; the network is recovered without it", aside=str(aside))


def networkSettings(configuration: ServerConfiguration) -> NetworkSettings:
    """
    What the network is to be like, as the configuration says.
    """
    return NetworkSettings(
        name=configuration.network,
        cipher=configuration.cipher,  # type: ignore[arg-type]  # the settings check it themselves
        prefix=configuration.prefix,
        prefix6=configuration.prefix6,
        reserve=tuple(configuration.reserve),
        life=configuration.certificateHours * 3600,
        server=configuration.name,
        obstacle="" if configuration.allowOverlap else _obstacle(configuration.prefix, configuration.prefix6),
        quarantine=configuration.addressQuarantineDays * _SECONDS_PER_DAY,
        recover=configuration.recover or configuration.store == "memory",
    )


def _obstacle(*prefixes: str) -> str:
    try:
        found = next(filter(None, map(obstacle, prefixes)), "")
        return f"{found}, or insist with allow-overlap" if found else ""
    except ValueError:  # no prefix at all, which the settings say themselves
        return ""
