"""
A web site as a service of a program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from wand.config import localPlace
from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.web.connections import WebConnections


class WebService(Service):
    """
    Serves a web site at one local address, opened with the privileges of the start.  The site is made when the first
    browser comes.
    """

    def __init__(self, reactor: Any, place: str, make: Callable[[], IProtocolFactory], counters: Counters) -> None:
        """
        @param place: C{HOST:PORT}, the host a numeric address.
        @param make: makes what makes the protocols of the site; see L{wand.web.sites.siteOf}.
        """
        self._reactor = reactor
        self._place = place
        self._connections = WebConnections(make, reactor, counters)
        self._port: IListeningPort | None = None

    @property
    def endpoint(self) -> Endpoint | None:
        """
        Where it is served; C{None} while it is not.
        """
        if self._port is None:
            return None
        address = self._port.getHost()
        return Endpoint(address.host, int(address.port))  # type: ignore[attr-defined]

    def privilegedStartService(self) -> None:
        """
        Bind the port.

        @raise wand.errors.PortUnavailable: if that fails.
        """
        host, port = localPlace(self._place)
        try:
            self._port = self._reactor.listenTCP(port, self._connections, interface=host)
        except CannotListenError as error:
            raise PortUnavailable(f"the web port {self._place} cannot be opened: {error.socketError}") from None

    def startService(self) -> None:
        """
        Bind the port, unless it is bound.
        """
        super().startService()
        if self._port is None:  # python -m twisted has no privileged start
            self.privilegedStartService()

    def stopService(self) -> Deferred[None]:
        """
        Close the port, and end what is under way.
        """
        super().stopService()
        port, self._port = self._port, None
        for each in tuple(self._connections.protocols):
            each.abort()
        closing: Deferred[None] | None = None if port is None else port.stopListening()
        return succeed(None) if closing is None else closing
