"""
A simulated network of streams: connections between hosts, in the simulated time of a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionRefusedError, TimeoutError
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IReactorTime, IStreamClientEndpoint, ITransport
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable


@attrs.define
class SimulatedStreams:
    """
    A network.  How it treats connections can be changed at any time.

    @ivar delay: seconds that octets take, each way.
    @ivar rate: octets a second that a connection carries each way; infinitely many if it is 0.
    @ivar blocks: may a connection from this address to that endpoint not be made, and gets no answer?
    @ivar connections: both ends of every connection that was made, the newest last.
    """

    clock: IReactorTime
    delay: float = 0.01
    rate: float = 0.0
    blocks: Callable[[str, Endpoint], bool] = lambda source, target: False
    connections: list[tuple[SimulatedConnection, SimulatedConnection]] = attrs.field(factory=list)
    _listening: dict[tuple[str, int], IProtocolFactory] = attrs.field(init=False, factory=dict)
    _port: int = attrs.field(init=False, default=40_000)

    def host(self, address: str) -> StreamHost:
        """
        A host, seen as a L{wand.underlay.streams.network.StreamNetwork}.
        """
        return StreamHost(self, address)

    def freePort(self) -> int:
        """
        A port that nobody has.
        """
        self._port += 1
        return self._port


@attrs.frozen
class StreamHost:
    """
    A host.
    """

    network: SimulatedStreams
    address: str

    def listen(self, host: str, port: int, factory: IProtocolFactory) -> Any:
        """
        See L{wand.underlay.streams.network.StreamNetwork.listen}.
        """
        place = Endpoint(self.address, port or self.network.freePort())
        if place in self.network._listening:
            raise PortUnavailable(f"TCP port {place} cannot be bound: it is in use")
        self.network._listening[place] = factory
        return _Listening(self.network, place)

    def client(self, host: str, port: int) -> IStreamClientEndpoint:
        """
        See L{wand.underlay.streams.network.StreamNetwork.client}.
        """
        return _Client(self.network, self.address, Endpoint(host, port))


@attrs.frozen
class _Listening:
    network: SimulatedStreams
    place: Endpoint

    def getHost(self) -> Any:
        return _addressOf(self.place)

    def stopListening(self) -> None:
        self.network._listening.pop(self.place, None)


@implementer(IStreamClientEndpoint)
@attrs.frozen
class _Client:
    network: SimulatedStreams
    source: str
    target: Endpoint

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        See L{IStreamClientEndpoint}.
        """
        network = self.network
        if network.blocks(self.source, self.target):
            result: Deferred[IProtocol] = Deferred()
            return result.addTimeout(10.0, network.clock, lambda *_: Failure(TimeoutError()))
        if self.target not in network._listening:
            return fail(ConnectionRefusedError())

        def giveUp(_: Deferred[IProtocol]) -> None:
            if making.active():
                making.cancel()

        connected = Deferred[IProtocol](giveUp)
        making = network.clock.callLater(2 * network.delay, self._made, protocolFactory, connected)
        return connected

    def _made(self, factory: IProtocolFactory, connected: Deferred[IProtocol]) -> None:
        listening = self.network._listening.get(self.target)
        source = Endpoint(self.source, self.network.freePort())
        theirs = None if listening is None else listening.buildProtocol(_addressOf(source))
        ours = factory.buildProtocol(_addressOf(self.target))
        if connected.called or theirs is None or ours is None:
            if not connected.called:
                connected.errback(ConnectionRefusedError())
            return
        here = SimulatedConnection(self.network, source, self.target)
        there = SimulatedConnection(self.network, self.target, source)
        here.begin(ours, there)
        there.begin(theirs, here)
        self.network.connections.append((here, there))
        theirs.makeConnection(there)
        ours.makeConnection(here)
        connected.callback(ours)


@implementer(ITransport)
class SimulatedConnection:
    """
    One end of a connection, as its protocol sees it.

    @ivar connected: is it open?
    @ivar isStuck: does the other end take nothing?
    """

    def __init__(self, network: SimulatedStreams, here: Endpoint, there: Endpoint) -> None:
        self.connected = True
        self.disconnecting = False
        self.isStuck = False
        self._network = network
        self._here, self._there = here, there
        self._waiting: list[bytes] = []
        self._isSending = False
        self._producer: Any = None
        self._isPaused = False
        self._arrived: deque[bytes] = deque()

    def begin(self, protocol: IProtocol, other: SimulatedConnection) -> None:
        """
        Connect it.
        """
        self._protocol, self._other = protocol, other

    def write(self, octets: bytes) -> None:
        """
        See L{ITransport}.
        """
        if self.connected and octets and not self.disconnecting:
            self._waiting.append(octets)
            self._send()

    def writeSequence(self, pieces: Any) -> None:
        """
        See L{ITransport}.
        """
        self.write(b"".join(pieces))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        See L{twisted.internet.interfaces.IConsumer}.
        """
        self._producer = producer
        if not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """
        See L{twisted.internet.interfaces.IConsumer}.
        """
        self._producer = None

    def pauseProducing(self) -> None:
        """
        See L{twisted.internet.interfaces.IPushProducer}: what comes waits.
        """
        self._isPaused = True

    def resumeProducing(self) -> None:
        """
        See L{twisted.internet.interfaces.IPushProducer}: what waits comes in the next turn, as from a reactor.
        """
        self._isPaused = False
        self._network.clock.callLater(0, self._deliver)

    def loseConnection(self) -> None:
        """
        See L{ITransport}.
        """
        self.disconnecting = True
        self._send()

    def abortConnection(self) -> None:
        """
        See L{twisted.internet.interfaces.ITCPTransport}.
        """
        self._end(ConnectionAborted())

    def getPeer(self) -> Any:
        """
        See L{ITransport}.
        """
        return _addressOf(self._there)

    def getHost(self) -> Any:
        """
        See L{ITransport}.
        """
        return _addressOf(self._here)

    def _send(self) -> None:
        if self._isSending or self.isStuck:
            return
        if self._waiting:
            octets = b"".join(self._waiting)
            self._waiting.clear()
            self._isSending = True
            rate = self._network.rate
            taking = len(octets) / rate if rate else 0.0
            self._network.clock.callLater(taking, self._sent)
            self._network.clock.callLater(taking + self._network.delay, self._other.arrived, octets)
        elif self.disconnecting:
            self._end(ConnectionDone())

    def _sent(self) -> None:
        self._isSending = False
        if self._waiting or self.disconnecting:
            self._send()
        elif self._producer is not None and self.connected:
            self._producer.resumeProducing()

    def arrived(self, octets: bytes) -> None:
        """
        The other end sent something.
        """
        self._arrived.append(octets)
        self._deliver()

    def _deliver(self) -> None:
        while self._arrived and self.connected and not self._isPaused:
            self._protocol.dataReceived(self._arrived.popleft())

    def _end(self, error: Exception) -> None:
        if self.connected:
            self.connected = False
            self._network.clock.callLater(0, self._protocol.connectionLost, Failure(error))
            self._network.clock.callLater(self._network.delay, self._other._end, ConnectionDone())


def _addressOf(endpoint: Endpoint) -> IPv4Address | IPv6Address:
    return (IPv6Address if endpoint.isIPv6 else IPv4Address)("TCP", *endpoint)
