"""
Streams of a server: where they are accepted, and where nodes find that.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from wand.config import ServerConfiguration, localPlace
from wand.endpoint import numericAddress, splitHostPort
from wand.interfaces import Context, ISessionTransport
from wand.sealed.sessions.transport import SealedTransport
from wand.state import StateDirectory
from wand.stream_targets import StreamTarget
from wand.underlay.place_kinds import STREAM
from wand.underlay.streams.port import StreamPort

if TYPE_CHECKING:
    from wand.underlay.streams.accepting import StreamListener

#: At how many hosts nodes are told that streams are accepted.
HOSTS_MAXIMUM: Final = 3


class StreamService:
    """
    Accepts streams, if the configuration says where.
    """

    def __init__(self, configuration: ServerConfiguration, context: Context) -> None:
        self._configuration = configuration
        self._context = context
        self._listener: StreamListener | None = None

    @property
    def listening(self) -> str:
        """
        Where streams are accepted, for people; empty if nowhere.
        """
        listener = self._listener
        return "" if listener is None or listener.endpoint is None else f"tcp {listener.endpoint}"

    def listen(self, state: StateDirectory) -> None:
        """
        Bind the port, unless it is bound.

        @param state: where a certificate is kept that the server makes itself.
        @raise wand.errors.WandError: if the port cannot be bound, or the certificate cannot be used.
        """
        configuration, context = self._configuration, self._context
        if not configuration.tcp or self._listener is not None:
            return
        # 5 MB that a server without streams does not need.
        from wand.underlay.streams.accepting import StreamListener
        from wand.underlay.streams.tls import certificateOf

        options = certificateOf(state, configuration.tlsCertificate, configuration.tlsKey)
        webServers = frozenset(map(numericAddress, configuration.webServers))
        listener = StreamListener(options, context.clock, context.counters, context.failures, webServers)
        listener.listen(context.streams, *localPlace(configuration.tcp))
        self._listener = listener

    def carryFor(self, transport: ISessionTransport) -> None:
        """
        Carry the datagrams of a transport, from now on.
        """
        if self._listener is None or not isinstance(transport, SealedTransport):
            return
        port = StreamPort(transport.reception, self._context.counters, self._context.failures)
        port.hasPeer = transport.watchPlaces(port.peerMoved)
        transport.ways.add(STREAM, port)
        self._listener.port = port

    def refuse(self) -> None:
        """
        Accept no more streams; those that there are go on.
        """
        if self._listener is not None:
            self._listener.refuse()

    def stop(self) -> None:
        """
        End all streams.
        """
        if self._listener is not None:
            self._listener.stop()
            self._listener = None


def streamTexts(configuration: ServerConfiguration, endpoints: Sequence[str]) -> list[str]:
    """
    Where nodes find the streams of a server that does not say it in its configuration: at the hosts where they find
    its UDP.

    @param endpoints: where that is, C{HOST:PORT} each.
    """
    if not configuration.tcp:
        return []
    host, port = localPlace(configuration.tcp)
    address = ip_address(host)
    if address.is_loopback:  # behind a web server, which knows
        return []
    hosts = list(dict.fromkeys(splitHostPort(each)[0] for each in endpoints))
    if not address.is_unspecified and not configuration.public:
        hosts = [host]
    elif host == "0.0.0.0" and not configuration.public:
        hosts = [each for each in hosts if ":" not in each]
    return [str(StreamTarget(each, port)) for each in hosts[:HOSTS_MAXIMUM]]
