"""
Where streams are listened for, and where they are opened: the reactor's TCP, or a simulated one
(L{wand.testing.streams}).
"""

from __future__ import annotations

import socket
from typing import Any, Final, Protocol

from twisted.internet.defer import Deferred, fail
from twisted.internet.error import CannotListenError, ConnectionRefusedError
from twisted.internet.interfaces import IListeningPort, IProtocol, IProtocolFactory, IStreamClientEndpoint
from zope.interface import implementer

from wand.errors import PortUnavailable

#: Seconds for a connection, and for a name.
CONNECT_PATIENCE: Final = 10.0

#: The largest segments of TCP, in octets: with headers and options no longer than what any path of IPv6 must carry (RFC
#: 8200 section 5).  Where longer packets vanish unseen, a kernel would send them again and again.
SEGMENT_MAXIMUM: Final = 1208


class StreamNetwork(Protocol):
    """
    A network of streams.
    """

    def listen(self, host: str, port: int, factory: IProtocolFactory) -> IListeningPort:
        """
        Accept connections.

        @param host: a numeric local address.
        @raise PortUnavailable: if the port cannot be bound, with the reason and what to do.
        """

    def client(self, host: str, port: int) -> IStreamClientEndpoint:
        """
        What connects to a host.

        @param host: a numeric address or a name.
        """


class ReactorStreams:
    """
    The reactor's TCP.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def listen(self, host: str, port: int, factory: IProtocolFactory) -> IListeningPort:
        """
        See L{StreamNetwork.listen}.
        """
        try:
            listening: IListeningPort = self._reactor.listenTCP(port, factory, backlog=128, interface=host)
        except CannotListenError as error:
            reason = getattr(error.socketError, "strerror", None) or str(error.socketError)
            advice = "; ports below 1024 need root or CAP_NET_BIND_SERVICE" if "ermission" in reason else ""
            raise PortUnavailable(f"TCP port {host}:{port} cannot be bound: {reason}{advice}") from error
        # What is accepted inherits it, and the client hears of it: so both ends keep to it.
        listening.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_MAXIMUM)  # type: ignore[attr-defined]
        return listening

    def client(self, host: str, port: int) -> IStreamClientEndpoint:
        """
        See L{StreamNetwork.client}.
        """
        # Imported here, since few nodes need it, and it takes time and memory.
        from twisted.internet.endpoints import HostnameEndpoint

        return HostnameEndpoint(self._reactor, host, port, timeout=CONNECT_PATIENCE, attemptDelay=0.2)


class NoStreams:
    """
    Where there are none.
    """

    def listen(self, host: str, port: int, factory: IProtocolFactory) -> IListeningPort:
        """
        See L{StreamNetwork.listen}.
        """
        raise PortUnavailable(f"TCP port {host}:{port} cannot be bound: there is no TCP here")

    def client(self, host: str, port: int) -> IStreamClientEndpoint:
        """
        See L{StreamNetwork.client}.
        """
        return _Nowhere()


@implementer(IStreamClientEndpoint)
class _Nowhere:
    """
    What connects to nobody.
    """

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        See L{IStreamClientEndpoint}.
        """
        return fail(ConnectionRefusedError())
