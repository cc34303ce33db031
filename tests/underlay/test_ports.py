"""
One contract for every underlay, run on the simulated one and on real sockets of the loopback interface.
"""

from __future__ import annotations

import errno
import gc
import os
import select
import socket
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

import wand.underlay.udp
from wand.counters import Counters
from wand.endpoint import Endpoint, Heard
from wand.errors import PortUnavailable
from wand.testing.context import failuresOf, simulatedContext
from wand.testing.hosts import Region
from wand.testing.nats import Nat
from wand.testing.network import Network
from wand.underlay.batch import BATCH
from wand.underlay.ports import DATAGRAM_MAXIMUM, DatagramPort, Underlay
from wand.underlay.receiving import ERRORS_MAXIMUM
from wand.underlay.slots import Slots
from wand.underlay.udp import UDPPort, UDPUnderlay


class Recorder:
    """
    Takes datagrams, keeping copies of them.
    """

    def __init__(self) -> None:
        self.datagrams: list[tuple[bytes, tuple[str, int]]] = []
        self.batches = 0
        self.then: Callable[[], object] = lambda: None

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        self.datagrams.append((bytes(datagram), sender))
        self.then()

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        self.batches += 1


class TrainRecorder(Recorder):
    """
    Takes trains, keeping copies.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        self.counts.append(count)
        for octets in slots.slices(0, size, first + count)[first : first + count - 1]:
            self.datagrams.append((bytes(octets), sender))
        start = (first + count - 1) * slots.stride
        self.datagrams.append((bytes(slots.view[start : start + last]), sender))


class Readers:
    """
    As much of a reactor as a reader of a socket needs, turned by hand.
    """

    def __init__(self) -> None:
        self.readers: list[Any] = []

    def addReader(self, reader: Any) -> None:
        """
        Watch a descriptor.
        """
        self.readers.append(reader)

    def removeReader(self, reader: Any) -> None:
        """
        Watch it no more.
        """
        self.readers.remove(reader)

    def turn(self) -> int:
        """
        Let those read that can, for the short time that a datagram needs on the loopback interface.

        @return: how many could.
        """
        ready, _, _ = select.select(self.readers, [], [], 0.2)
        for reader in ready:
            reader.doRead()
        return len(ready)


class _Failing:
    """
    An inbox that cannot be read.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def receive(self, limit: int) -> int:
        """
        Fail.
        """
        raise OSError(self._number, os.strerror(self._number))


class UnderlayContract:
    """
    What holds for every underlay.
    """

    underlay: Underlay
    host: str
    second: str
    assertEqual: Callable[..., None]
    assertTrue: Callable[..., None]
    assertFalse: Callable[..., None]
    assertRaises: Callable[..., Any]
    assertIs: Callable[..., None]
    assertIsNot: Callable[..., None]
    addCleanup: Callable[..., None]

    def pump(self) -> None:
        """
        Let what is under way arrive.
        """
        raise NotImplementedError

    def bound(self, port: int = 0) -> tuple[DatagramPort, Recorder]:
        """
        Bind a port whose datagrams are recorded.
        """
        recorder = Recorder()
        bound = self.underlay.bind(self.host, port, recorder)
        self.addCleanup(bound.close)
        return bound, recorder

    def test_aDatagramArrives(self) -> None:
        """
        What is sent to a port arrives there, with the endpoint that it came from, and then the batch is over.
        """
        here, _ = self.bound()
        there, recorder = self.bound()
        self.assertTrue(here.send(b"hello", there.endpoint))
        self.pump()
        self.assertEqual(recorder.datagrams, [(b"hello", here.endpoint)])
        self.assertEqual(recorder.batches, 1)

    def test_parts(self) -> None:
        """
        Parts arrive as one datagram.
        """
        here, _ = self.bound()
        there, recorder = self.bound()
        self.assertTrue(here.sendParts([b"he", memoryview(b"llo")], there.endpoint))
        self.pump()
        self.assertEqual([datagram for datagram, _ in recorder.datagrams], [b"hello"])

    def test_trains(self) -> None:
        """
        Datagrams that leave in a train arrive as trains or alone, in order; the last may be shorter.
        """
        here, _ = self.bound()
        recorder = TrainRecorder()
        there = self.underlay.bindTrains(self.host, 0, recorder)
        self.addCleanup(there.close)
        datagrams = [bytes([number]) * 1_000 for number in range(100)] + [b"last"]
        self.assertTrue(here.sendTrain(memoryview(b"".join(datagrams)), 1_000, there.endpoint))
        self.assertTrue(here.sendTrain(memoryview(b"alone"), 1_000, there.endpoint))
        self.pump()
        self.assertEqual(recorder.datagrams, [(each, here.endpoint) for each in [*datagrams, b"alone"]])
        self.assertTrue(all(count <= 64 for count in recorder.counts))

    def test_trainTakenApart(self) -> None:
        """
        Who knows no trains gets the datagrams one by one.
        """
        here, _ = self.bound()
        there, recorder = self.bound()
        here.sendTrain(memoryview(b"onetwo3"), 3, there.endpoint)
        self.pump()
        self.assertEqual([datagram for datagram, _ in recorder.datagrams], [b"one", b"two", b"3"])

    def test_emptyAndLargest(self) -> None:
        """
        An empty datagram and the largest one arrive whole.
        """
        here, _ = self.bound()
        there, recorder = self.bound()
        for size in (0, DATAGRAM_MAXIMUM):
            self.assertTrue(here.send(bytes(size), there.endpoint))
        self.pump()
        self.assertEqual([len(datagram) for datagram, _ in recorder.datagrams], [0, DATAGRAM_MAXIMUM])

    def test_tooLong(self) -> None:
        """
        What is longer than a datagram can be is not taken, and the port says so; nothing is raised.
        """
        here, _ = self.bound()
        self.assertFalse(here.wasTooLong)
        self.assertFalse(here.send(bytes(DATAGRAM_MAXIMUM + 1), here.endpoint))
        self.assertTrue(here.wasTooLong)

    def test_nobodyThere(self) -> None:
        """
        A datagram to a port that nobody has goes nowhere, and disturbs neither those before nor after it.
        """
        here, received = self.bound()
        there, recorder = self.bound()
        gone, _ = self.bound()
        gone.close()
        here.send(b"lost", gone.endpoint)
        self.pump()
        here.send(b"kept", there.endpoint)
        there.send(b"back", here.endpoint)
        self.pump()
        self.pump()
        self.assertEqual([datagram for datagram, _ in recorder.datagrams], [b"kept"])
        self.assertEqual([datagram for datagram, _ in received.datagrams], [b"back"])

    def test_taken(self) -> None:
        """
        A port that is taken cannot be bound again, until it is closed.
        """
        here, _ = self.bound()
        with self.assertRaises(PortUnavailable):
            self.bound(here.endpoint.port)
        here.close()
        self.bound(here.endpoint.port)

    def test_closedInTheMiddle(self) -> None:
        """
        A receiver may close its port when a datagram comes; it gets no more.
        """
        here, _ = self.bound()
        there, recorder = self.bound()
        recorder.then = there.close
        here.send(b"one", there.endpoint)
        here.send(b"two", there.endpoint)
        self.pump()
        self.assertEqual(len(recorder.datagrams), 1)

    def test_aReceiverThatRaises(self) -> None:
        """
        What a datagram does to its receiver costs that datagram alone: it is counted, its neighbours arrive, the port
        stays open, and the next ones come.
        """
        here, _ = self.bound()
        there, recorder = self.bound()

        def fail() -> None:
            if recorder.datagrams[-1][0] == b"1":
                raise IndexError("deliberately")

        recorder.then = fail
        for each in (b"0", b"1", b"2"):
            here.send(each, there.endpoint)
        self.pump()
        self.assertEqual([each for each, _ in recorder.datagrams], [b"0", b"1", b"2"])
        self.assertEqual((recorder.batches, self.counters["drop-raised-datagram"]), (1, 1))
        here.send(b"1", there.endpoint)
        self.pump()
        here.send(b"3", there.endpoint)
        self.pump()
        self.assertEqual(recorder.datagrams[-1][0], b"3")
        self.assertEqual(len(self.flushLoggedErrors(IndexError)), 1)

    def test_aTrainThatRaises(self) -> None:
        """
        The same with trains, and when a receiver fails at the end of a batch.
        """
        here, _ = self.bound()
        recorder = TrainRecorder()
        there = self.underlay.bindTrains(self.host, 0, recorder)
        self.addCleanup(there.close)
        self.patch(recorder, "trainReceived", lambda *_: 1 / 0)
        self.patch(recorder, "datagramReceived", lambda *_: 1 / 0)
        self.patch(recorder, "batchReceived", lambda: 1 / 0)
        here.sendTrain(memoryview(b"aaabbb"), 3, there.endpoint)
        self.pump()
        self.assertEqual(self.counters["drop-raised-batch-of-datagrams"], 1)
        del recorder.trainReceived, recorder.datagramReceived, recorder.batchReceived
        here.send(b"good", there.endpoint)
        self.pump()
        self.assertEqual([each for each, _ in recorder.datagrams], [b"good"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)

    def test_closedTwice(self) -> None:
        """
        Closing again does nothing, and a closed port takes nothing.
        """
        here, _ = self.bound()
        there, recorder = self.bound()
        here.close()
        here.close()
        self.assertFalse(here.send(b"late", there.endpoint))
        self.assertFalse(here.sendParts([b"late"], there.endpoint))
        self.pump()
        self.assertEqual(recorder.datagrams, [])

    def asked(self) -> tuple[DatagramPort, Recorder, DatagramPort, Recorder, tuple[str, int]]:
        """
        A port on all addresses, and one that asked its second address.

        @return: both with what they received, and how the first knows the second.
        """
        recorder = Recorder()
        server = self.underlay.bind("0.0.0.0", 0, recorder)
        self.addCleanup(server.close)
        client, answers = self.bound()
        client.send(b"question", (self.second, server.endpoint.port))
        self.pump()
        self.assertEqual(recorder.datagrams, [(b"question", client.endpoint)])
        return server, recorder, client, answers, recorder.datagrams[0][1]

    def test_answerFromTheAddressThatWasAsked(self) -> None:
        """
        A port on all addresses answers from the one that was asked: a datagram, its parts, a train, a stranger.
        """
        server, _, _, answers, sender = self.asked()
        answering = server.answering(sender)
        self.assertTrue(answering.send(b"one", sender))
        self.assertTrue(answering.sendParts([b"t", b"wo"], sender))
        self.assertTrue(answering.sendTrain(memoryview(b"12345678901"), 2, sender))
        self.assertTrue(server.answerStranger(b"who", sender, 0.5))
        self.assertTrue(server.send(b"first", sender))
        self.pump()
        self.pump()
        asked = (self.second, server.endpoint.port)
        said = [b"one", b"two", b"12", b"34", b"56", b"78", b"90", b"1", b"who"]
        self.assertEqual(answers.datagrams, [*((each, asked) for each in said), (b"first", (self.host, asked[1]))])

    def test_towardsWhoAskedTheFirstAddress(self) -> None:
        """
        Where the system would choose the same address the port itself does, and follows when the choice changes.
        """
        server, recorder, client, _, sender = self.asked()
        client.send(b"another", (self.host, server.endpoint.port))
        self.pump()
        self.assertIs(server.towards(recorder.datagrams[1][1]), server)
        self.assertIs(server.answering(client.endpoint), server)
        self.assertIsNot(server.towards(sender), server)

    def test_senderIsTheSameObject(self) -> None:
        """
        A sender is the same object each time, and another one at another address of ours: so a conversation sees at
        no cost that it moved.
        """
        server, recorder, client, _, sender = self.asked()
        client.send(b"again", (self.second, server.endpoint.port))
        client.sendTrain(memoryview(b"123456"), 2, (self.second, server.endpoint.port))
        client.send(b"elsewhere", (self.host, server.endpoint.port))
        self.pump()
        *same, other = [each for _, each in recorder.datagrams]
        self.assertTrue(all(each is sender for each in same))
        self.assertIsNot(other, sender)
        self.assertEqual(other, sender)

    def test_theAddressThatWasAskedIsGone(self) -> None:
        """
        When the host lost the address that was asked, answers come from another one, at once.
        """
        server, _, _, answers, sender = self.asked()
        answering = server.answering(Heard.at(*sender, "192.0.2.77"))
        self.assertTrue(answering.send(b"one", sender))
        self.assertTrue(answering.sendTrain(memoryview(b"123"), 2, sender))
        self.pump()
        here = (self.host, server.endpoint.port)
        self.assertEqual(answers.datagrams, [(b"one", here), (b"12", here), (b"3", here)])

    def test_boundToOneAddress(self) -> None:
        """
        A port on one address sends from no other.
        """
        here, recorder = self.bound()
        there, _ = self.bound()
        there.send(b"question", here.endpoint)
        self.pump()
        sender = recorder.datagrams[0][1]
        self.assertIs(here.answering(sender), here)
        self.assertIs(here.towards(Heard.at(*sender, self.second)), here)


class SimulatedUnderlayTests(UnderlayContract, SynchronousTestCase):  # type: ignore[misc]  # the mixin names what it needs
    """
    The contract on the simulated network.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.host, self.second = "192.0.2.1", "192.0.2.2"
        context = simulatedContext(self.clock, self.region(), self.host, more=(self.second,))
        self.underlay, self.counters = context.underlay, context.counters

    def region(self) -> Region:
        """
        Where the host is.
        """
        return Network(self.clock, Random(1))

    def pump(self) -> None:
        """
        See L{UnderlayContract.pump}.
        """
        self.clock.advance(0)


class SimulatedSiteTests(SimulatedUnderlayTests):
    """
    The contract on hosts behind a NAT.
    """

    def region(self) -> Region:
        """
        See L{SimulatedUnderlayTests.region}.
        """
        return Nat(super().region(), "198.51.100.1")


class UDPUnderlayTests(UnderlayContract, SynchronousTestCase):  # type: ignore[misc]  # the mixin names what it needs
    """
    The contract on real sockets.
    """

    def setUp(self) -> None:
        self.host, self.second = "127.0.0.1", "127.0.0.2"
        self.reactor = Readers()
        self.counters = Counters()
        self.lost: list[str] = []
        self.underlay = UDPUnderlay(
            self.reactor,  # type: ignore[arg-type]  # it needs no more of a reactor
            self.counters,
            failuresOf(self.counters),
            self.lost.append,
        )

    def pump(self) -> None:
        """
        See L{UnderlayContract.pump}.
        """
        self.reactor.turn()

    def test_interface(self) -> None:
        """
        The reactor can watch it.
        """
        port, _ = self.bound()
        self.assertTrue(verifyObject(IReadDescriptor, port._reader))

    def test_boundedWork(self) -> None:
        """
        One turn of the reactor handles a bounded batch; the rest waits for the next one.
        """
        here, _ = self.bound()
        there, recorder = self.bound()
        for _ in range(BATCH + 1):
            here.send(b"x", there.endpoint)
        self.pump()
        self.assertEqual(len(recorder.datagrams), BATCH)
        self.pump()
        self.assertEqual(len(recorder.datagrams), BATCH + 1)

    def test_counts(self) -> None:
        """
        What is sent and received is counted, and what is not sent, by its reason.
        """
        here, _ = self.bound()
        there, _ = self.bound()
        here.send(b"hello", there.endpoint)
        self.pump()
        here.send(bytes(DATAGRAM_MAXIMUM + 1), there.endpoint)
        here.send(b"hello", ("255.255.255.255", 9))  # a broadcast, which the socket is not allowed
        expected = {
            "udp-sent-datagrams": 1,
            "udp-sent-bytes": 5,
            "udp-received-datagrams": 1,
            "udp-received-bytes": 5,
            "drop-udp-too-long": 1,
            "drop-udp-unreachable": 1,
        }
        self.assertEqual({name: count for name, count in self.counters.items() if count}, expected)

    def test_fullQueue(self) -> None:
        """
        When the system takes no more for now, datagrams are dropped and counted as such.
        """
        here, _ = self.bound()
        assert isinstance(here, UDPPort)
        real = here._socket
        self.addCleanup(real.close)

        class Full(socket.socket):
            def sendto(self, *args: object) -> int:
                raise BlockingIOError(11, "would block")

        here._socket = Full(fileno=real.detach())
        self.assertFalse(here.send(b"x", here.endpoint))
        self.assertEqual(self.counters["drop-udp-full"], 1)

    def test_strangersLeaveRoomForMembers(self) -> None:
        """
        Strangers are answered while half of the queue is free; members have all of it.
        """
        here, _ = self.bound()
        assert isinstance(here, UDPPort)
        limit = here._socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        for queued, answered in ((0, True), (limit // 2, True), (limit // 2 + 1, False), (limit, False)):
            self.patch(wand.underlay.udp, "queued", lambda _, queued=queued: queued)
            self.assertIs(here.answerStranger(b"x", here.endpoint, 0.5), answered)
            self.assertTrue(here.send(b"x", here.endpoint))
        self.assertEqual(self.counters["drop-udp-crowded"], 2)

    def test_queuedOctets(self) -> None:
        """
        The kernel says what waits in a queue: nothing where datagrams left at once.
        """
        here, _ = self.bound()
        assert isinstance(here, UDPPort)
        here.send(b"x", here.endpoint)
        self.pump()
        self.assertEqual(wand.underlay.udp.queued(here._socket), 0)

    def test_aSocketThatIsGone(self) -> None:
        """
        When somebody took the socket away there is nothing to go on with: it is said, once, whether we read or send.
        """
        for use in (lambda port: port._reader.doRead(), lambda port: port.send(b"x", ("127.0.0.1", 9))):
            port, _ = self.bound()
            self.lost.clear()
            fileno = port.fileno()
            with Path("/dev/null").open() as other:
                os.dup2(other.fileno(), fileno)
            use(port)
            use(port)
            self.assertEqual(len(self.lost), 1)
            self.assertIn(f"the UDP port {port.endpoint} is gone", self.lost[0])
            self.assertNotIn(port._reader, self.reactor.readers)

    def test_errorsThatStay(self) -> None:
        """
        What the network reports passes, however often; other errors, with nothing read between them, end the port.
        """
        port, _ = self.bound()
        for number, count in ((errno.ECONNREFUSED, 10 * ERRORS_MAXIMUM), (errno.EIO, ERRORS_MAXIMUM - 1)):
            inbox = _Failing(number)
            self.patch(port._reader, "_inbox", inbox)
            for _ in range(count):
                port._reader.doRead()
            self.assertEqual(self.lost, [])
        port._reader.doRead()
        self.assertEqual(len(self.lost), 1)

    def test_theReactorGivesUp(self) -> None:
        """
        A reactor that watches the port no more makes it deaf, which is said; that it is closed in good order is not.
        """
        port, _ = self.bound()
        port._reader.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(len(self.lost), 1)
        port._reader.connectionLost(Failure(ConnectionLost()))
        other, _ = self.bound()
        other.close()
        other._reader.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(len(self.lost), 1)

    def test_IPv6(self) -> None:
        """
        A port on IPv6 works the same.
        """
        recorder = Recorder()
        port = self.underlay.bind("::1", 0, recorder)
        self.addCleanup(port.close)
        port.send(b"six", port.endpoint)
        self.pump()
        self.assertEqual(recorder.datagrams, [(b"six", Endpoint("::1", port.endpoint.port))])

    def test_IPv6FromTheAddressThatWasAsked(self) -> None:
        """
        A port on all IPv6 addresses tells which was asked; one that this host does not have is passed over.
        """
        recorder = Recorder()
        port = self.underlay.bind("::", 0, recorder)
        self.addCleanup(port.close)
        client = self.underlay.bind("::1", 0, Recorder())
        self.addCleanup(client.close)
        client.send(b"six", ("::1", port.endpoint.port))
        self.pump()
        sender = recorder.datagrams[0][1]
        self.assertEqual((sender, sender.local), (client.endpoint, "::1"))  # type: ignore[attr-defined]  # it is Heard
        self.assertTrue(port.answering(sender).send(b"yes", sender))
        self.assertTrue(port.answering(Heard.at(*sender, "2001:db8::77")).send(b"yes", sender))
        self.assertEqual(self.counters["udp-source-gone"], 1)

    def test_manyAddressesAreForgotten(self) -> None:
        """
        A host to which a whole prefix belongs remembers some addresses to answer from, and no more.
        """
        port = self.underlay.bind("0.0.0.0", 0, Recorder())
        self.addCleanup(port.close)
        for number in range(2 * wand.underlay.udp.ANSWERERS_MAXIMUM):
            port.answering(Heard.at("127.0.0.1", 9, f"127.1.{number >> 8}.{number & 0xFF}"))
        self.assertLessEqual(len(port._answerers), wand.underlay.udp.ANSWERERS_MAXIMUM)

    def test_bothFamiliesAtOnePort(self) -> None:
        """
        IPv4 and IPv6 are two ports of the same number, whichever is bound first.
        """
        first = self.underlay.bind("0.0.0.0", 0, Recorder())
        self.addCleanup(first.close)
        second = self.underlay.bind("::", first.endpoint.port, Recorder())
        self.addCleanup(second.close)
        self.assertEqual(second.endpoint.port, first.endpoint.port)

    def test_closingLeavesNothingBehind(self) -> None:
        """
        A port that is closed, or could not be bound, leaves no descriptor behind.
        """
        with self.assertRaises(PortUnavailable):
            self.underlay.bind("192.0.2.77", 0, Recorder())
        port, _ = self.bound()
        port.close()
        self.assertEqual(self.reactor.readers, [])
        gc.collect()
        self.assertEqual(port.fileno(), -1)  # type: ignore[attr-defined]  # of the real port only
