"""
A web site as a service of a program.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.web.resource import IResource
from twisted.web.server import Request, Site

from wand.config import localPlace
from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.web.hosts import HostRefused, checkHost

#: How many connections there are at once; more are closed at once.
CONNECTIONS_MAXIMUM: Final = 64

#: Seconds that a connection may be without a word.
PATIENCE: Final = 30.0

_BODY_REFUSED: Final = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class WebRequest(Request):
    """
    A request that is answered only if it was meant for us, and whose answer says nothing of the software behind it.

    It has no body, and a connection has no other, so a stranger fills neither the disk with what they send nor our
    memory with answers that they do not read.
    """

    def gotLength(self, length: int | None) -> None:
        """
        Refuse a body before any of it came, and whatever comes after this request.
        """
        super().gotLength(0)
        self.channel.persistent = False
        if length != 0:
            self.channel.write(_BODY_REFUSED)
            self.channel.loseConnection()

    def handleContentChunk(self, data: bytes) -> None:
        """
        Forget what is sent on the way to the end of the connection.
        """

    def process(self) -> None:
        """
        Refuse what a stranger's page had a browser ask; answer everything else.
        """
        self.setHeader("connection", "close")
        try:
            checkHost(self.getHeader("host") or "", self.getHost().host)
        except HostRefused as refused:
            self.setResponseCode(421)
            self.setHeader("content-type", "text/plain; charset=utf-8")
            self.write(f"{refused}\n".encode())
            self.finish()
            return
        super().process()

    def render(self, resource: IResource) -> None:
        """
        Answer with a page.
        """
        self.responseHeaders.removeHeader("server")
        self.setHeader("x-content-type-options", "nosniff")
        super().render(resource)


class WebConnections(WrappingFactory):
    """
    Closes connections beyond L{CONNECTIONS_MAXIMUM} at once.
    """

    noisy = False

    def buildProtocol(self, address: IAddress | None) -> ProtocolWrapper | None:  # type: ignore[override]
        """
        Take a connection, if there is room.
        """
        if len(self.protocols) >= CONNECTIONS_MAXIMUM:
            return None
        return super().buildProtocol(address)


class WebService(Service):
    """
    Serves a web site at one local address, opened with the privileges of the start.
    """

    def __init__(self, reactor: Any, place: str, root: IResource) -> None:
        """
        @param place: C{HOST:PORT}, the host a numeric address.
        """
        self._reactor = reactor
        self._place = place
        self._site = Site(root, requestFactory=WebRequest, timeout=PATIENCE, reactor=reactor)
        self._site.displayTracebacks = False
        self._site.noisy = False
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
            self._port = self._reactor.listenTCP(port, WebConnections(self._site), interface=host)
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
        Close the port.
        """
        super().stopService()
        port, self._port = self._port, None
        closing: Deferred[None] | None = None if port is None else port.stopListening()
        return succeed(None) if closing is None else closing
