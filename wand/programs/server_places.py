"""
Where nodes reach a server, and who is told.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.defer import Deferred

from wand.config import ServerConfiguration
from wand.endpoint import Endpoint, splitHostPort
from wand.errors import PortUnavailable, StoreUnavailable
from wand.host.local_addresses import localEndpoints
from wand.interfaces import Context, ISessionTransport
from wand.programs.stream_service import streamTexts
from wand.sealed.authority.authority import Authority
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM
from wand.sealed.reach.stream_places import PLACES_MAXIMUM, StreamPlaces
from wand.stream_targets import isTarget, targetsIn
from wand.timing.repeating import Repeating
from wand.underlay.names import resolverOf
from wand.underlay.server_endpoints import ServerEndpoints
from wand.underlay.unresolved_names import UnresolvedNames

#: Seconds between two times that a server says that it runs.
SAYING_INTERVAL: Final = 60.0


class ServerPlaces:
    """
    Tells members where they find the server's streams, and other servers where it is.
    """

    def __init__(
        self, configuration: ServerConfiguration, context: Context, transport: ISessionTransport, authority: Authority
    ) -> None:
        self._configuration = configuration
        self._transport = transport
        self._servers = authority.servers
        self._streamPlaces = StreamPlaces(transport.sessions, context.counters)
        self._saying = Repeating("what this server says of itself", self._say, context.clock, context.failures)
        unresolved = UnresolvedNames(context.notes, "the setting public, which nodes get with their invitations")
        self._names = ServerEndpoints(
            configuration.public, resolverOf(context.clock), lambda endpoints: None, context.clock, unresolved
        )

    def start(self) -> None:
        """
        Begin to tell.
        """
        self._saying.start(SAYING_INTERVAL)
        self.lookAtNames()
        self._findStreams()

    def stop(self) -> None:
        """
        Tell nobody any more.
        """
        self._saying.stop()
        self._names.stop()

    def moved(self) -> None:
        """
        An address of this host changed.
        """
        self._say()
        self._findStreams()

    def lookAtNames(self) -> None:
        """
        Look whether the names that nodes are given can be found.
        """
        self._names.look()

    def endpoints(self) -> list[str]:
        """
        Where nodes reach this server.

        @raise PortUnavailable: if nobody knows.
        """
        configuration = self._configuration
        port = splitHostPort(self._transport.listening.partition(",")[0])[1]
        given = [splitHostPort(each, port) for each in configuration.public if not isTarget(each)]
        streams = [str(each) for each in targetsIn(tuple(configuration.public))]
        found = [str(Endpoint(*each)) for each in given]
        if not given and not streams:
            found = localEndpoints(configuration.listen, port, tunnels=True)
        streams = (streams or streamTexts(configuration, found))[:PLACES_MAXIMUM]  # those of UDP have room beside them
        if not found and not streams:
            raise PortUnavailable('this server does not know where nodes reach it; set public = ["HOST:PORT"]')
        return [*found[: ENDPOINTS_MAXIMUM - len(streams)], *streams]

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
        saying = Deferred.fromCoroutine(self._servers.tell(endpoints))
        saying.addErrback(lambda failure: failure.trap(StoreUnavailable) and None)  # it is said again
