"""
Tests for the streams of a node to its servers, in simulated time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import attrs
from simulated.sealed import SealedNetwork
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.interfaces import JoinKey
from wand.sealed.node.server_stream import CALM_LOOKS, OPENED_IDLE, RETRY_LOST, SESSION_PATIENCE, UDP_PATIENCE
from wand.sealed.node.server_streams import ServerStreams
from wand.sealed.node.stored_enrolment import KnownServer
from wand.state import StateDirectory
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.streams import SimulatedStreams
from wand.underlay.streams.accepting import StreamListener
from wand.underlay.streams.opening import StreamOpener
from wand.underlay.streams.port import StreamPort
from wand.underlay.streams.proxies import Proxies
from wand.underlay.streams.tls import certificateOf

SERVER, NODE = "192.0.2.1", "192.0.2.2"
IDENTITY, KEY = b"i" * 32, b"k" * 32
PLACE = Endpoint(f"tcp/{SERVER}", 443)
UDP = Endpoint(SERVER, 44444)
TEXTS = ("192.0.2.1:44444", "tls://192.0.2.1:443")


@attrs.define
class _Enrolment:
    """
    As much of an enrolment as is looked at.
    """

    servers: tuple[KnownServer, ...] = (KnownServer(IDENTITY, KEY, TEXTS),)
    stage: str = "member"


class _Sessions:
    """
    Sessions that a test makes.
    """

    def __init__(self) -> None:
        self.wanted: Callable[[bytes, int], object] = lambda identity, turn: None
        self.places: list[tuple[bytes, list[Endpoint]]] = []
        self.at: Endpoint | None = None
        self.isAwaiting = False
        self.renewed: list[bytes] = []
        self.sought: list[bytes] = []
        self.isShunning = False
        self.renew = self.renewed.append
        self.seek = self.sought.append

    def onWanted(self, reader: Callable[[bytes, int], object]) -> None:
        self.wanted = reader

    def isUp(self, peer: bytes) -> bool:
        return self.at is not None

    def isWanted(self, peer: bytes) -> bool:
        return self.isAwaiting

    def shun(self, peer: bytes, seconds: float) -> None:
        self.isShunning = True

    def isShunned(self, peer: bytes) -> bool:
        return self.isShunning

    def endpointOf(self, peer: bytes) -> Endpoint | None:
        return self.at

    def introduce(self, identity: bytes, key: bytes, endpoints: Iterable[Endpoint], source: str) -> None:
        assert source == "stream"
        self.places.append((identity, list(endpoints)))

    def introduceServer(self, server: JoinKey, endpoints: Iterable[Endpoint], source: str) -> None:
        assert source == "stream"
        self.places.append((server, list(endpoints)))


class _Nobody:
    """
    Takes datagrams.
    """

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        pass

    def trainReceived(self, *row: Any) -> None:
        pass

    def batchReceived(self) -> None:
        pass


class ServerStreamsTests(SynchronousTestCase):
    """
    Tests for L{ServerStreams}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.context = context = simulatedContext(self.clock, Network(self.clock, Random(0)), NODE)
        self.network = SimulatedStreams(self.clock)
        state = StateDirectory(str(Path(self.enterContext(tempfile.TemporaryDirectory())) / "state"))
        told = context.clock, context.counters, context.failures
        self.listener = StreamListener(certificateOf(state, "", ""), *told)
        self.listener.listen(self.network.host(SERVER), "0.0.0.0", 443)
        self.listener.port = StreamPort(_Nobody(), context.counters, context.failures)
        self.sessions, self.enrolment = _Sessions(), _Enrolment()
        self.port = StreamPort(_Nobody(), context.counters, context.failures)
        opener = StreamOpener(self.network.host(NODE), Proxies(), self.clock, context.counters)
        enrolment: Any = self.enrolment
        sessions: Any = self.sessions
        self.streams = ServerStreams(enrolment, sessions, self.port, opener, context)
        self.streams.start()
        self.addCleanup(self.listener.stop)
        self.addCleanup(self.streams.stop)

    def run_(self, seconds: float) -> None:
        """
        Let time pass.
        """
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            times = [each.getTime() for each in self.clock.getDelayedCalls()]
            self.clock.advance(max(0.0, min([*times, end]) - self.clock.seconds()))

    def test_answeredOverUDP(self) -> None:
        """
        Where UDP is answered in time no stream is opened.
        """
        self.sessions.wanted(IDENTITY, 0)
        self.run_(UDP_PATIENCE / 2)
        self.sessions.at = UDP
        self.run_(5)
        self.assertEqual((self.network.connections, self.sessions.places), ([], []))

    def test_sessionPatience(self) -> None:
        """
        A server that does not answer in its session gets a stream as soon as that can be seen, not a second later: this
        host may have moved to where UDP is blocked.
        """
        net = SealedNetwork()
        low, high = net.pair()
        low.send(high.peer, low.frameTo(high))
        net.run(5.0)
        seen: list[bool] = []
        sessions = low.transport.sessions
        sessions.onWanted(lambda peer, turn: net.clock.callLater(SESSION_PATIENCE, look))

        def look() -> None:
            seen.append(sessions.isWanted(high.peer))

        net.underlay.drop(lambda datagram: True)
        low.transport.moved()
        net.clock.pump([0.01] * 40)
        self.assertEqual(seen, [True])

    def test_blockedUDP(self) -> None:
        """
        Where it is not, a stream is open and its place introduced within a second, and the operator is told.
        """
        self.sessions.wanted(IDENTITY, 0)
        self.run_(1)
        self.assertEqual(self.sessions.places, [(IDENTITY, [PLACE])])
        self.sessions.at = PLACE
        self.run_(2)
        self.assertIn("UDP to the server at 192.0.2.1 is not answered", self.context.notes.texts[0])

    def test_insteadOfUDPThatIsAnswered(self) -> None:
        """
        A stream that is wanted though UDP is answered stays for as long as it is, and the operator is told why.
        """
        self.sessions.at = UDP
        self.streams.useInstead(IDENTITY)
        self.run_(3)
        self.assertEqual(self.sessions.places, [(IDENTITY, [PLACE])])
        self.sessions.at = PLACE
        self.run_(2)
        self.assertIn("comes from a new port each time", self.context.notes.texts[0])
        self.sessions.at = UDP
        self.sessions.isShunning = False
        self.run_(2 + CALM_LOOKS)
        self.assertEqual((self.sessions.places[-1], self.context.notes.texts), ((IDENTITY, []), []))

    def test_blockedUDPBehindAProxy(self) -> None:
        """
        The operator is told which server it is, not which proxy leads to it.
        """
        self.sessions.wanted(IDENTITY, 0)
        self.run_(1)
        self.sessions.at = Endpoint("tcp/192.0.2.99", 443)
        self.run_(2)
        self.assertIn("UDP to the server at 192.0.2.1 is not answered", self.context.notes.texts[0])

    def test_whenUDPWorks(self) -> None:
        """
        When UDP is answered after all, the stream is not a candidate any more and ends, and nothing is said of it.
        """
        self.test_blockedUDP()
        self.sessions.at = UDP
        self.run_(2)
        self.assertEqual(self.sessions.places[-1], (IDENTITY, [PLACE]))  # nobody waits, for a moment
        self.run_(CALM_LOOKS)
        self.assertEqual(self.sessions.places[-1], (IDENTITY, []))
        self.assertEqual(self.context.notes.texts, [])
        self.run_(OPENED_IDLE + 2)
        self.assertEqual(self.port.streams, {})

    def test_whoIsRevoked(self) -> None:
        """
        The stream to a server that is none of ours any more ends, is not opened again, and nothing is said of it.
        """
        self.test_blockedUDP()
        self.enrolment.servers = ()
        self.run_(5)
        self.assertEqual((self.port.streams, self.context.notes.texts), ({}, []))
        self.assertEqual(len(self.network.connections), 1)

    def test_aSessionThatIsNotAnswered(self) -> None:
        """
        Where there is a session, and UDP is not answered any more, a stream is opened as well.
        """
        self.sessions.at, self.sessions.isAwaiting = UDP, True
        self.sessions.wanted(IDENTITY, 0)
        self.run_(3)
        self.assertEqual(self.sessions.places, [(IDENTITY, [PLACE])])
        self.sessions.isAwaiting = False
        self.run_(1 + CALM_LOOKS)
        self.assertEqual(self.sessions.places[-1], (IDENTITY, []))

    def test_joining(self) -> None:
        """
        The server of an invitation is reached so, too; and the member that joined uses the same stream at once.
        """
        server = JoinKey(KEY)
        self.enrolment.stage = "joining"
        self.streams.join(server, TEXTS)
        self.run_(1)
        self.assertEqual(self.sessions.places, [(server, [PLACE])])
        self.streams.joined(server)
        self.enrolment.stage = "member"
        self.sessions.wanted(IDENTITY, 0)
        self.assertEqual(self.sessions.places[-1], (IDENTITY, [PLACE]))
        self.assertEqual(len(self.network.connections), 1)

    def test_onlyStreams(self) -> None:
        """
        A server of which no endpoint is known for UDP is reached although nobody asks for it.
        """
        self.enrolment.servers = (KnownServer(IDENTITY, KEY, ("wss://192.0.2.1/wand",)),)
        self.run_(3)
        self.assertEqual(self.sessions.places, [(IDENTITY, [PLACE])])

    def test_lostStream(self) -> None:
        """
        A stream that is lost is opened again when something is to be sent, at the same place.
        """
        self.test_blockedUDP()
        self.network.connections[-1][1].abortConnection()
        self.run_(1)
        self.assertFalse(self.port.send(b"x", PLACE))
        self.run_(1)
        self.assertTrue(self.port.send(b"x", PLACE))

    def restarted(self, seconds: float) -> float:
        """
        The server is away for a while, and all streams with it, when the one in use has lasted.

        @return: how many seconds after it is back a new handshake begins.
        """
        port: Any = self.listener.port
        port.hasPeer = lambda place: True
        port.peerMoved(next(iter(port.streams)))
        self.run_(20)
        away = (SERVER, 443)
        factory = self.network._listening.pop(away)
        self.port.send(b"x", PLACE)
        self.network.connections[-1][1].abortConnection()
        self.run_(seconds)
        self.assertEqual(self.sessions.renewed, [])
        self.network._listening[away] = factory
        back = self.clock.seconds()
        while not self.sessions.renewed and self.clock.seconds() < back + 60:
            self.run_(0.1)
        self.assertEqual((self.sessions.renewed, self.sessions.sought), ([IDENTITY], [IDENTITY]))
        self.assertTrue(self.port.send(b"x", PLACE))
        return self.clock.seconds() - back

    def test_theServerIsStartedAgain(self) -> None:
        """
        A stream that was in use is opened again by itself, though nothing is to be sent, and a new handshake begins:
        soon after the server is back, however long it was away.
        """
        self.test_blockedUDP()
        for seconds in (0.0, 2.0, 90.0, 3600.0):
            self.assertLess(self.restarted(seconds), max(1.0, min(seconds + 1.0, RETRY_LOST + 1.5)))
            self.sessions.renewed.clear()
            self.sessions.sought.clear()

    def test_lostWhenUDPWorks(self) -> None:
        """
        A stream is not opened again when there is another way, or when nobody used it, or when the program ends.
        """
        self.test_whenUDPWorks()
        self.run_(60)
        self.assertEqual(len(self.network.connections), 1)
        self.sessions.at, self.sessions.isAwaiting = PLACE, True
        self.sessions.wanted(IDENTITY, 1)
        self.run_(15)
        self.assertEqual(len(self.network.connections), 2)
        self.streams.stop()
        self.run_(60)
        self.assertEqual((len(self.network.connections), self.port.streams), (2, {}))

    def test_aServerThatEndsEveryStream(self) -> None:
        """
        A stream that is ended as soon as it is open is not opened again without a pause, which grows.
        """
        self.test_blockedUDP()
        before = len(self.network.connections)
        for _ in range(600):
            self.network.connections[-1][1].abortConnection()
            self.port.send(b"x", PLACE)
            self.run_(0.1)
        self.assertLess(len(self.network.connections) - before, 10)

    def test_trouble(self) -> None:
        """
        It is said why no stream can be opened, until one is; and it is tried again, but not all the time.
        """
        self.network.blocks = lambda source, target: True
        self.sessions.wanted(IDENTITY, 0)
        self.run_(30)
        self.assertIn("no stream can be opened instead (tls://192.0.2.1:443", self.context.notes.texts[0])
        self.network.blocks = lambda source, target: False
        self.run_(40)
        self.assertEqual((self.context.notes.texts, self.sessions.places[-1]), ([], (IDENTITY, [PLACE])))

    def test_theServerIsGone(self) -> None:
        """
        The same, where UDP was in use: it is said for as long as nothing is answered there.
        """
        self.sessions.at, self.sessions.isAwaiting = UDP, True
        self.network.blocks = lambda source, target: True
        self.sessions.wanted(IDENTITY, 0)
        self.run_(12)
        for _ in range(10):
            self.run_(1)
            self.assertIn("no stream can be opened instead (tls://192.0.2.1:443", self.context.notes.texts[0])
        self.sessions.isAwaiting = False
        self.run_(2)
        self.assertEqual(self.context.notes.texts, [])

    def test_notIntoTheOverlay(self) -> None:
        """
        The tunnel never runs inside itself.  That is said, and tried again: the address may be another one later.
        """
        self.streams.mayReach = lambda address: False
        self.sessions.wanted(IDENTITY, 0)
        self.run_(2)
        self.assertEqual(self.sessions.places, [])
        self.assertIn("(tls://192.0.2.1:443 leads to an address of the overlay)", self.context.notes.texts[0])
        self.streams.mayReach = lambda address: True
        self.run_(10)
        self.assertEqual((self.context.notes.texts, self.sessions.places), ([], [(IDENTITY, [PLACE])]))

    def test_revoked(self) -> None:
        """
        Whoever is not a member opens none.
        """
        self.enrolment.stage = "revoked"
        self.sessions.wanted(IDENTITY, 1)
        self.run_(5)
        self.assertEqual(self.network.connections, [])
