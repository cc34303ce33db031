"""
The server of a network whose authority is read: everything that answers nodes.
"""

from __future__ import annotations

from secrets import token_bytes
from typing import Final

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.config import ServerConfiguration
from wand.host.local_addresses import tunnels
from wand.interfaces import Context, IRecords, IRovingTransport, ISessionTransport
from wand.programs.authority_notes import sayCutOff, sayLost, sayWaiting
from wand.programs.authority_store import AuthorityStore
from wand.programs.calls_to_members import CallsToMembers
from wand.programs.host_watch import HostWatch
from wand.programs.server_places import ServerPlaces
from wand.sealed.authority.admissions import Admissions
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.reserve_news import ReserveNews
from wand.sealed.authority.server_news import ServerNews
from wand.sealed.control_numbers import CALL_NUMBERS
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.server import SealedDirectoryServer
from wand.sealed.directory.settings import DirectorySettings
from wand.sealed.node.clock_comparison import ClockComparison
from wand.sealed.node.copies import CopiesOfMembers
from wand.sealed.node.goodbyes import Goodbyes
from wand.sealed.node.overlap import OverlapWatch
from wand.sealed.node.revocation_exchange import RevocationExchange
from wand.sealed.node.secret_exchange import SecretExchange
from wand.sealed.overlay import overlayOf
from wand.sealed.reach.call_forwarder import CallForwarder
from wand.sealed.reach.observing import Observing
from wand.sealed.reach.relay import Relay
from wand.sealed.reach.relay_quota import RelaySettings
from wand.sealed.sessions.control_messages import ControlMessages
from wand.timing.repeating import Repeating
from wand.version import __version__

#: Seconds between two looks at what became due: the server's own certificate, above all.
TENDING_INTERVAL: Final = 300.0

#: What an overlap means for a server.
CONSEQUENCE: Final = "nodes that have such addresses there do not reach this server"


class NetworkServer:
    """
    The parts of a server, made, started and stopped in order.

    @ivar authority: the members.
    @ivar directory: who is where.
    @ivar relay: passes datagrams on between members.
    @ivar transport: carries the sessions.
    """

    _log = Logger()

    def __init__(
        self,
        configuration: ServerConfiguration,
        context: Context,
        transport: ISessionTransport,
        authority: Authority,
        records: IRecords,
    ) -> None:
        """
        @param records: where the directory is kept, which L{start} reads.
        """
        self.authority = authority
        self.transport = transport
        self._configuration = configuration
        self._context = context
        self._isStopped = False
        sessions = transport.sessions
        control = ControlMessages(sessions, context.clock, context.counters)
        transport.mayReach = self._mayReach
        self.directory = self._openDirectory(control, records)
        self._news = ServerNews(authority.servers, authority.administration.certificateOf, sessions, control, context)
        self._reserveNews = ReserveNews(authority.administration, sessions, control, context)
        self._admissions = Admissions(authority, sessions, control, context, self.directory.forget)
        self._places = ServerPlaces(configuration, context, transport, authority)
        self._goodbyes = Goodbyes(sessions, control, context)
        self._revocations = RevocationExchange(authority.trust, sessions, control, context, isServer=True)
        self._secrets = SecretExchange(authority.trust, authority.network.secrets, sessions, control, context)
        self._calls = CallsToMembers(context, sessions.isUp)
        self._readOthers(control)
        self.relay = self._openRelay(control)
        transport.letMembersSeek()
        self._clocks = ClockComparison(context, self._tend, isServer=True)
        sessions.onClock(self._clocks.told)
        sessions.onClock(authority.rotator.clocks.told)
        self._watch = HostWatch(context, self._moved)
        self._overlap = OverlapWatch(context, CONSEQUENCE, isHint=configuration.allowOverlap)
        self._tending = Repeating("the server's own certificate", self._tend, context.clock, context.failures)

    def _openDirectory(self, control: ControlMessages, records: IRecords) -> SealedDirectoryServer:
        configuration, own = self._configuration, self.authority.own
        return SealedDirectoryServer(
            own.identity,
            self._context,
            self.transport.sessions,
            control,
            records,
            own.check,
            self._mayReach,
            settings=DirectorySettings(configuration.members, configuration.groups),
            certificateOf=self.authority.administration.certificateOf,
        )

    def _readOthers(self, control: ControlMessages) -> None:
        """
        Read what members ask of every server: to call others, where they are heard, whether there is a copy of them.
        """
        sessions, context, directory = self.transport.sessions, self._context, self.directory
        control.read(CALL_NUMBERS, CallForwarder(sessions, context, directory.announcementOf).received)
        Observing(sessions, control, context)
        CopiesOfMembers(sessions, control, context, directory.epochOf)

    def _openRelay(self, control: ControlMessages) -> Relay:
        configuration = self._configuration
        settings = RelaySettings(configuration.relayMegabits, configuration.relayChannels)
        relay = Relay(
            self.transport.sessions, control, self._context, token_bytes, settings, lambda: configuration.relay
        )
        self.transport.carryRelayed(relay.forwarding)
        return relay

    async def start(self) -> None:
        """
        Read the directory, and do everything that a server does by itself.

        @raise wand.errors.StoreUnavailable: if the directory cannot be read.
        """
        await self.directory.start()
        if self._isStopped:
            return
        status = self.authority.administration.status
        self._follow()
        self._watch.start()
        self._tending.start(TENDING_INTERVAL, now=False)
        self._clocks.start()
        self._places.start()
        self._overlap.start(status.prefixes, tunnels)
        self._calls.start(self.directory.callBack())
        self._log.info(
            "server {name} of {network} ({prefix}, {cipher}) at {listening}",
            name=self._configuration.name,
            network=status.name,
            prefix=", ".join(status.prefixes),
            cipher=status.cipher,
            listening=self.transport.listening,
        )

    def _follow(self) -> None:
        """
        Have the authority tell of its changes.
        """
        for each in (self.directory, self._admissions, self._news):
            self.authority.observe(each)
        self.authority.servers.observe(self.directory.followServer)
        self.authority.servers.compared = self.directory.compareClock
        for server in self.authority.servers.identities:
            self.directory.followServer(server)

    async def stop(self, store: AuthorityStore) -> None:
        """
        Say goodbye, write what is not written yet, and close the port.
        """
        self._isStopped = True
        for part in (
            self._tending,
            self._places,
            self._news,
            self._admissions,
            self.authority,
            self._calls,
            self._clocks,
            self._overlap,
            self._watch,
            self._revocations,
            self._secrets,
            self.relay,
        ):
            part.stop()
        stopping = Deferred.fromCoroutine(self.authority.servers.tellStopped()).addErrback(lambda failure: None)
        writing, parting = self.directory.stop(), self._goodbyes.say()  # all at once: each takes its time
        await store.finish(gatherResults([stopping, writing]).addCallback(lambda _: None))
        await parting
        self.transport.stop()

    def presenceOf(self, identity: Identity) -> tuple[bool, float | None, str]:
        """
        Is a member online, when was it last heard, in seconds since the epoch, and which version does it run?
        """
        if identity == self.authority.own.identity:
            return True, self._context.wallClock(), __version__
        online, seen, version = self.directory.presenceOf(identity)
        server = self.authority.servers.presenceOf(identity)  # which announces itself to no directory
        return (online, seen, version) if server is None else (*server, version)

    @property
    def secretHolders(self) -> int:
        """
        How many members said that they have the newest secret of the network.
        """
        return len(self._secrets.holders)

    def endpoints(self) -> list[str]:
        """
        Where nodes reach this server.

        @raise PortUnavailable: if nobody knows.
        """
        return self._places.endpoints()

    def look(self) -> None:
        """
        Say what waits for a person.
        """
        sayWaiting(self.authority, self._context.notes)
        sayCutOff(self.authority, self._configuration, self._context.notes)
        sayLost(self.authority, self._context.notes)

    def _mayReach(self, host: str) -> bool:
        return host not in overlayOf(*self.authority.prefixes)

    def _moved(self) -> None:
        if IRovingTransport.providedBy(self.transport):
            self.transport.moved()
        self._places.moved()
        self._overlap.look()

    def _tend(self) -> None:
        self._places.lookAtNames()

        def failed(failure: Failure) -> None:
            text = f"the server's own certificate cannot be renewed: {failure.getErrorMessage()}"
            self._log.error("{text}", text=text)
            self._context.notes.say("certificate", text, lifetime=2 * TENDING_INTERVAL)

        Deferred.fromCoroutine(self.authority.certifyItself()).addErrback(failed)
