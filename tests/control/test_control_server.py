"""
Tests for L{wand.control.server}: what it does with clients that are not ours.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from random import Random
from struct import pack

from hypothesis import given
from hypothesis import strategies as st
from simulated.program import MemoryProgram
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.amp import AmpBox
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.control.server import BOX_MAXIMUM, CONNECTIONS_MAXIMUM, IDLE_MINIMUM, ControlFactory, ControlProtocol


class Connected:
    """
    A client's connection, seen from the program.
    """

    def __init__(self, factory: ControlFactory) -> None:
        protocol = factory.buildProtocol(None)
        assert protocol is not None
        self.protocol = protocol
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)

    @property
    def closed(self) -> bool:
        """
        Did the program end the connection?
        """
        return bool(self.transport.disconnecting or self.transport.disconnected)

    def send(self, data: bytes) -> Connected:
        """
        Let the client send something.
        """
        self.protocol.dataReceived(data)
        return self

    def leave(self) -> None:
        """
        The connection ends.
        """
        self.protocol.connectionLost(Failure(ConnectionDone()))


def connections() -> int:
    """
    How many connections are in memory.
    """
    gc.collect()
    return sum(isinstance(each, ControlProtocol) for each in gc.get_objects())


class ServerTestCase(SynchronousTestCase):
    """
    A program with a control socket.
    """

    def setUp(self) -> None:
        """
        Make a program.
        """
        self.clock = Clock()
        self.program = MemoryProgram(self.clock)
        self.factory = ControlFactory(self.program, self.clock)

    def connect(self) -> Connected:
        """
        Let a client connect.
        """
        return Connected(self.factory)

    @property
    def malformed(self) -> int:
        """
        How many malformed requests were counted.
        """
        return self.program.counters["drop-control-malformed"]


class MalformedTests(ServerTestCase):
    def refused(self, data: bytes) -> None:
        """
        Check that C{data} is counted once and ends the connection.
        """
        before = self.malformed
        client = self.connect().send(data)
        self.assertTrue(client.closed)
        client.send(b"\0\4more" * 10)
        client.leave()
        self.assertEqual(self.malformed, before + 1)

    def test_noAMP(self) -> None:
        """
        What is not AMP at all ends the connection.
        """
        self.refused(b"GET / HTTP/1.0\r\n\r\n")

    def test_noCommand(self) -> None:
        """
        A box that asks nothing, or that answers what was never asked, ends the connection.
        """
        self.refused(b"\0\0")
        self.refused(AmpBox(a=b"b").serialize())
        self.refused(AmpBox(_answer=b"1").serialize())
        self.refused(AmpBox(_error=b"1").serialize())
        self.refused(AmpBox(_command=b"Status", _ask=b"1", _answer=b"1").serialize())

    def test_endlessBox(self) -> None:
        """
        A box without an end is cut off at a megabyte.
        """
        client = self.connect()
        sent = 0
        while not client.closed and sent < 2 * BOX_MAXIMUM:
            client.send(b"\0\1a" + pack("!H", 60_000) + bytes(60_000))
            sent += 60_000
        self.assertTrue(client.closed)
        self.assertLessEqual(sent, BOX_MAXIMUM + 60_000)
        self.assertEqual(self.malformed, 1)

    def test_endlessKeys(self) -> None:
        """
        A box of ever more small keys is cut off before they fill the memory.
        """
        client = self.connect()
        keys = 0
        while not client.closed and keys < 100_000:
            client.send(b"\0\4" + pack("!L", keys) + b"\0\0")
            keys += 1
        self.assertTrue(client.closed)
        self.assertLess(keys, 10_000)

    def test_unwantedTLS(self) -> None:
        """
        AMP's own command for TLS is unknown here, like any other unknown command.
        """
        client = self.connect().send(AmpBox(_command=b"StartTLS", _ask=b"1").serialize())
        self.assertIn(b"UNHANDLED", client.transport.value())
        self.assertFalse(client.closed)

    def test_hugeCommandName(self) -> None:
        """
        A name of a command as long as it can be gets an answer of ordinary size.
        """
        client = self.connect().send(AmpBox(_command=bytes(65_535), _ask=b"1").serialize())
        self.assertLess(len(client.transport.value()), 200)

    def test_fileDescriptor(self) -> None:
        """
        A file descriptor that a client hands over is closed, and the connection with it.
        """
        client = self.connect()
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        client.protocol.fileDescriptorReceived(writer)
        self.assertEqual(os.read(reader, 1), b"")
        self.assertTrue(client.closed)

    def test_cutOff(self) -> None:
        """
        A client that leaves in the middle of a box is counted; one that just leaves is not.
        """
        self.connect().leave()
        self.assertEqual(self.malformed, 0)
        self.connect().send(b"\0").leave()
        self.connect().send(b"\0\1a").leave()
        self.assertEqual(self.malformed, 2)

    @given(st.binary(max_size=200))
    def test_anything(self, data: bytes) -> None:
        """
        Whatever comes, nothing is raised and nothing is logged as a failure.
        """
        self.connect().send(data).leave()

    @given(
        st.dictionaries(
            st.sampled_from([b"_ask", b"_command", b"mac", b"peer", b"after", b"lifetime", b"source", b"x"]),
            st.binary(max_size=20) | st.sampled_from([b"Add", b"Entries", b"Delete", b"Peers", b"Subscribe", b"1e999"]),
            min_size=1,
        )
    )
    def test_anyBox(self, box: dict[bytes, bytes]) -> None:
        """
        Whatever a box holds, nothing is raised and nothing is logged as a failure.
        """
        self.connect().send(AmpBox(box).serialize()).leave()

    def test_twentyThousandRandomChunks(self) -> None:
        """
        After twenty thousand connections that send random octets, each is counted, all are gone, the memory has not
        grown, and the program answers.
        """
        random = Random(2)
        before = connections()
        for _ in range(20_000):
            client = self.connect()
            client.send(random.randbytes(random.randrange(1, 64)))
            client.leave()
        self.assertLessEqual(connections(), before + 1)
        self.assertEqual(self.program.counters["control-connections"], 20_000)
        self.assertGreaterEqual(self.malformed, 19_900)
        answer = self.connect().send(AmpBox(_command=b"Status", _ask=b"1").serialize()).transport.value()
        self.assertIn(b"wan0", answer)


class CrowdTests(ServerTestCase):
    def test_tooMany(self) -> None:
        """
        Beyond the limit, clients are turned away and counted, until others leave.
        """
        clients = [self.connect() for _ in range(CONNECTIONS_MAXIMUM)]
        self.assertIsNone(self.factory.buildProtocol(None))
        self.assertEqual(self.program.counters["drop-control-crowded"], 1)
        clients[0].leave()
        self.connect()

    def test_idleMakesRoom(self) -> None:
        """
        Who has said nothing for longest makes room for a new client, half a request or none, once a minute has passed.
        """
        silent = self.connect()
        self.clock.advance(1)
        half = self.connect()
        others = [self.connect() for _ in range(CONNECTIONS_MAXIMUM - 2)]
        self.clock.advance(IDLE_MINIMUM - 1)
        half.send(b"\0\1a")
        for client in others:
            client.send(AmpBox(_command=b"Status", _ask=b"1").serialize())
        self.connect()
        self.assertEqual((silent.closed, half.closed), (True, False))
        self.assertIsNone(self.factory.buildProtocol(None))
        self.clock.advance(1)
        self.connect()
        self.assertTrue(half.closed)
        silent.leave()
        half.leave()
        self.assertFalse(any(client.closed for client in others))
        self.assertIsNone(self.factory.buildProtocol(None))
        self.assertEqual(self.program.counters["control-evicted"], 2)
        self.assertEqual(self.program.counters["drop-control-crowded"], 2)

    def test_subscribersStay(self) -> None:
        """
        Whoever waits for events, or for an answer, is not idle.
        """

        async def join(token: str, addresses: Sequence[str]) -> None:
            await Deferred()

        self.program.join = join  # type: ignore[method-assign] # a program that takes its time
        waiting = [self.connect() for _ in range(CONNECTIONS_MAXIMUM)]
        for number, client in enumerate(waiting):
            box = AmpBox(_command=b"Subscribe") if number % 2 else AmpBox(_command=b"Join", _ask=b"1", token=b"")
            client.send(box.serialize())
        self.clock.advance(100 * IDLE_MINIMUM)
        self.assertIsNone(self.factory.buildProtocol(None))
        waiting[1].send(AmpBox(_command=b"Unsubscribe").serialize())
        self.clock.advance(IDLE_MINIMUM)
        self.connect()
        self.assertTrue(waiting[1].closed)

    def test_disconnect(self) -> None:
        """
        When the program stops, every client's connection ends.
        """
        clients = [self.connect() for _ in range(3)]
        self.factory.disconnect()
        self.assertTrue(all(client.closed for client in clients))


class BackpressureTests(ServerTestCase):
    REQUEST = AmpBox(_command=b"Status", _ask=b"1").serialize()

    def test_producer(self) -> None:
        """
        A connection is the producer of its transport.
        """
        client = self.connect()
        verifyObject(IPushProducer, client.protocol)
        self.assertIs(client.transport.producer, client.protocol)

    def test_clientDoesNotRead(self) -> None:
        """
        A client that asks and does not read the answers is answered no further until it reads.
        """
        client = self.connect()
        client.protocol.pauseProducing()
        client.send(self.REQUEST * 3)
        self.assertEqual(client.transport.value(), b"")
        self.assertEqual(client.transport.producerState, "paused")
        client.protocol.resumeProducing()
        self.assertEqual(client.transport.value().count(b"_answer"), 3)
        self.assertEqual(client.transport.producerState, "producing")
