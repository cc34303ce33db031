"""
Tests for L{wand.names.name_port}, on a reactor in memory.
"""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError, ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.errors import PortUnavailable
from wand.events import Events
from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.names.domain import Domain
from wand.names.name_port import (
    CONNECTIONS_MAXIMUM,
    PATIENCE,
    QUESTIONS_MAXIMUM,
    Askers,
    NameConnection,
    NameConnections,
    NameDatagrams,
    openPort,
)
from wand.timing.token_buckets import TokenBuckets


class FakeAnswerer:
    """
    Answers with the question, or when the test does.
    """

    def __init__(self) -> None:
        self.waiting: list[Deferred[None]] | None = None

    async def answer(self, octets: bytes) -> bytes | None:
        """
        Answer.
        """
        if self.waiting is not None:
            later: Deferred[None] = Deferred()
            self.waiting.append(later)
            await later
        return octets or None


class FakePort:
    """
    Remembers datagrams that are written.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, object]] = []
        self.isBroken = False

    def write(self, octets: bytes, address: object) -> None:
        """
        Remember it.
        """
        if self.isBroken:
            raise OSError("no buffer space")
        self.sent.append((octets, address))


class NamePortCase(SynchronousTestCase):
    """
    Somebody who answers, and who may ask.
    """

    def setUp(self) -> None:
        """
        Five questions a second.
        """
        self.reactor, self.counters = MemoryReactorClock(), Counters()
        notes = Notes(self.reactor, Events(self.reactor.seconds))
        failures = Failures(self.reactor, self.counters, notes)
        self.asked: list[str] = []
        self.limited: list[str] = []
        buckets = TokenBuckets(self.reactor, 5, 5)
        self.askers = Askers(
            lambda: Domain("home.wand", ["10.77.0.0/16"]),
            buckets,
            self.asked.append,
            self.limited.append,
            self.counters,
            failures,
        )
        self.answerer = FakeAnswerer()


class DatagramTests(NamePortCase):
    """
    Questions by UDP.
    """

    def setUp(self) -> None:
        """
        A port.
        """
        super().setUp()
        self.port = NameDatagrams(self.answerer, self.askers)
        self.transport = FakePort()
        self.port.transport = self.transport  # type: ignore[assignment]

    def test_whoGetsAnAnswer(self) -> None:
        """
        This host and the overlay get one, and nobody else.
        """
        for host in ("127.0.0.1", "10.77.3.4", "::1"):
            self.port.datagramReceived(b"question", (host, 9))
        self.assertEqual(len(self.transport.sent), 3)
        for host in ("192.0.2.1", "fe80::1%eth0", "10.78.0.1"):
            self.port.datagramReceived(b"question", (host, 9))
        self.assertEqual(len(self.transport.sent), 3)
        self.assertEqual(self.counters["drop-names-strange"], 3)

    def test_howOften(self) -> None:
        """
        One asker has its number of answers a second, whatever others ask.
        """
        for _ in range(7):
            self.port.datagramReceived(b"question", ("10.77.0.2", 9))
        self.port.datagramReceived(b"question", ("10.77.0.3", 9))
        self.assertEqual(len(self.transport.sent), 6)
        self.assertEqual((self.counters["drop-names-rate"], self.limited), (2, ["10.77.0.2"] * 2))
        self.assertEqual(self.asked, [*["10.77.0.2"] * 5, "10.77.0.3"])
        self.reactor.advance(1)
        self.port.datagramReceived(b"question", ("10.77.0.2", 9))
        self.assertEqual(len(self.transport.sent), 7)

    def test_whatCannotBeSent(self) -> None:
        """
        An answer that the host does not take is counted.
        """
        self.transport.isBroken = True
        self.port.datagramReceived(b"question", ("10.77.0.2", 9))
        self.assertEqual(self.counters["drop-names-unsent"], 1)

    def test_tooLate(self) -> None:
        """
        An answer that comes once the port is closed goes nowhere.
        """
        self.answerer.waiting = []
        self.port.datagramReceived(b"question", ("10.77.0.2", 9))
        self.port.transport = None
        self.answerer.waiting[0].callback(None)
        self.assertEqual(self.transport.sent, [])


class ConnectionTests(NamePortCase):
    """
    Questions by TCP.
    """

    def setUp(self) -> None:
        """
        A port with room for many questions.
        """
        super().setUp()
        self.factory = NameConnections(self.answerer, self.askers, self.reactor)

    def connect(self, host: str = "10.77.0.2") -> tuple[NameConnection, StringTransport]:
        """
        Connect.
        """
        connection = self.factory.buildProtocol(IPv4Address("TCP", host, 9))
        assert connection is not None
        transport = StringTransport()
        connection.makeConnection(transport)
        return connection, transport

    def test_inTurn(self) -> None:
        """
        One question is answered at a time, and nothing is read meanwhile.
        """
        self.answerer.waiting = []
        connection, transport = self.connect()
        connection.dataReceived(b"\0\3one\0\3two")
        self.assertEqual((len(self.answerer.waiting), transport.producerState), (1, "paused"))
        self.answerer.waiting[0].callback(None)
        self.reactor.advance(0)
        self.assertEqual((transport.value(), len(self.answerer.waiting)), (b"\0\3one", 2))
        self.answerer.waiting[1].callback(None)
        self.reactor.advance(0)
        self.assertEqual((transport.value(), transport.producerState), (b"\0\3one\0\3two", "producing"))

    def test_whoMayConnect(self) -> None:
        """
        Nobody from outside may, and not too many at once.
        """
        self.assertIsNone(self.factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 9)))
        open = [self.connect()[0] for _ in range(CONNECTIONS_MAXIMUM)]
        self.assertIsNone(self.factory.buildProtocol(IPv4Address("TCP", "10.77.0.2", 9)))
        self.assertEqual(self.counters["drop-names-connections"], 1)
        open[0].connectionLost(Failure(ConnectionDone()))
        self.connect()

    def test_howLong(self) -> None:
        """
        Who says nothing, too much at once, what is no question, or more than there is room for is left.
        """
        silent, quiet = self.connect()
        self.reactor.advance(PATIENCE)
        for octets in (b"\x02\x01", b"\0\0"):
            connection, transport = self.connect()
            connection.dataReceived(octets)
            self.assertTrue(transport.disconnecting)
        self.assertTrue(quiet.disconnecting)
        self.assertFalse(silent.transport is None)
        connection, transport = self.connect("10.77.0.9")
        for _ in range(6):
            connection.dataReceived(b"\0\1x")
        self.assertTrue(transport.disconnecting)
        self.assertEqual(self.counters["drop-names-rate"], 1)

    def test_manyAtOnce(self) -> None:
        """
        Questions that come together are answered once each.
        """
        connection, transport = self.connect()
        connection.dataReceived(b"\0\3one\0\3two")
        self.assertEqual(transport.value(), b"\0\3one\0\3two")

    def test_gone(self) -> None:
        """
        An answer for somebody who is gone goes nowhere.
        """
        self.answerer.waiting = []
        connection, transport = self.connect()
        connection.dataReceived(b"\0\3one")
        connection.connectionLost(Failure(ConnectionDone()))
        self.answerer.waiting[0].callback(None)
        self.reactor.advance(0)
        self.assertEqual(transport.value(), b"")

    def test_howMany(self) -> None:
        """
        A connection is for some questions.
        """
        connection, transport = self.connect()
        for _ in range(QUESTIONS_MAXIMUM + 1):
            connection.dataReceived(b"\0\1x")
            self.reactor.advance(1)
        self.assertTrue(transport.disconnecting)
        self.assertEqual(len(transport.value()), 3 * QUESTIONS_MAXIMUM)


class OpeningTests(NamePortCase):
    """
    Where it is opened.
    """

    def test_theFirstThatIsFree(self) -> None:
        """
        The first port that can be bound is taken, by both protocols; if none can, the operator reads why.
        """
        taken = {53}

        class Port:
            def __init__(self, number: int) -> None:
                self.number = number
                self.port = number
                self.isOpen = True

            def getHost(self) -> object:
                return self

            def stopListening(self) -> None:
                self.isOpen = False

        bound: list[Port] = []

        class Reactor:
            def listenUDP(self, port: int, protocol: object, interface: str, size: int) -> Port:
                bound.append(Port(port))
                return bound[-1]

            def listenTCP(self, port: int, factory: object, backlog: int, interface: str) -> Port:
                if port in taken:
                    raise CannotListenError(interface, port, OSError(98, "in use"))
                bound.append(Port(port))
                return bound[-1]

        port = openPort(Reactor(), "10.77.0.1", (53, 5335), self.answerer, self.askers)
        self.assertEqual(port.place, ("10.77.0.1", 5335))
        self.assertEqual([(each.number, each.isOpen) for each in bound], [(53, False), (5335, True), (5335, True)])
        port.close()
        self.assertFalse(any(each.isOpen for each in bound))
        with self.assertRaises(PortUnavailable) as caught:
            openPort(Reactor(), "10.77.0.1", (53,), self.answerer, self.askers)
        self.assertIn("in use", str(caught.exception))
