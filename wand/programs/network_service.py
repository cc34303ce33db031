"""
The directory server of a sealed network as a service: its store is opened, then it answers.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from wand.config import ServerConfiguration
from wand.discovery.catalogue import discover
from wand.discovery.opening import openPlugin
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.interfaces import Context, IPeerProtocol, ISessionProtocol, ISessionTransport, TransportRequest
from wand.programs.authority_notes import sayFound
from wand.programs.authority_store import AuthorityStore, networkSettings
from wand.programs.first_invitation import inviteFirst
from wand.programs.hooks import HookService
from wand.programs.network_server import NetworkServer
from wand.programs.stream_service import StreamService
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.stored_network import NetworkSettings
from wand.state import Owner, StateDirectory


class NetworkService(Service):
    """
    Runs the server.

    @ivar server: the server at work; C{None} until the store is read, and once the service stops.
    @ivar streams: where nodes are accepted whose UDP is blocked.
    """

    def __init__(
        self,
        configuration: ServerConfiguration,
        context: Context,
        owner: Owner,
        hooks: HookService,
        lost: Callable[[str], object],
        announce: Callable[[str], object],
    ) -> None:
        """
        @param lost: called with the reason when the server can no longer do its work.
        @param announce: called with a first invitation and what to do with it, for the operator's eyes.
        @raise wand.errors.WandError: if there is no such protocol or store, or the protocol has no sessions.
        """
        self.server: NetworkServer | None = None
        self._configuration = configuration
        self._context = context
        self._owner = owner
        self._lost = lost
        self._announce = announce
        self._protocol: IPeerProtocol = discover(IPeerProtocol, configuration.disabledPlugins).choose(
            configuration.protocol
        )
        if not ISessionProtocol.providedBy(self._protocol):
            raise ConfigurationInvalid("", "protocol", f"{configuration.protocol} has no sessions between members")
        self._store = AuthorityStore(configuration, context, hooks)
        self._waiting: list[Deferred[NetworkServer]] = []
        self.streams = StreamService(configuration, context)

    def opened(self) -> Deferred[NetworkServer]:
        """
        Wait until the store is read.
        """
        if self.server is not None:
            return succeed(self.server)
        waiting: Deferred[NetworkServer] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def privilegedStartService(self) -> None:
        """
        Make the state directory, for the user that the program becomes, and bind the TCP port.
        """
        self.streams.listen(StateDirectory(self._configuration.state, self._owner))

    def startService(self) -> None:
        """
        Open the store, create the network if there is none, and answer.

        @raise wand.errors.WandError: if that fails and can be known at once.
        """
        super().startService()
        settings = networkSettings(self._configuration)
        settings.check()
        self.streams.listen(StateDirectory(self._configuration.state))  # python -m twisted has no privileged start
        starting = Deferred.fromCoroutine(self._start(settings))
        if isinstance(starting.result if starting.called else None, Failure):
            failures: list[Failure] = []
            starting.addErrback(failures.append)
            failures[0].raiseException()
        starting.addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if self.running:  # else what was under way ended with the store
            self._lost(failure.getErrorMessage())

    async def _start(self, settings: NetworkSettings) -> None:
        configuration, context = self._configuration, self._context
        records, authority = await self._store.open(settings, lambda: bool(self.running))
        if not self.running:
            authority.stop()
            return
        context.networkName.ask = lambda: authority.network.descriptor.name
        server = NetworkServer(configuration, context, self._openTransport(authority), authority, records)
        self._tellOpened(server)
        await server.start()
        if not self.running:
            return
        state = StateDirectory(configuration.state)
        sayFound(authority, context.notes, state.path, isRecoveryUsual=configuration.store == "memory")
        if authority.created:
            await inviteFirst(authority, server.endpoints(), state, context.notes, self._announce)

    def _openTransport(self, authority: Authority) -> ISessionTransport:
        configuration, context = self._configuration, self._context
        request = TransportRequest(configuration.listen, configuration.port, MAC(bytes(6)), 0, membership=authority.own)
        transport: ISessionTransport = openPlugin("protocol", configuration.protocol, self._protocol, request, context)
        for number, note in enumerate(transport.notes):
            context.notes.say(f"transport-{number}", note, isHint=True)
        self.streams.carryFor(transport)
        return transport

    def _tellOpened(self, server: NetworkServer) -> None:
        self.server = server
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(server)

    def stopService(self) -> Deferred[None]:
        """
        Stop answering, and close the store.
        """
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        server, self.server = self.server, None
        self.streams.refuse()
        if server is not None:
            await server.stop(self._store)
        self.streams.stop()
        await self._store.close()
