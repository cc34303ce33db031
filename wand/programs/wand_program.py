"""
C{twistd wand}: keeps the table of a separate etud up to date over etud's control socket.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from wand.config import WandConfiguration
from wand.control.client import ControlClient, connect
from wand.endpoint import splitHostPort
from wand.errors import NoSuchEntry, NotRunning, WandError
from wand.ethernet import MAC
from wand.events import Event
from wand.interfaces import Context, NodeContext, Settings
from wand.programs.directories import DirectoriesService, wantedDirectories
from wand.programs.log_report import counterLines, noteLines
from wand.programs.reload_changes import waitingForRestart
from wand.status import ProgramStatus
from wand.table import Table

#: The source of the entries in etud's table.
FED_SOURCE: Final = "wand"

#: How long etud keeps an entry that is not fed again, in seconds: as long as a directory's own entries stand.
FED_LIFETIME: Final = 86_400.0

#: How often everything is fed again, in seconds.
FEED_INTERVAL: Final = 600.0

#: How long to wait before the next attempt to reach etud, in seconds.
RECONNECT_INTERVAL: Final = 2.0

#: The keys that a reload takes over.
RELOADED_KEYS: Final = ("servers", "directories")


class WandProgram(Service):
    """
    Has a table of its own, which the directories keep, and mirrors it to etud: all of it when it connects and every
    L{FEED_INTERVAL}, every change at once.
    """

    _log = Logger()

    def __init__(self, configuration: WandConfiguration, context: Context, reactor: Any) -> None:
        self._configuration = configuration
        self._path = configuration.etud
        self._context = context
        self._reactor = reactor
        self._table = Table(context.clock, context.events)
        self._node: NodeContext | None = None
        self._wand = DirectoriesService(_wanted(configuration), self._nodeContext, configuration.disabledPlugins)
        self._client: ControlClient | None = None
        self._timer: IDelayedCall | None = None
        self._waiting = False

    def startService(self) -> None:
        """
        Connect, and start the directories as soon as etud has told its MAC address and port.
        """
        super().startService()
        self._unsubscribe = self._context.events.subscribe(self._happened)
        self._connect()

    def stopService(self) -> None:
        """
        Stop the directories; etud keeps what it was told.
        """
        super().stopService()
        self._unsubscribe()
        self._schedule(None)
        if self._wand.running:
            self._wand.stopService()
        self._table.stop()
        if self._client is not None:
            self._client.close()

    def reload(self, configuration: WandConfiguration) -> list[str]:
        """
        Take over the directories of a configuration that was read again.

        @return: what became of each change, a sentence each.
        @raise wand.errors.WandError: if a directory cannot be opened; nothing is changed then.
        """
        changed = self._wand.change(_wanted(configuration))
        before, self._configuration = self._configuration, configuration
        return [f"directory {name}: taken over" for name in changed] + waitingForRestart(
            before, configuration, RELOADED_KEYS
        )

    def report(self) -> Iterator[str]:
        """
        The state, for the log.
        """
        yield f"wand, {'waiting for' if self._client is None else 'feeding'} etud at {self._path}"
        yield f"{len(self._table)} entries, {self._context.counters.drops()} drops"
        for directory in self._wand.status():
            yield f"directory {directory.name}: {directory.state}, {directory.entries} entries"
        yield from counterLines(self._context.counters)
        yield from noteLines(self._context.notes)

    def _nodeContext(self) -> NodeContext:
        assert self._node is not None
        return self._node

    # The connection.

    def _connect(self) -> None:
        self._schedule(None)
        Deferred.fromCoroutine(self._meet()).addErrback(self._failed)

    async def _meet(self) -> None:
        try:
            client = await connect(self._reactor, self._path)
            status = await client.status()
        except WandError as error:
            if not self._waiting:
                self._log.warn("waiting for etud: {reason}", reason=str(error))
            self._waiting = True
            self._schedule(RECONNECT_INTERVAL)
            return
        if not self.running:
            client.close()
            return
        self._waiting = False
        self._client = client
        client.whenClosed(self._parted)
        self._log.info("feeding etud {pid} at {path}", pid=status.pid, path=self._path)
        self._begin(status)
        await self._feedAll(client)

    def _begin(self, status: ProgramStatus) -> None:
        if status.tap is None:
            raise WandError(f"the program at {self._path} is a {status.role}, not an etud")
        mac, (host, port) = MAC.parse(status.tap.mac), splitHostPort(status.listening)
        if self._node is not None and (self._node.mac, self._node.host, self._node.port) == (mac, host, port):
            return
        self._table.own = mac
        self._node = NodeContext(
            **attrs.asdict(self._context, recurse=False),
            table=self._table,
            mac=mac,
            port=port,
            transport=None,
            host=host,
        )
        if self._wand.running:  # another etud than before: register under its address
            self._wand.stopService()
        self._wand.startService()

    def _parted(self) -> None:
        self._client = None
        if self.running:
            self._log.warn("etud is gone; waiting for it")
            self._waiting = True
            self._schedule(RECONNECT_INTERVAL)

    def _schedule(self, seconds: float | None) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        if seconds is not None and self.running:
            call = self._connect if self._client is None else self._again
            self._timer = self._context.clock.callLater(seconds, call)

    # What etud is told.

    def _again(self) -> None:
        if self._client is not None:
            Deferred.fromCoroutine(self._feedAll(self._client)).addErrback(self._failed)

    async def _feedAll(self, client: ControlClient) -> None:
        self._schedule(FEED_INTERVAL)
        after: MAC | None = None
        while page := self._table.page(after, 500):
            for entry in page:
                await self._feed(client, str(entry.mac), str(entry.peer))
            after = page[-1].mac

    def _happened(self, event: Event) -> None:
        if self._client is None or not event.kind.startswith("entry-"):
            return
        mac, peer = str(event.fields["mac"]), str(event.fields["peer"])
        told = self._drop(self._client, mac) if event.kind == "entry-removed" else self._feed(self._client, mac, peer)
        Deferred.fromCoroutine(told).addErrback(self._failed)

    async def _feed(self, client: ControlClient, mac: str, peer: str) -> None:
        try:
            await client.add(mac, peer, FED_SOURCE, FED_LIFETIME)
        except NotRunning:
            raise
        except WandError as error:
            self._log.warn("etud refuses {mac} at {peer}: {reason}", mac=mac, peer=peer, reason=str(error))

    async def _drop(self, client: ControlClient, mac: str) -> None:
        with suppress(NoSuchEntry):
            await client.delete(mac, FED_SOURCE)

    def _failed(self, failure: Any) -> None:
        if failure.check(WandError):
            self._log.warn("etud could not be told: {reason}", reason=failure.getErrorMessage())
        else:
            self._context.failures.caught("wand", failure)
        if self._client is not None:
            self._client.close()
        elif self.running:
            self._schedule(RECONNECT_INTERVAL)


def _wanted(configuration: WandConfiguration) -> dict[str, Settings]:
    return wantedDirectories("rel2", configuration.servers, {}, configuration.directories)
