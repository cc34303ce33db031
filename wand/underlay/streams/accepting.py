"""
Accepting streams, from members and from strangers, who cannot be told apart until a session is in one.

So a new stream is a stranger's.  Strangers are few, of each address and in all; who comes when there are too many takes
the place of the oldest one of the address that has the most.  A stranger that brings nothing valid within some seconds
goes, however slowly it speaks.  What a conversation uses, as L{wand.underlay.ports.DatagramPort.towards} tells, is no
stranger's.
"""

from __future__ import annotations

from collections import defaultdict
from ipaddress import ip_address
from typing import Any, Final

from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.python.failure import Failure

from wand.endpoint import Endpoint
from wand.health.failures import Failures
from wand.timing.repeating import Repeating
from wand.underlay.place_kinds import STREAM
from wand.underlay.streams.network import StreamNetwork
from wand.underlay.streams.port import StreamPort
from wand.underlay.streams.stream import Lone, Stream
from wand.underlay.streams.tls import accepting
from wand.underlay.streams.wires import PlainWire, WebSocketWire, Wire

#: How many streams of strangers there are at most: of one address, or one /64 of IPv6, and in all.
STRANGERS_ADDRESS: Final = 32
STRANGERS_MAXIMUM: Final = 512

#: Seconds for a stranger to bring something valid.
STRANGER_PATIENCE: Final = 8.0

#: How many streams there are at most in all.
STREAMS_MAXIMUM: Final = 8192

#: Seconds until a stream ends that nobody uses, and one whose other end takes nothing.
ACCEPTED_IDLE: Final = 90.0
STALL_PATIENCE: Final = 8.0

#: Seconds between two looks at which streams have to end.
LOOK_INTERVAL: Final = 1.0

#: What TLS begins with (RFC 8446, section 5.1: handshake), and an HTTP request for a WebSocket.
_TLS: Final = 0x16
_GET: Final = b"G"


class StreamListener(Factory):
    """
    Accepts streams, and ends those that have to end.

    @ivar port: carries their datagrams; C{None} while nobody takes them.
    """

    noisy = False

    def __init__(self, options: CertificateOptions, clock: Any, counters: Any, failures: Failures) -> None:
        """
        @param options: the certificate that is shown.
        """
        self.port: StreamPort | None = None
        self._options = options
        self._clock = clock
        self._counters = counters
        self._strangers: defaultdict[str, dict[Stream, None]] = defaultdict(dict)
        self._addressOf: dict[Stream, str] = {}
        self._members: set[Stream] = set()
        self._listening: IListeningPort | None = None
        self._look = Repeating("streams", self._endSome, clock, failures)
        self.endpoint: Endpoint | None = None

    def listen(self, network: StreamNetwork, host: str, port: int) -> None:
        """
        Bind the port.

        @param host: a numeric local address.
        @raise wand.errors.PortUnavailable: if that fails.
        """
        self._listening = network.listen(host, port, self)
        self.endpoint = Endpoint(host, int(self._listening.getHost().port))  # type: ignore[attr-defined]
        self._look.start(LOOK_INTERVAL, now=False)

    def refuse(self) -> None:
        """
        Accept nothing more.
        """
        if self._listening is not None:
            self._listening.stopListening()
            self._listening = None

    def stop(self) -> None:
        """
        Accept nothing more, and end all streams.
        """
        self.refuse()
        self._look.stop()
        for stream in (*self._members, *self._addressOf):
            stream.close("the program ends")

    @property
    def count(self) -> int:
        """
        How many streams there are.
        """
        return len(self._members) + len(self._addressOf)

    def buildProtocol(self, address: IAddress | None) -> Protocol | None:
        """
        See L{twisted.internet.interfaces.IProtocolFactory}.
        """
        host, number = getattr(address, "host", ""), getattr(address, "port", 0)
        if self.port is None or self.count >= STREAMS_MAXIMUM:
            return None
        group = subscriberOf(host)
        if len(self._strangers[group]) >= STRANGERS_ADDRESS or len(self._addressOf) >= STRANGERS_MAXIMUM:
            self._promote()  # no member's stream makes room for a stranger's
        if len(self._strangers[group]) >= STRANGERS_ADDRESS:
            self._evict(group)
        elif len(self._addressOf) >= STRANGERS_MAXIMUM:
            self._evict(max(self._strangers, key=lambda each: len(self._strangers[each])))
        stream = Stream(None, self._clock, self._counters, _chosenWire)
        stream.ended = self._ended
        self._strangers[group][stream] = None
        self._addressOf[stream] = group
        stream.opened.addCallbacks(lambda _: self._opened(stream, host, number), lambda _: None)
        return Threshold(stream, self._options, self._clock, isLocal=_isLoopback(host))

    def _evict(self, group: str) -> None:
        oldest = next(iter(self._strangers[group]))
        self._counters["streams-strange"] += 1
        oldest.abort("it made room for others")
        self._ended(oldest, "")

    def _opened(self, stream: Stream, host: str, number: int) -> None:
        if self.port is None:
            return
        wire = stream.wire
        if wire is not None and wire.client and _isLoopback(host):
            host = _numeric(wire.client) or host
        place = Endpoint(f"{STREAM}/{host}", number)
        while place in self.port.streams:  # a proxy's number may be that of a stream that came without it
            place = place._replace(port=place.port % 65_535 + 1)
        self.port.adopt(stream, place)

    def _ended(self, stream: Stream, reason: str) -> None:
        self._members.discard(stream)
        group = self._addressOf.pop(stream, None)
        if group is not None:
            self._strangers[group].pop(stream, None)
            if not self._strangers[group]:
                del self._strangers[group]
        if self.port is not None:
            self.port.forget(stream)

    def _promote(self) -> None:
        """
        Streams that turned out to be members' are no longer strangers'.
        """
        for stream in tuple(self._addressOf):
            if stream.isProven:
                group = self._addressOf.pop(stream)
                self._strangers[group].pop(stream)
                if not self._strangers[group]:
                    del self._strangers[group]
                self._members.add(stream)

    def _endSome(self) -> None:
        now = self._clock.seconds()
        self._promote()
        for stream in tuple(self._addressOf):
            if now - stream.began > STRANGER_PATIENCE:
                self._counters["streams-strange"] += 1
                stream.abort("it brought nothing valid")
        endUnused(tuple(self._members), now, ACCEPTED_IDLE, self._counters)


def endUnused(streams: tuple[Stream, ...], now: float, idle: float, counters: Any) -> None:
    """
    End the streams that nobody used for C{idle} seconds, and those whose other end takes nothing.
    """
    for stream in streams:
        if stream.stalledFor(now) > STALL_PATIENCE:
            counters["streams-stalled"] += 1
            stream.abort("the other end takes nothing")
        elif now - stream.usedAt > idle:
            counters["streams-idle"] += 1
            stream.close("nobody used it")


class Threshold(Protocol):
    """
    Looks at the first octet: TLS, or from a proxy on this host an HTTP request.
    """

    def __init__(self, stream: Stream, options: CertificateOptions, clock: Any, *, isLocal: bool) -> None:
        self._stream = stream
        self._options = options
        self._clock = clock
        self._isLocal = isLocal
        self._inner: Protocol | None = None

    def connectionMade(self) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._stream.below = self.transport

    def dataReceived(self, octets: bytes) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        if self._inner is None:
            self._begin(octets[0])
        if self._inner is not None:
            self._inner.dataReceived(octets)

    def _begin(self, first: int) -> None:
        assert self.transport is not None
        if first == _TLS:
            self._inner = accepting(self._options, Lone(self._stream), self._clock).buildProtocol(
                self.transport.getPeer()
            )
        elif self._isLocal and first == _GET[0]:
            self._inner = self._stream
        else:
            self._refuse()
            return
        if self._inner is not None:
            self._inner.makeConnection(self.transport)  # type: ignore[no-untyped-call]

    def _refuse(self) -> None:
        assert self.transport is not None
        self._stream.malformed("it begins with something else than TLS")
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        if self._inner is not None:
            self._inner.connectionLost(reason)
        self._stream.connectionLost(reason)


def _chosenWire(octets: bytes) -> Wire:
    return WebSocketWire() if octets.startswith(_GET) else PlainWire()


def subscriberOf(host: str) -> str:
    """
    What stands for everybody who may use an address: an IPv4 address, or a /64 of IPv6.

    @param host: a numeric address.
    """
    numeric = _numeric(host)
    return numeric if ":" not in numeric else ip_address(numeric).exploded[:19]


def _isLoopback(host: str) -> bool:
    numeric = _numeric(host)
    return bool(numeric) and ip_address(numeric).is_loopback


def _numeric(host: str) -> str:
    """
    A numeric address in its canonical form; empty if it is none.
    """
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return ""
