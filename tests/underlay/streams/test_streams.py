"""
Tests for streams in simulated time: a server that accepts them, clients that open them, proxies between.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, ConfigurationInvalid
from wand.state import StateDirectory
from wand.stream_targets import StreamTarget
from wand.testing.context import failuresOf
from wand.testing.streams import SimulatedStreams
from wand.underlay.slots import Slots
from wand.underlay.streams.accepting import ACCEPTED_IDLE, STRANGER_PATIENCE, StreamListener
from wand.underlay.streams.framing import STEP, framedTrain
from wand.underlay.streams.intake import BURST, RATE, RATE_MEMBERS, STRANGER_BURST, STRANGER_RATE, TURN, Intake, Load
from wand.underlay.streams.opening import OPENING_PATIENCE, StreamOpener, StreamUnavailable
from wand.underlay.streams.outlet import STALL_PATIENCE
from wand.underlay.streams.port import StreamPort
from wand.underlay.streams.proxies import Proxies, Proxy
from wand.underlay.streams.send_queue import OCTETS_MAXIMUM
from wand.underlay.streams.strangers import STRANGERS_SUBSCRIBER
from wand.underlay.streams.stream import CLOSE_PATIENCE, Stream
from wand.underlay.streams.tls import certificateOf
from wand.underlay.streams.turns import BEGIN_BURST, BEGIN_RATE
from wand.underlay.streams.web_socket import WebSocketWire

SERVER, CLIENT, PROXY = "192.0.2.1", "192.0.2.2", "192.0.2.3"
PLACE = Endpoint(f"tcp/{SERVER}", 443)
TARGET = StreamTarget(SERVER, 443)


class Recorder:
    """
    Keeps copies of datagrams, and their senders.
    """

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []
        self.senders: list[tuple[str, int]] = []
        self.batches = 0

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        self.datagrams.append(bytes(datagram))
        self.senders.append(sender)

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        self.datagrams += map(bytes, slots.datagrams(first, count, size, last))
        self.senders.append(sender)

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        self.batches += 1


class _Asked(Protocol):
    """
    A proxy that answers what it is told to, and remembers what it was asked.
    """

    answer = b"HTTP/1.1 200 Connection established\r\n\r\n"
    network: Any
    asked = b""
    inner: Any = None

    def dataReceived(self, octets: bytes) -> None:
        if self.inner is not None:
            self.inner.transport.write(octets)
            return
        self.asked += octets
        self.factory.asked.append(self.asked)  # type: ignore[union-attr]
        if b" 200 " not in self.answer:
            self.transport.write(self.answer)  # type: ignore[union-attr]
            return
        factory = Factory.forProtocol(lambda: _Beyond(self))
        self.network.client(SERVER, 443).connect(factory).addCallback(self._connected)

    def _connected(self, inner: Any) -> None:
        self.inner = inner
        self.transport.write(self.answer)  # type: ignore[union-attr]


class _Beyond(Protocol):
    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def dataReceived(self, octets: bytes) -> None:
        self._asked.transport.write(octets)  # type: ignore[union-attr]


class StreamTests(SynchronousTestCase):
    """
    Tests for L{StreamListener}, L{StreamOpener} and L{StreamPort} together.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.counters = Counters()
        self.network = SimulatedStreams(self.clock)
        self.state = StateDirectory(str(Path(self.enterContext(tempfile.TemporaryDirectory())) / "state"))
        self.failures = failuresOf(self.counters)
        self.here, self.there = Recorder(), Recorder()
        self.port = StreamPort(self.here, self.counters, self.failures)
        self.serverPort = StreamPort(self.there, self.counters, self.failures)
        options = certificateOf(self.state, "", "")
        self.listener = StreamListener(options, self.clock, self.counters, self.failures, {"127.0.0.1", "192.0.2.80"})
        self.listener.listen(self.network.host(SERVER), "0.0.0.0", 443)
        self.used: set[tuple[str, int]] = set()
        self.serverPort.hasPeer = self.used.__contains__
        self.listener.port = self.serverPort
        self.addCleanup(self.listener.stop)

    def run_(self, seconds: float = 1.0) -> None:
        """
        Let time pass.
        """
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            times = [each.getTime() for each in self.clock.getDelayedCalls()]
            self.clock.advance(max(0.0, min([*times, end]) - self.clock.seconds()))

    def use(self, place: tuple[str, int]) -> None:
        """
        A conversation uses a stream of the server's.
        """
        self.used.add(place)
        self.serverPort.peerMoved(place)

    def leave(self, place: tuple[str, int]) -> None:
        """
        It uses another way now.
        """
        self.used.discard(place)
        self.serverPort.peerMoved(place)

    def opener(self, proxies: Proxies | None = None) -> StreamOpener:
        """
        What opens streams at the client.
        """
        return StreamOpener(self.network.host(CLIENT), proxies or Proxies(), self.clock, self.counters)

    def opened(self, target: StreamTarget = TARGET, proxies: Proxies | None = None) -> Stream:
        """
        A stream that is open at both ends.
        """
        opening = self.opener(proxies).open(target)
        self.run_()
        stream = self.successResultOf(opening)
        self.port.adopt(stream, PLACE)
        stream.ended = lambda ended, reason: self.port.forget(ended)
        return stream

    def assertCarries(self) -> None:
        """
        Datagrams and trains arrive at both ends.
        """
        train = b"".join(bytes([number]) * 1000 for number in range(40)) + b"end"
        self.assertTrue(self.port.send(b"hello", PLACE))
        self.assertTrue(self.port.sendTrain(memoryview(train), 1000, PLACE))
        self.assertTrue(self.port.sendParts([b"a", memoryview(b"b")], PLACE))
        self.run_()
        expected = [b"hello", *(train[first : first + 1000] for first in range(0, len(train), 1000)), b"ab"]
        self.assertEqual(self.there.datagrams, expected)
        client = self.there.senders[0]
        self.assertTrue(all(each is client for each in self.there.senders))
        self.assertTrue(self.serverPort.answerStranger(b"back", client, 0.5))
        self.run_()
        self.assertEqual((self.here.datagrams, self.here.senders), ([b"back"], [PLACE]))
        self.assertEqual(self.here.batches, 1)

    def test_tls(self) -> None:
        """
        Datagrams travel in TLS, and a client takes the certificate that the server made itself.
        """
        self.opened()
        self.assertCarries()
        self.assertEqual(self.there.senders[0][0], f"tcp/{CLIENT}")

    def test_webSocket(self) -> None:
        """
        They travel in a WebSocket inside of TLS.
        """
        self.opened(StreamTarget(SERVER, 443, "/wand"))
        self.assertCarries()

    def proxied(self, answer: bytes = _Asked.answer) -> list[bytes]:
        """
        Have a proxy.

        @return: what it is asked.
        """
        factory = Factory.forProtocol(_Asked)
        factory.asked = []  # type: ignore[attr-defined]
        _Asked.network, _Asked.answer = self.network.host(PROXY), answer
        self.network.host(PROXY).listen("0.0.0.0", 3128, factory)
        return factory.asked  # type: ignore[attr-defined,no-any-return]

    def test_proxy(self) -> None:
        """
        They travel through a proxy, which is told a name and a password.
        """
        asked = self.proxied()
        self.opened(proxies=Proxies(Proxy.parse(f"http://somebody:s%40cret@{PROXY}")))
        self.assertCarries()
        self.assertIn(b"CONNECT 192.0.2.1:443 HTTP/1.1\r\n", asked[-1])
        self.assertIn(b"\r\nProxy-Authorization: Basic c29tZWJvZHk6c0BjcmV0\r\n", asked[-1])

    def test_proxyRefuses(self) -> None:
        """
        What a proxy answers is said, with what to do.
        """
        for answer, said in (
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "proxy-password-file"),
            (b"HTTP/1.0 403 Forbidden\r\nA: b\r\n\r\n", "ask whoever runs it"),
            (b"SSH-2.0-nonsense\r\n\r\n", "something else than HTTP"),
            (b"x" * 20_000, "something else than HTTP"),
            ("HTTP/1.1 4\u00b23 no\r\n\r\n".encode("latin-1"), "something else than HTTP"),
        ):
            self.network._listening.pop(Endpoint(PROXY, 3128), None)
            self.proxied(answer)
            opening = self.opener(Proxies(Proxy.parse(PROXY))).open(TARGET)
            self.run_()
            self.assertIn(said, str(self.failureResultOf(opening, StreamUnavailable).value))

    def lone(self, wire: WebSocketWire) -> Stream:
        """
        A stream of a member whose connection a test makes.
        """
        return Stream(wire, self.clock, self.counters, Intake(Load(), self.clock, isKnown=True))

    def test_pingsOfOneThatReadsNothing(self) -> None:
        """
        The answers to pings of somebody who takes nothing do not pile up.
        """
        client, stream = WebSocketWire("example.org", "/wand"), self.lone(WebSocketWire())
        self.clock.advance(1)
        transport = Mock()
        stream.makeConnection(transport)  # type: ignore[no-untyped-call]
        stream.dataReceived(client.answer)
        ping = b"\x89\x80\0\0\0\0"
        before = transport.write.call_count
        for _ in range(1000):
            stream.dataReceived(ping)
        self.assertEqual(transport.write.call_count - before, 1)
        stream.resumeProducing()
        stream.dataReceived(ping)
        self.assertEqual(transport.write.call_count - before, 2)

    def test_proxyThatSaysNothing(self) -> None:
        """
        The connection to a proxy that never answers is given up with the stream.
        """
        silent: list[Any] = []

        class Silent(Protocol):
            def connectionMade(self) -> None:
                silent.append(self.transport)

        self.network.host(PROXY).listen("0.0.0.0", 3128, Factory.forProtocol(Silent))
        opening = self.opener(Proxies(Proxy.parse(PROXY))).open(TARGET)
        self.run_(60)
        self.failureResultOf(opening, StreamUnavailable)
        self.assertEqual([each.connected for each in silent], [False])

    def test_nobodyThere(self) -> None:
        """
        A target that refuses, and one that does not answer, are told.
        """
        opening = self.opener().open(StreamTarget(SERVER, 444))
        self.run_()
        failure = self.failureResultOf(opening, StreamUnavailable)
        self.assertEqual(str(failure.value), f"tls://{SERVER}:444: connection refused")
        self.network.blocks = lambda source, target: True
        waiting: Deferred[Stream] = self.opener().open(TARGET)
        self.run_(OPENING_PATIENCE + 1)
        self.failureResultOf(waiting, StreamUnavailable)

    def test_namesThatNobodyCanHave(self) -> None:
        """
        What no encoder of names takes is no target; and if one comes so far, a failure is told, not raised.
        """
        for host in ("a..b", "x" * 64, "a\x01b", "a%b", "1.2.3.4%eth0", ".", "a." * 127 + "b"):
            with self.assertRaises(AddressInvalid):
                StreamTarget.parse(f"tls://{host}:443")
            self.failureResultOf(self.opener().open(StreamTarget(host, 443)).addCallback(lambda _: None))
        self.assertEqual(StreamTarget.parse("tls://[::ffff:192.0.2.1]:443"), TARGET)

    def test_unknownPlace(self) -> None:
        """
        What is sent to where no stream leads is dropped and counted, and whoever may open one is told.
        """
        missing: list[tuple[str, int]] = []
        self.port.missing = missing.append
        self.assertFalse(self.port.send(b"x", PLACE))
        self.assertFalse(self.port.sendTrain(memoryview(b"xyz"), 1, PLACE))
        self.assertEqual((missing, self.counters["drop-stream-closed"]), ([PLACE, PLACE], 4))
        self.assertFalse(self.port.wasTooLong)

    def test_closedPort(self) -> None:
        """
        A port that is closed ends its streams, and takes no more.
        """
        stream = self.opened()
        self.port.close()
        self.run_()
        self.assertEqual(len(self.serverPort.streams), 0)
        self.port.adopt(stream, PLACE)
        self.assertFalse(self.port.send(b"x", PLACE))

    # Slow links.

    def test_queueIsShort(self) -> None:
        """
        In front of a slow link what waits is bounded in time: a datagram that is sent behind a flow that never ends
        arrives within a fraction of a second, and what did not fit is counted.
        """
        self.opened()
        self.network.rate = 250_000  # octets: 2 Mbit/s
        for number in range(200):
            self.port.sendTrain(memoryview(bytes(14_000)), 1_400, PLACE)
            if number == 150:
                self.port.send(b"\x04ping", PLACE)
                sent = self.clock.seconds()
            self.run_(0.02)
        end = self.clock.seconds()
        while b"\x04ping" not in self.there.datagrams and self.clock.seconds() < end + 5:
            self.run_(0.01)
        self.assertIn(b"\x04ping", self.there.datagrams)
        self.assertGreater(self.counters["drop-stream-late"], 0)
        self.assertLess(self.there.datagrams.index(b"\x04ping"), 1000)
        self.assertGreater(end, sent)

    def test_delayOfAPing(self) -> None:
        """
        Its delay is that of the queue and of one piece that the system has.
        """
        self.opened()
        self.port.send(b"hello", PLACE)
        self.run_(0.1)
        self.use(self.there.senders[0])
        self.network.rate = 250_000
        delays = []
        for _ in range(40):
            for _ in range(10):
                self.port.sendTrain(memoryview(bytes(8_400)), 1_400, PLACE)
                self.run_(0.01)
            self.there.datagrams.clear()
            sent = self.clock.seconds()
            self.port.send(b"\x04ping", PLACE)
            while b"\x04ping" not in self.there.datagrams and self.clock.seconds() < sent + 3:
                self.port.sendTrain(memoryview(bytes(8_400)), 1_400, PLACE)
                self.run_(0.01)
            delays.append(self.clock.seconds() - sent)
        self.assertLess(sorted(delays)[len(delays) // 2], 0.25)
        self.assertLess(max(delays[10:]), 0.5)

    def test_stalled(self) -> None:
        """
        A stream whose other end takes nothing holds a bounded number of octets, and is ended after some seconds.
        """
        stream = self.opened()
        self.use(*self.serverPort.streams)
        self.network.connections[-1][0].isStuck = True
        for _ in range(100):
            self.port.sendTrain(memoryview(bytes(14_000)), 1_400, PLACE)
        self.assertLessEqual(stream.queued, OCTETS_MAXIMUM)
        self.run_(STALL_PATIENCE + 0.1)
        self.port.send(b"x", PLACE)
        self.assertEqual(self.counters["streams-stalled"], 1)
        self.assertEqual(self.port.streams, {})

    # Strangers.

    def test_strangersEnd(self) -> None:
        """
        A stream that no conversation uses ends after some seconds; one that is used stays, until nobody uses it.
        """
        self.opened()
        self.run_(STRANGER_PATIENCE / 2)
        self.port.send(b"hello", PLACE)
        self.run_(0.1)
        self.use(self.there.senders[0])
        self.run_(STRANGER_PATIENCE)
        self.assertEqual(len(self.serverPort.streams), 1)
        self.run_(ACCEPTED_IDLE + 2)
        self.assertEqual((len(self.serverPort.streams), self.listener.count), (0, 0))
        self.assertEqual(self.counters["streams-idle"], 1)
        self.opened()
        self.run_(STRANGER_PATIENCE + 2)
        self.assertEqual((len(self.serverPort.streams), self.listener.count), (0, 0))

    def test_whoSpeaksSlowly(self) -> None:
        """
        Whoever connects and says little or nothing goes, too.
        """
        connecting = self.network.host(CLIENT).client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.run_()
        silent: Any = self.successResultOf(connecting)
        for _ in range(20):
            silent.transport.write(b"\x16")
            self.run_(1.0)
        self.assertFalse(silent.transport.connected)
        self.assertEqual(self.listener.count, 0)

    def test_whoSaysNothing(self) -> None:
        """
        So does who says nothing at all.
        """
        connecting = self.network.host(CLIENT).client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.run_()
        silent: Any = self.successResultOf(connecting)
        self.run_(20)
        self.assertFalse(silent.transport.connected)
        self.assertEqual(self.listener.count, 0)

    def test_strangersOfOneAddress(self) -> None:
        """
        Of one address there are few; who comes takes the place of the oldest, and members of it are untouched.
        """
        self.opened()
        self.port.send(b"hello", PLACE)
        self.run_(0.1)
        self.use(self.there.senders[0])
        for _ in range(3 * STRANGERS_SUBSCRIBER):
            self.network.host(CLIENT).client(SERVER, 443).connect(Factory.forProtocol(Protocol))
            self.run_(0.01)
        self.assertLessEqual(self.listener.count, STRANGERS_SUBSCRIBER + 1)
        self.assertEqual(len(self.serverPort.streams), 1)
        self.assertTrue(self.port.send(b"still here", PLACE))
        self.run_(0.1)
        self.assertIn(b"still here", self.there.datagrams)

    def test_whatAMemberLeaves(self) -> None:
        """
        A stream that a conversation used and uses no more is a stranger's again, and ends like one; so whoever has one
        conversation has one stream, however many it opens.
        """
        for _ in range(40):
            self.opener().open(TARGET)
            self.run_(0.1)
        places = list(self.serverPort.streams)
        for place in places:  # the conversation goes from one to the other
            self.use(place)
            self.run_(0.01)
            self.leave(place)
        self.use(places[-1])
        self.run_(STRANGER_PATIENCE + 2)
        self.assertEqual((list(self.serverPort.streams), self.listener.count), ([places[-1]], 1))

    def test_streamsThatAreLeftAreFew(self) -> None:
        """
        Streams that conversations leave count with the strangers of their subscriber at once.
        """
        for _ in range(2 * STRANGERS_SUBSCRIBER):
            self.opener().open(TARGET)
            self.run_(0.1)
            self.use([*self.serverPort.streams][-1])
        places = list(self.serverPort.streams)
        self.assertEqual(len(places), 2 * STRANGERS_SUBSCRIBER)
        for place in places:
            self.leave(place)
        self.assertEqual(self.listener.count, STRANGERS_SUBSCRIBER)

    def test_aPeerThatIsThereAlready(self) -> None:
        """
        A stream to a place where a peer is said to be, because another was there before it, is the peer's.
        """
        place = Endpoint(f"tcp/{CLIENT}", self.network._port + 1)
        self.used.add(place)
        self.opened()
        self.run_(STRANGER_PATIENCE + 2)
        self.assertEqual(list(self.serverPort.streams), [place])

    # Behind a web server on the same host.

    def forwarded(self, client: str, rest: bytes = b"", source: str = "127.0.0.1") -> Any:
        """
        A WebSocket that a proxy on the server's host passes on.

        @return: the proxy's end.
        """
        request = WebSocketWire("example.org", "/wand").answer.removesuffix(b"\r\n")
        header = f"X-Forwarded-For: 10.0.0.1, {client}\r\n".encode() if client else b""
        connecting = self.network.host(source).client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.run_(0.02)
        proxy: Any = self.successResultOf(connecting)
        proxy.transport.write(request + header + b"\r\n" + rest)
        self.run_(0.1)
        return proxy

    def test_addressesOfIPv4AtAListenerForBoth(self) -> None:
        """
        A listener on C{[::]} writes addresses of IPv4 as such of IPv6: they are not one /64, this host is known, and
        places are as everywhere.
        """
        honest = self.network.host("::ffff:198.51.100.7").client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        for _ in range(2 * STRANGERS_SUBSCRIBER):
            self.network.host("::ffff:203.0.113.9").client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.forwarded("::ffff:203.0.113.8", source="::ffff:127.0.0.1")
        transport: Any = self.successResultOf(honest).transport
        self.assertTrue(transport.connected)
        self.assertEqual(
            {host for host, _ in self.listener._hosts.values()}, {"198.51.100.7", "203.0.113.9", "203.0.113.8"}
        )
        self.assertEqual(len(self.listener._strangers), STRANGERS_SUBSCRIBER + 2)
        self.assertEqual(next(iter(self.serverPort.streams))[0], "tcp/203.0.113.8")

    def test_clientsOfAProxy(self) -> None:
        """
        The clients of a proxy on this host are told apart by what it says: who opens many makes room for itself, and
        the others stay.
        """
        self.forwarded("198.51.100.7")
        for _ in range(2 * STRANGERS_SUBSCRIBER):
            self.forwarded("203.0.113.9")
        hosts = [host for host, _ in self.serverPort.streams]
        self.assertEqual(hosts.count("tcp/198.51.100.7"), 1)
        self.assertEqual(hosts.count("tcp/203.0.113.9"), STRANGERS_SUBSCRIBER)

    def test_onlyNamedWebServers(self) -> None:
        """
        What other programs of this host say of their clients is not believed, nor are they told apart; a web server on
        another host is believed if it is named.
        """
        self.forwarded("198.51.100.7", source="127.0.0.2")
        self.forwarded("198.51.100.8", source="192.0.2.80")
        hosts = {host for host, _ in self.serverPort.streams}
        self.assertEqual(hosts, {"tcp/127.0.0.2", "tcp/198.51.100.8"})
        for number in range(2 * STRANGERS_SUBSCRIBER):
            self.forwarded(f"203.0.113.{number}", source="127.0.0.2")
        self.assertEqual({host for host, _ in self.serverPort.streams}, hosts)

    def test_aProxyThatSaysNothing(self) -> None:
        """
        Where it does not say who comes, its clients are bounded all together, not as if they were one.
        """
        for _ in range(2 * STRANGERS_SUBSCRIBER):
            self.forwarded("")
        self.assertEqual(self.listener.count, 2 * STRANGERS_SUBSCRIBER)
        self.run_(STRANGER_PATIENCE + 2)
        self.assertEqual(self.listener.count, 0)

    def test_aRequestInPieces(self) -> None:
        """
        A request that comes in pieces is waited for; one that does not end is refused.
        """
        connecting = self.network.host("127.0.0.1").client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.run_()
        proxy: Any = self.successResultOf(connecting)
        for octet in WebSocketWire("example.org", "/wand").answer:
            proxy.transport.write(bytes([octet]))
            self.run_(0.001)
        self.run_(0.1)
        self.assertEqual(len(self.serverPort.streams), 1)
        connecting = self.network.host("127.0.0.1").client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.run_()
        proxy = self.successResultOf(connecting)
        for _ in range(20):
            proxy.transport.write(b"G" + bytes(1000))
            self.run_(0.01)
        self.run_(0.1)
        self.assertFalse(proxy.transport.connected)

    # What costs more than its octets.

    def test_trainsStayWhole(self) -> None:
        """
        A train that fills several records of TLS, which come at once, is handed over as one; and so is what comes with
        the end of the stream.
        """
        stream: Any = self.opened()
        self.there.senders.clear()
        train = bytes([4]) * (1424 * 45)
        records: list[bytes] = []
        self.patch(stream.transport.transport, "write", records.append)
        stream.transport.write(framedTrain(memoryview(train), 1424))
        stream.transport.loseConnection()
        self.clock.advance(0)
        del stream.transport.transport.write
        stream.transport.transport.write(b"".join(records))
        self.run_(0.1)
        self.assertGreater(len(records), 3)
        self.assertEqual((len(self.there.datagrams), len(self.there.senders)), (45, 1))

    def written(self, stream: Any, pieces: int, *some: bytes) -> None:
        """
        Write below a client's stream, each piece in a record of its own; these in turns.
        """
        records: list[bytes] = []
        self.patch(stream.transport.transport, "write", records.append)
        for number in range(pieces):
            stream.transport.write(some[number % len(some)])
            self.clock.advance(0)
        del stream.transport.transport.write
        stream.transport.transport.write(b"".join(records))

    def flooded(self, target: StreamTarget, pieces: int, seconds: float, *, isMember: bool) -> tuple[int, int]:
        """
        Put one octet into each record of TLS, or frame of a WebSocket, for a while.

        @return: how many datagrams reach the server at once, and how many in the time after.
        """
        stream: Any = self.opened(target)
        if isMember:
            self.use([*self.serverPort.streams][-1])
        self.there.datagrams.clear()
        if target.path:
            stream.transport.write(b"\x82\x83\0\0\0\0\0\1x" * pieces)
        else:
            self.written(stream, pieces, b"\0\1x", b"\0\2xx")  # of two sizes, which make no train
        self.run_(0.0105)
        atOnce = len(self.there.datagrams)
        self.run_(seconds)
        later = len(self.there.datagrams) - atOnce
        stream.abort("enough")
        self.run_(0.1)
        return atOnce, later

    def test_tinyPieces(self) -> None:
        """
        Of somebody who puts one octet into each record or frame no more is read than its credit, and not much less; a
        member's is for much more than it needs.
        """
        for path, events in (("", 3), ("/wand", 5)):
            for isMember, burst, rate, seconds in (
                (False, STRANGER_BURST, STRANGER_RATE, 4.0),
                (True, BURST, RATE, 0.1),
            ):
                target = StreamTarget(SERVER, 443, path)
                atOnce, later = self.flooded(target, 4000 if isMember else 1000, seconds, isMember=isMember)
                self.assertLess(atOnce, (burst + 0.01 * rate + 2 * TURN) / events)
                self.assertLess(later, (seconds * rate + 2 * TURN) / events)
                self.assertGreater(later, 0.5 * seconds * rate / events)

    def test_whatADatagramCosts(self) -> None:
        """
        A datagram alone is a read, a record, a piece and itself; a frame of a WebSocket is four pieces.
        """
        for path, events in (("", 4), ("/wand", 7)):
            stream: Any = self.opened(StreamTarget(SERVER, 443, path))
            intake = self.serverPort.streams[[*self.serverPort.streams][-1]].intake
            spent: list[float] = []
            spend = intake.spend

            def noted(count: float, spend: Any = spend, spent: list[float] = spent) -> None:
                spend(count)
                spent.append(count)

            self.patch(intake, "spend", noted)
            stream.transport.write(b"\x82\x83\0\0\0\0\0\1x" if path else b"\0\1x")
            self.run_(0.1)
            self.assertEqual(sum(spent), events)

    def test_manyPiecesInOneRecord(self) -> None:
        """
        What one record has is taken in turns, too: 16 KiB of the shortest frames, of empty lengths, of datagrams.
        """
        for path, piece in (("/wand", b"\x82\x80\0\0\0\0"), ("", b"\0\0"), ("", b"\0\1x\0\2xx")):
            stream: Any = self.opened(StreamTarget(SERVER, 443, path))
            self.use([*self.serverPort.streams][-1])
            turns: list[float] = []
            intake = self.serverPort.streams[[*self.serverPort.streams][-1]].intake
            spend = intake.spend

            def spent(events: float, spend: Any = spend, intake: Any = intake, turns: list[float] = turns) -> None:
                spend(events)
                turns.append(intake._turn)

            self.patch(intake, "spend", spent)
            stream.transport.write(piece * (16_000 // len(piece)))
            self.run_(1.0)
            self.assertGreater(len(turns), 3 * TURN / STEP)
            self.assertGreater(min(turns), -2 * STEP)

    def test_bulkIsNotHeldBack(self) -> None:
        """
        Who sends much in long pieces is never held back.
        """
        self.opened()
        self.use([*self.serverPort.streams][-1])
        held: list[object] = []
        intake = self.serverPort.streams[[*self.serverPort.streams][-1]].intake
        self.patch(intake, "_holdBack", lambda: held.append(None))
        for _ in range(500):
            self.port.sendTrain(memoryview(bytes(44_800)), 1_400, PLACE)
            self.run_(0.001)
        self.run_(0.1)
        self.assertEqual((len(self.there.datagrams), held), (500 * 32, []))

    def test_strangersHoldNoMemberBack(self) -> None:
        """
        However many strangers are held back, a member that has credit is read in the next turn: 256 datagrams at once
        are twice what one turn takes.
        """
        self.opened()
        self.port.send(b"hello", PLACE)
        self.run_(0.1)
        self.use(self.there.senders[0])
        for number in range(8):
            opener = StreamOpener(self.network.host(f"203.0.113.{number + 1}"), Proxies(), self.clock, self.counters)
            for _ in range(8):
                opener.open(TARGET).addCallback(lambda stream: stream.transport.write(b"\0\0" * 1300))
        self.run_(0.95)
        self.assertEqual(self.listener._load.strangers.held, 64)
        self.there.datagrams.clear()
        for _ in range(4):
            self.port.sendTrain(memoryview(bytes(64 * 100)), 100, PLACE)
        self.run_(0.011)
        self.assertEqual(len(self.there.datagrams), 256)

    def test_membersShare(self) -> None:
        """
        Streams of members that have spent their credit share what there is for them.
        """
        intakes = []
        load = Load()
        for _ in range(8):
            intake = Intake(load, self.clock, isKnown=True)
            intake.transport, intake.took = Mock(), 0  # type: ignore[attr-defined]

            def take(intake: Any = intake) -> None:
                while intake.mayGoOn:
                    intake.spend(1)
                    intake.took += 1

            intake.layers.append(take)
            intakes.append(intake)
            take()
        self.run_(0.5)
        before = sum(each.took for each in intakes)  # type: ignore[attr-defined]
        self.run_(1)
        took = sum(each.took for each in intakes) - before  # type: ignore[attr-defined]
        self.assertTrue(0.8 * RATE_MEMBERS < took < 1.2 * RATE_MEMBERS, took)
        self.assertEqual(load.members.held, 8)
        intakes[0].know(False)
        self.assertEqual((load.members.held, load.strangers.held), (7, 0))
        for each in intakes:
            each.stop()
        self.assertEqual((load.members.held, load.strangers.held), (0, 0))

    def test_oneThatEndsWhileItIsHeldBack(self) -> None:
        """
        A stream that is held back can end, on either side, and leaves nothing behind.
        """
        for end in ("client", "server"):
            stream: Any = self.opened()
            self.written(stream, 1000, b"\0\1x")
            self.run_(0.02)
            self.assertGreater(self.listener._load.strangers.held, 0)
            if end == "client":
                stream.abort("enough")
            else:
                self.serverPort.streams[[*self.serverPort.streams][-1]].close()
            self.run_(3.0)
            self.assertEqual((self.listener.count, self.listener._load.strangers.held), (0, 0))

    # Handshakes.

    def test_handshakesTakeTurns(self) -> None:
        """
        Handshakes of TLS begin one after the other, and each subscriber has its turn: who begins many waits for itself.
        """
        many = [self.network.host("203.0.113.9") for _ in range(30)]
        opened: list[float] = []

        def open_(host: Any, number: int) -> None:
            opener = StreamOpener(host, Proxies(), self.clock, self.counters)
            for _ in range(number):
                opener.open(TARGET).addCallbacks(lambda _: opened.append(self.clock.seconds()), lambda _: None)

        began = self.clock.seconds()
        open_(many[0], 30)
        self.run_(3 * self.network.delay)
        honest = self.opener().open(TARGET)
        self.run_(0.15)
        self.successResultOf(honest)
        self.run_(2)
        self.assertGreaterEqual(max(opened) - began, (30 - BEGIN_BURST) / BEGIN_RATE)
        self.assertEqual(len(opened), 30)

    def test_whoLeavesTheLine(self) -> None:
        """
        Who ends its connection while it waits has no turn.
        """
        host = self.network.host("203.0.113.9")
        hello: list[Any] = []
        for _ in range(30):
            connecting = host.client(SERVER, 443).connect(Factory.forProtocol(Protocol))
            connecting.addCallback(hello.append)
        self.run_(2 * self.network.delay)
        for each in hello:
            each.transport.write(b"\x16")
        self.run_(self.network.delay + 0.001)
        self.assertGreater(len(self.listener._turns._subscriberOf), 10)
        for each in hello:
            each.transport.abortConnection()
        self.run_(2 * self.network.delay)
        self.assertEqual(len(self.listener._turns._subscriberOf), 0)

    # Ends.

    def test_theOtherEndNeedNotAgree(self) -> None:
        """
        A stream that is ended is gone after a short time, whatever the other end does about it.
        """
        self.opened()
        here, there = self.network.connections[-1]
        self.use([*self.serverPort.streams][-1])
        here.pauseProducing()  # it reads nothing more, and so says nothing about the end of TLS
        self.serverPort.streams[[*self.serverPort.streams][-1]].close()
        self.run_(CLOSE_PATIENCE / 2)
        self.assertTrue(there.connected)
        self.run_(CLOSE_PATIENCE)
        self.assertFalse(there.connected)

    def test_aServerThatStops(self) -> None:
        """
        When the server stops, connections that are no streams yet end, too.
        """
        connecting = self.network.host(CLIENT).client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.run_()
        silent: Any = self.successResultOf(connecting)
        self.listener.stop()
        self.run_()
        self.assertFalse(silent.transport.connected)

    def test_plainTextFromElsewhere(self) -> None:
        """
        Only a proxy on the same host may come without TLS.
        """
        connecting = self.network.host(CLIENT).client(SERVER, 443).connect(Factory.forProtocol(Protocol))
        self.run_()
        plain: Any = self.successResultOf(connecting)
        plain.transport.write(WebSocketWire("example.org", "/wand").answer)
        self.run_(0.1)
        self.assertEqual(self.serverPort.streams, {})
        self.assertFalse(plain.transport.connected)
        self.assertEqual(self.counters["stream-malformed"], 1)

    # Certificates.

    def test_certificateIsKept(self) -> None:
        """
        The certificate that a server makes is made once, and its file is open to nobody else.
        """
        kept = self.state.read("tls.pem")
        certificateOf(self.state, "", "")
        self.assertEqual(self.state.read("tls.pem"), kept)
        self.assertEqual((self.state.path / "tls.pem").stat().st_mode & 0o777, 0o600)

    def test_certificateOfOthers(self) -> None:
        """
        Another one may be in a file with its key, or in two; what is none is refused.
        """
        path = str(self.state.path / "tls.pem")
        certificateOf(self.state, path, "")
        certificateOf(self.state, path, path)
        self.state.write("nonsense", b"nonsense")
        for certificate, key in ((str(self.state.path / "nonsense"), ""), (path, str(self.state.path / "nonsense"))):
            with self.assertRaises(ConfigurationInvalid):
                certificateOf(self.state, certificate, key)
        with self.assertRaises(ConfigurationInvalid):
            certificateOf(self.state, "/nowhere", "")


class ProxiesTests(SynchronousTestCase):
    """
    Tests for L{Proxies}, L{Proxy} and L{StreamTarget}.
    """

    def test_environment(self) -> None:
        """
        The proxy and the exceptions may stand in the environment.
        """
        found = Proxies.fromEnvironment(
            {"HTTPS_PROXY": "http://a:b@proxy.example:8080", "no_proxy": ".example.org,10.0.0.0/8 192.0.2.7"}
        )
        self.assertEqual(found.proxy, Proxy("proxy.example", 8080, "a:b"))
        for host in ("www.example.org", "example.org", "10.9.9.9", "192.0.2.7"):
            self.assertIs(found.towards(host), None)
        for host in ("example.com", "notexample.org", "192.0.2.8"):
            self.assertIs(found.towards(host), found.proxy)
        self.assertIs(Proxies.fromEnvironment({}).proxy, None)
        self.assertIs(Proxies(found.proxy, ("*",)).towards("example.com"), None)

    def test_passwordStaysSecret(self) -> None:
        """
        A password is neither in what is shown of a proxy nor in an error about it.
        """
        proxy = Proxy.parse("http://a:secret@proxy.example")
        self.assertNotIn("secret", f"{proxy} {proxy!r}")
        for wrong in (
            "https://a:secret@proxy.example",
            "socks5://a:secret@x",
            "http://a:secret@",
            "http://a:secret@h:x",
        ):
            with self.assertRaises(AddressInvalid) as caught:
                Proxy.parse(wrong)
            self.assertNotIn("secret", str(caught.exception))

    def test_targets(self) -> None:
        """
        Places of streams are written as URLs.
        """
        self.assertEqual(StreamTarget.parse("tls://example.org"), StreamTarget("example.org", 443))
        self.assertEqual(StreamTarget.parse("wss://[2001:db8::1]:8443/a/b"), StreamTarget("2001:db8::1", 8443, "/a/b"))
        self.assertEqual(StreamTarget.parse("wss://example.org"), StreamTarget("example.org", 443, "/"))
        for text in ("tls://example.org:443", "wss://example.org/wand", "wss://[2001:db8::1]:8443/"):
            self.assertEqual(str(StreamTarget.parse(text)), text)
        for text in (
            "http://example.org",
            "tls://",
            "tls://a/b",
            "wss://a/b c",
            "tls://a:b",
            "wss://a@b/c",
            "tls://a/",
        ):
            with self.assertRaises(AddressInvalid):
                StreamTarget.parse(text)
