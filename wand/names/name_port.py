"""
Where questions for names come in: a port of this host, by UDP and TCP, for this host and the overlay alone.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Final, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import DatagramProtocol, ServerFactory
from twisted.protocols.basic import Int16StringReceiver
from twisted.protocols.policies import TimeoutMixin

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.health.failures import Failures
from wand.names.domain import Domain
from wand.timing.token_buckets import TokenBuckets

#: The octets of a question at most.
QUESTION_MAXIMUM: Final = 512

#: Connections at once, the questions of one, and the seconds that it may be without a word.
CONNECTIONS_MAXIMUM: Final = 32
QUESTIONS_MAXIMUM: Final = 100
PATIENCE: Final = 10.0

COUNTERS: Final = {
    "drop-names-strange": "questions for names from outside of the overlay",
    "drop-names-rate": "questions for names beyond what one asker may ask a second",
    "drop-names-connections": "connections for names beyond those that there may be at once",
    "drop-names-unsent": "answers about names that could not be sent",
}


class Answerer(Protocol):
    """
    See L{wand.names.answering.Answering}.
    """

    async def answer(self, octets: bytes) -> bytes | None:
        """
        Answer a message that may be anything.
        """


class Askers:
    """
    Who may ask, and how much.

    @ivar counters: where it is counted if somebody may not.
    @ivar failures: what catches a fault of ours.
    """

    def __init__(
        self,
        domain: Callable[[], Domain],
        buckets: TokenBuckets,
        asked: Callable[[str], object],
        limited: Callable[[str], object],
        counters: Counters,
        failures: Failures,
    ) -> None:
        """
        @param asked: called with the address of whoever asks.
        @param limited: called with the address of somebody who asked too much.
        """
        counters.declare(COUNTERS)
        self.counters = counters
        self.failures = failures
        self._domain = domain
        self._buckets = buckets
        self._asked = asked
        self._limited = limited

    def isKnown(self, host: str) -> bool:
        """
        Is somebody this host, or in the overlay?
        """
        address = ip_address(host.partition("%")[0])
        if address.is_loopback or self._domain().has(address):
            return True
        self.counters["drop-names-strange"] += 1
        return False

    def mayAsk(self, host: str) -> bool:
        """
        May somebody ask one question more?
        """
        if self._buckets.take(host):
            self._asked(host)
            return True
        self.counters["drop-names-rate"] += 1
        self._limited(host)
        return False


class NameDatagrams(DatagramProtocol):
    """
    Questions by UDP.
    """

    noisy = False

    def __init__(self, answerer: Answerer, askers: Askers) -> None:
        self._answerer = answerer
        self._askers = askers

    def datagramReceived(self, datagram: bytes, address: tuple[str, int]) -> None:
        """
        Answer a question.
        """
        if not (self._askers.isKnown(address[0]) and self._askers.mayAsk(address[0])):
            return
        answering = Deferred.fromCoroutine(self._answer(datagram, address))
        answering.addErrback(lambda failure: self._askers.failures.caught("names", failure))

    async def _answer(self, datagram: bytes, address: tuple[str, int]) -> None:
        answer = await self._answerer.answer(datagram)
        if answer is None or self.transport is None:
            return
        try:
            self.transport.write(answer, address)
        except OSError:
            self._askers.counters["drop-names-unsent"] += 1


class NameConnection(Int16StringReceiver, TimeoutMixin):
    """
    Questions by TCP (RFC 7766): answered one after the other, so the answers stay in order.
    """

    MAX_LENGTH = QUESTION_MAXIMUM

    def __init__(self, answerer: Answerer, askers: Askers, clock: Any, host: str, ended: Callable[[], object]) -> None:
        """
        @param host: who asks.
        @param ended: called once the connection is over.
        """
        self.callLater = clock.callLater  # type: ignore[method-assign]
        self._answerer = answerer
        self._askers = askers
        self._host = host
        self._ended = ended
        self._asked = 0
        self._isEnding = False

    def connectionMade(self) -> None:
        """
        Give it some time.
        """
        self.setTimeout(PATIENCE)

    def stringReceived(self, string: bytes) -> None:
        """
        Answer a question, and read no further until that is done.
        """
        if self._isEnding:
            return
        self._asked += 1
        if self._asked > QUESTIONS_MAXIMUM or not self._askers.mayAsk(self._host):
            self._end()
            return
        self.resetTimeout()
        answering = Deferred.fromCoroutine(self._answerer.answer(string))
        if not answering.called:
            self.pauseProducing()
            answering.addBoth(self._resumed)
        answering.addCallback(self._answered)
        answering.addErrback(lambda failure: self._askers.failures.caught("names", failure))

    def _answered(self, answer: bytes | None) -> None:
        if self._isEnding:
            return
        if answer is None:
            self._end()
        else:
            self.sendString(answer)

    def _resumed(self, result: Any) -> Any:
        if not self._isEnding:
            self.callLater(0, self._readOn)  # once this answer is on its way
        return result

    def _readOn(self) -> None:
        if not self._isEnding:
            self.resumeProducing()

    def _end(self) -> None:
        assert self.transport is not None
        self._isEnding = True
        self.transport.loseConnection()

    def connectionLost(self, reason: object = None) -> None:
        """
        Leave no timer behind.
        """
        self._isEnding = True
        self.setTimeout(None)
        self._ended()


class NameConnections(ServerFactory):
    """
    A few connections at once.
    """

    noisy = False

    def __init__(self, answerer: Answerer, askers: Askers, clock: Any) -> None:
        self._answerer = answerer
        self._askers = askers
        self._clock = clock
        self._open = 0

    def buildProtocol(self, address: IAddress | None) -> NameConnection | None:
        """
        Take a connection, if it is of somebody who may ask and there is room.
        """
        if not isinstance(address, IPv4Address | IPv6Address) or not self._askers.isKnown(address.host):
            return None
        if self._open >= CONNECTIONS_MAXIMUM:
            self._askers.counters["drop-names-connections"] += 1
            return None
        self._open += 1
        return NameConnection(self._answerer, self._askers, self._clock, address.host, self._ended)

    def _ended(self) -> None:
        self._open -= 1


class NamePort:
    """
    One port by UDP and TCP.

    @ivar place: where it is.
    """

    def __init__(self, place: Endpoint, ports: list[IListeningPort]) -> None:
        self.place = place
        self._ports = ports

    def close(self) -> Deferred[Any]:
        """
        Answer nobody any more.
        """
        return DeferredList([maybeDeferred(each.stopListening) for each in self._ports])


def openPort(reactor: Any, host: str, ports: tuple[int, ...], answerer: Answerer, askers: Askers) -> NamePort:
    """
    Bind a port.

    @param host: a numeric address of this host.
    @param ports: the first that can be bound is taken; 0 is any.
    @raise PortUnavailable: if none can.
    """
    reason = ""
    for port in ports:
        udp = None
        try:
            udp = reactor.listenUDP(port, NameDatagrams(answerer, askers), host, QUESTION_MAXIMUM)
            got = udp.getHost().port
            tcp = reactor.listenTCP(got, NameConnections(answerer, askers, reactor), CONNECTIONS_MAXIMUM, host)
            return NamePort(Endpoint(host, got), [udp, tcp])
        except CannotListenError as error:
            reason = reason or str(error.socketError)
            if udp is not None:
                udp.stopListening()
    raise PortUnavailable(f"port {ports[0]} for names cannot be opened at {host}: {reason}")
