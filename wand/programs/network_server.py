"""
The server of a network whose authority is read: everything that answers nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from secrets import token_bytes
from typing import Final

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.config import ServerConfiguration
from wand.endpoint import Endpoint, splitHostPort
from wand.errors import PortUnavailable, StoreUnavailable
from wand.host.local_addresses import localEndpoints, tunnels
from wand.interfaces import Context, IRecords, IRovingTransport, ISessionTransport
from wand.programs.authority_notes import sayCutOff, sayWaiting
from wand.programs.authority_store import AuthorityStore
from wand.programs.host_watch import HostWatch
from wand.programs.stream_service import streamTexts
from wand.sealed.authority.admissions import Admissions
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.server_news import ServerNews
from wand.sealed.control_numbers import CALL_NUMBERS
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM
from wand.sealed.directory.server import SealedDirectoryServer
from wand.sealed.directory.settings import DirectorySettings
from wand.sealed.node.clock_comparison import ClockComparison
from wand.sealed.node.copies import CopiesOfMembers
from wand.sealed.node.goodbyes import Goodbyes
from wand.sealed.node.overlap import OverlapWatch
from wand.sealed.node.revocation_exchange import RevocationExchange
from wand.sealed.overlay import overlayOf
from wand.sealed.reach.call_forwarder import CallForwarder
from wand.sealed.reach.observing import Observing
from wand.sealed.reach.relay import Relay
from wand.sealed.reach.relay_quota import RelaySettings
from wand.sealed.reach.stream_places import PLACES_MAXIMUM, StreamPlaces
from wand.sealed.sessions.control_messages import ControlMessages
from wand.stream_targets import isTarget, targetsIn
from wand.timing.repeating import Repeating
from wand.underlay.names import resolverOf
from wand.underlay.server_endpoints import ServerEndpoints
from wand.underlay.unresolved_names import UnresolvedNames

#: Seconds between two looks at what became due: the server's own certificate, above all.
TENDING_INTERVAL: Final = 300.0

#: Seconds between two times that a server says that it runs.
SAYING_INTERVAL: Final = 60.0

#: After a start, handshakes with members that were online before: how many at a time, and the seconds from one time to
#: the next.  They take a quarter of a processor, and no queue overflows, however many there are.
CALLS_AT_A_TIME: Final = 5
CALL_INTERVAL: Final = 0.02

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
        self.directory = SealedDirectoryServer(
            authority.own.identity,
            context,
            sessions,
            control,
            records,
            authority.own.check,
            self._mayReach,
            settings=DirectorySettings(configuration.members, configuration.groups),
        )
        certificateOf = authority.administration.certificateOf
        self._news = ServerNews(authority.servers, certificateOf, sessions, context)
        self._saying = Repeating("what this server says of itself", self._say, context.clock, context.failures)
        calls = CallForwarder(sessions, context, self.directory.announcementOf)
        control.read(CALL_NUMBERS, calls.received)
        self._admissions = Admissions(authority, sessions, control, context, self.directory.forget)
        Observing(sessions, control, context)
        self._streamPlaces = StreamPlaces(sessions, context.counters)
        self._goodbyes = Goodbyes(sessions, control, context)
        self._revocations = RevocationExchange(authority.trust, sessions, control, context, isServer=True)
        CopiesOfMembers(sessions, control, context, self.directory.epochOf)
        self.relay = Relay(
            sessions,
            control,
            context,
            token_bytes,
            RelaySettings(configuration.relayMegabits, configuration.relayChannels),
            lambda: configuration.relay,
        )
        transport.carryRelayed(self.relay.forwarding)
        transport.letMembersSeek()
        self._clocks = ClockComparison(context, self._tend, isServer=True)
        sessions.onClock(self._clocks.told)
        self._watch = HostWatch(context, self._moved)
        self._overlap = OverlapWatch(context, CONSEQUENCE, isHint=configuration.allowOverlap)
        self._tending = Repeating("the server's own certificate", self._tend, context.clock, context.failures)
        self._called: Iterator[Identity] = iter(())
        self._calling = Repeating("calls to members", self._callNext, context.clock, context.failures)
        unresolved = UnresolvedNames(context.notes, "the setting public, which nodes get with their invitations")
        self._names = ServerEndpoints(
            configuration.public,
            resolverOf(context.clock),
            lambda endpoints: None,
            context.clock,
            unresolved,
        )

    async def start(self) -> None:
        """
        Read the directory, and do everything that a server does by itself.

        @raise wand.errors.StoreUnavailable: if the directory cannot be read.
        """
        await self.directory.start()
        if self._isStopped:
            return
        status = self.authority.administration.status
        self.authority.observe(self._admissions)
        self.authority.observe(self._news)
        self.authority.servers.observe(self.directory.followServer)
        self.authority.servers.compared = self.directory.compareClock
        for server in self.authority.servers.identities:
            self.directory.followServer(server)
        self._watch.start()
        self._tending.start(TENDING_INTERVAL, now=False)
        self._saying.start(SAYING_INTERVAL)
        self._clocks.start()
        self._names.look()
        self._overlap.start(status.prefix, tunnels)
        self._findStreams()
        self._called = self.directory.callBack()
        self._calling.start(CALL_INTERVAL, now=False)
        self._log.info(
            "server {name} of {network} ({prefix}, {cipher}) at {listening}",
            name=self._configuration.name,
            network=status.name,
            prefix=status.prefix,
            cipher=status.cipher,
            listening=self.transport.listening,
        )

    async def stop(self, store: AuthorityStore) -> None:
        """
        Say goodbye, write what is not written yet, and close the port.
        """
        self._isStopped = True
        for part in (
            self._tending,
            self._saying,
            self._news,
            self.authority,
            self._calling,
            self._clocks,
            self._names,
            self._overlap,
            self._watch,
            self._revocations,
            self.relay,
        ):
            part.stop()
        stopping = Deferred.fromCoroutine(self.authority.servers.tellStopped()).addErrback(lambda failure: None)
        writing, parting = self.directory.stop(), self._goodbyes.say()  # all at once: each takes its time
        await store.finish(gatherResults([stopping, writing]).addCallback(lambda _: None))
        await parting
        self.transport.stop()

    def endpoints(self) -> list[str]:
        """
        Where nodes reach this server.

        @raise PortUnavailable: if nobody knows.
        """
        configuration = self._configuration
        port = splitHostPort(self.transport.listening.partition(",")[0])[1]
        given = [splitHostPort(each, port) for each in configuration.public if not isTarget(each)]
        streams = [str(each) for each in targetsIn(tuple(configuration.public))]
        found = [str(Endpoint(*each)) for each in given]
        if not given and not streams:
            found = localEndpoints(configuration.listen, port)
        streams = (streams or streamTexts(configuration, found))[:PLACES_MAXIMUM]  # those of UDP have room beside them
        if not found and not streams:
            raise PortUnavailable('this server does not know where nodes reach it; set public = ["HOST:PORT"]')
        return [*found[: ENDPOINTS_MAXIMUM - len(streams)], *streams]

    def look(self) -> None:
        """
        Say what waits for a person.
        """
        sayWaiting(self.authority, self._context.notes)
        sayCutOff(self.authority, self._configuration, self._context.notes)

    def _mayReach(self, host: str) -> bool:
        return host not in overlayOf(self.authority.prefix)

    def _callNext(self) -> None:
        if len(list(islice(self._called, CALLS_AT_A_TIME))) < CALLS_AT_A_TIME:
            self._calling.stop()

    def _moved(self) -> None:
        if IRovingTransport.providedBy(self.transport):
            self.transport.moved()
        self._say()
        self._overlap.look()
        self._findStreams()

    def _findStreams(self) -> None:
        """
        Where streams are accepted may be elsewhere now.
        """
        try:
            self._streamPlaces.places = [each for each in self.endpoints() if isTarget(each)]
        except PortUnavailable:
            self._streamPlaces.places = []

    def _say(self) -> None:
        """
        Tell other servers where this one is, and that it runs.
        """
        try:
            endpoints = tuple(self.endpoints())
        except PortUnavailable:
            endpoints = ()
        saying = Deferred.fromCoroutine(self.authority.servers.tell(endpoints))
        saying.addErrback(lambda failure: failure.trap(StoreUnavailable) and None)  # it is said again

    def _tend(self) -> None:
        self._names.look()

        def failed(failure: Failure) -> None:
            text = f"the server's own certificate cannot be renewed: {failure.getErrorMessage()}"
            self._log.error("{text}", text=text)
            self._context.notes.say("certificate", text, lifetime=2 * TENDING_INTERVAL)

        Deferred.fromCoroutine(self.authority.certifyItself()).addErrback(failed)
