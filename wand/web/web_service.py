"""
A web site as a service of a program.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IDelayedCall, IListeningPort, IProtocolFactory

from wand.config import localPlace
from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.health.notes import Notes
from wand.web.connections import WebConnections

#: Seconds until an address that this host does not have yet is tried again.
RETRY: Final = 3.0


class WebService(Service):
    """
    Serves a web site at one local address, opened with the privileges of the start.  The site is made when the first
    browser comes.
    """

    def __init__(
        self,
        reactor: Any,
        place: str,
        make: Callable[[], IProtocolFactory],
        counters: Counters,
        notes: Notes | None = None,
    ) -> None:
        """
        @param place: C{HOST:PORT}, the host a numeric address.
        @param make: makes what makes the protocols of the site; see L{wand.web.sites.siteOf}.
        @param notes: where it is said that the address is waited for: a node has that of the overlay once it is a
            member.  Without them it must be there at the start.
        """
        self._reactor = reactor
        self._place = place
        self._connections = WebConnections(make, reactor, counters)
        self._port: IListeningPort | None = None
        self._notes = notes
        self._retry: IDelayedCall | None = None

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
        try:
            self._bind()
        except CannotListenError as error:
            if self._notes is None or error.socketError.errno != errno.EADDRNOTAVAIL:
                raise PortUnavailable(f"the web port {self._place} cannot be opened: {error.socketError}") from None

    def _bind(self) -> None:
        host, port = localPlace(self._place)
        self._port = self._reactor.listenTCP(port, self._connections, interface=host)

    def _open(self, notes: Notes) -> None:
        """
        Bind the port as soon as that is possible.
        """
        note = f"web-{self._place}"
        try:
            self._bind()
        except CannotListenError as error:
            notes.say(
                note,
                f"the web port {self._place} cannot be opened yet: {error.socketError}. It is tried again every "
                f"{RETRY:g} s; an address of the overlay is there once this node is a member",
            )
            self._retry = self._reactor.callLater(RETRY, self._open, notes)
        else:
            notes.clear(note)

    def startService(self) -> None:
        """
        Bind the port, unless it is bound.
        """
        super().startService()
        if self._port is None:  # python -m twisted has no privileged start
            self.privilegedStartService()
        if self._port is None and self._notes is not None:
            self._open(self._notes)

    def stopService(self) -> Deferred[None]:
        """
        Close the port, and end what is under way.
        """
        super().stopService()
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        port, self._port = self._port, None
        for each in tuple(self._connections.protocols):
            each.abort()
        closing: Deferred[None] | None = None if port is None else port.stopListening()
        return succeed(None) if closing is None else closing
