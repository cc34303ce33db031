"""
Tests for datagrams in streams: whatever the pieces in which octets come, the datagrams are the same.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.testing.context import failuresOf
from wand.underlay.ports import DATAGRAM_MAXIMUM
from wand.underlay.slots import Slots
from wand.underlay.streams.framing import Deframer, Rows, StreamInvalid, framed, framedTrain
from wand.underlay.streams.port import COUNTERS
from wand.underlay.streams.send_queue import (
    DATA_PATIENCE,
    KEPT_PATIENCE,
    OCTETS_MAXIMUM,
    SHORT,
    SendQueue,
    isKept,
)
from wand.underlay.streams.web_socket import WebSocketWire
from wand.underlay.streams.wires import GREETING, PlainWire

SENDER = Endpoint("tcp/192.0.2.1", 443)


class Receiver:
    """
    Keeps copies of what it is handed.
    """

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []
        self.trains = 0

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        assert sender is SENDER
        self.datagrams.append(bytes(datagram))

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        assert sender is SENDER
        self.trains += 1
        self.datagrams += map(bytes, slots.datagrams(first, count, size, last))

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """


def deframer(receiver: Receiver) -> Deframer:
    """
    A deframer for a receiver.
    """
    return Deframer(receiver, SENDER, Rows(), failuresOf(Counters()))


def pieces(octets: bytes, cuts: list[int]) -> list[bytes]:
    """
    Octets in pieces.
    """
    ends = sorted({0, len(octets), *(each % (len(octets) + 1) for each in cuts)})
    return [octets[start:end] for start, end in pairwise(ends)]


#: Rows of datagrams, of which several are of one size.
rows = st.lists(
    st.tuples(st.integers(1, 2000), st.integers(1, 70)).map(lambda each: [bytes([each[1]]) * each[0]] * each[1]),
    max_size=4,
).map(lambda each: [datagram for row in each for datagram in row])


@given(rows, st.lists(st.integers(0, 1 << 20), max_size=8))
def test_anyPieces(datagrams: list[bytes], cuts: list[int]) -> None:
    """
    In whatever pieces they come, the same datagrams are handed over, in order.
    """
    receiver = Receiver()
    taking = deframer(receiver)
    for piece in pieces(b"".join(map(framed, datagrams)), cuts):
        sum(taking.take(piece))
    assert receiver.datagrams == datagrams
    assert taking.count == len(datagrams)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_anything(octets: bytes, cuts: list[int]) -> None:
    """
    Whatever comes is read or refused, and nothing else is raised.
    """
    taking = deframer(Receiver())
    try:
        for piece in pieces(octets, cuts):
            sum(taking.take(piece))
    except StreamInvalid:
        pass


@settings(deadline=None)
@given(st.integers(1, 1500), st.integers(1, 60_000))
def test_trainsLeave(size: int, total: int) -> None:
    """
    A train is framed as its datagrams are.
    """
    octets = bytes(range(256)) * (total // 256 + 1)
    datagrams = memoryview(octets)[:total]
    alone = b"".join(framed(datagrams[first : first + size]) for first in range(0, total, size))
    assert framedTrain(datagrams, size) == alone


def test_trainsArrive() -> None:
    """
    Datagrams of one size that come together are handed over as trains of at most 64.
    """
    receiver = Receiver()
    sum(deframer(receiver).take(framedTrain(memoryview(bytes(1400 * 130)), 1400)))
    assert (receiver.trains, len(receiver.datagrams)) == (3, 130)


def test_nothingLongerThanADatagram() -> None:
    """
    A length that no datagram has ends the stream.
    """
    taking = deframer(Receiver())
    try:
        sum(taking.take((DATAGRAM_MAXIMUM + 1).to_bytes(2, "big")))
    except StreamInvalid:
        return
    raise AssertionError("it was taken")


@given(rows, st.lists(st.integers(0, 1 << 20), max_size=8))
def test_webSocket(datagrams: list[bytes], cuts: list[int]) -> None:
    """
    Through a WebSocket the same octets come out as went in, in both directions.
    """
    client, server = WebSocketWire("example.org", "/wand"), WebSocketWire()
    assert not any(server.receive(client.answer))
    assert not any(client.receive(server.answer))
    assert client.isOpen
    assert server.isOpen
    sent = list(map(framed, datagrams))
    for here, there in ((client, server), (server, client)):
        arrived = b"".join(b"".join(there.receive(each)) for each in pieces(here.wrapped(sent), cuts))
        assert arrived == b"".join(sent)


@given(st.binary(max_size=600), st.booleans(), st.lists(st.integers(0, 600), max_size=4))
def test_wiresTakeAnything(octets: bytes, isOpen: bool, cuts: list[int]) -> None:
    """
    Whatever comes on a wire is read or refused, and nothing else is raised.
    """
    client, server = WebSocketWire("example.org", "/wand"), WebSocketWire()
    if isOpen:
        list(server.receive(client.answer))
        list(client.receive(server.answer))
    for wire in (client, server, PlainWire()):
        try:
            for piece in pieces(octets, cuts):
                list(wire.receive(piece))
        except StreamInvalid:
            pass


@pytest.mark.parametrize("header", [b"Host", b"Connection", b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Extensions"])
def test_headersThatAreNotText(header: bytes) -> None:
    """
    A request whose headers are not text is refused like any other that is wrong.
    """
    lines = {b"Host": b"a", b"Upgrade": b"websocket", b"Connection": b"Upgrade", b"Sec-WebSocket-Version": b"13"}
    lines |= {b"Sec-WebSocket-Key": b"dGhlIHNhbXBsZSBub25jZQ==", header: b"\xff"}
    request = b"GET /wand HTTP/1.1\r\n" + b"".join(b"%s: %s\r\n" % each for each in lines.items()) + b"\r\n"
    with pytest.raises(StreamInvalid):
        list(WebSocketWire().receive(request))


def test_greeting() -> None:
    """
    On a plain wire the first octets are a greeting, in any pieces; nothing else opens it.
    """
    wire = PlainWire()
    assert wire.answer == GREETING
    arrived = [b"".join(wire.receive(bytes([octet]))) for octet in GREETING + b"ab"]
    assert b"".join(arrived) == b"ab"
    try:
        list(PlainWire().receive(b"wanted"))
    except StreamInvalid:
        return
    raise AssertionError("it was taken")


class SendQueueTests(SynchronousTestCase):
    """
    Tests for L{SendQueue}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.counters = Counters()
        self.counters.declare(COUNTERS)
        self.queue = SendQueue(self.counters)

    def test_inOrder(self) -> None:
        """
        What is kept and what is not leaves in the order in which it came.
        """
        for number in range(6):
            self.queue.add(bytes([number]), 1, 0.0, kept=bool(number % 2))
        self.assertEqual(b"".join(self.queue.take(100, 0.0)), bytes(range(6)))
        self.assertEqual(self.queue.octets, 0)
        self.assertFalse(self.queue)

    def test_lateFramesGo(self) -> None:
        """
        Frames that waited too long are dropped and counted; handshakes and short messages wait longer.
        """
        self.queue.add(b"late", 3, 0.0)
        self.queue.add(b"kept", 1, 0.0, kept=True)
        self.queue.add(b"new", 1, 1.0)
        self.assertEqual(self.queue.take(100, 0.1 + DATA_PATIENCE), [b"kept", b"new"])
        self.assertEqual(self.counters["drop-stream-late"], 3)
        self.queue.add(b"kept", 1, 0.0, kept=True)
        self.assertEqual(self.queue.take(100, 0.1 + KEPT_PATIENCE), [])

    def test_bounded(self) -> None:
        """
        There is a bound for all; the oldest frames go, and only then what is kept.
        """
        self.queue.add(b"k" * 100, 1, 0.0, kept=True)
        for _ in range(2 * OCTETS_MAXIMUM // 1000):
            self.queue.add(bytes(1000), 1, 0.0)
        self.assertLessEqual(self.queue.octets, OCTETS_MAXIMUM)
        self.assertEqual(self.queue.take(1, 0.0), [b"k" * 100])
        for _ in range(2 * OCTETS_MAXIMUM // 100):
            self.queue.add(bytes(100), 1, 0.0, kept=True)
        self.assertLessEqual(self.queue.octets, OCTETS_MAXIMUM)
        self.assertGreater(self.counters["drop-stream-full"], 0)

    def test_whatIsKept(self) -> None:
        """
        Handshakes are kept whatever their length, and data only if it is short.
        """
        self.assertTrue(isKept(b"\x01" + bytes(831)))
        self.assertTrue(isKept(b"\x04" + bytes(SHORT - 1)))
        self.assertFalse(isKept(b"\x04" + bytes(SHORT)))
