"""
Trains and batches of datagrams with a real kernel, on loopback.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest

from wand.counters import Counters
from wand.testing.context import failuresOf
from wand.testing.descriptors import Descriptors
from wand.testing.kernel import PrivateNetwork
from wand.underlay.batch import BATCH, Inbox, unusable
from wand.underlay.offload import TrainSender, joinTrains
from wand.underlay.slots import Slots
from wand.underlay.udp import UDPUnderlay

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """
    Two bound sockets.
    """
    family, host = request.param
    with socket.socket(family, socket.SOCK_DGRAM) as one, socket.socket(family, socket.SOCK_DGRAM) as two:
        for udp in (one, two):
            udp.bind((host, 0))
            udp.setblocking(False)
        yield one, two


def test_trainArrivesAsTrain(pair: Pair) -> None:
    """
    Equal datagrams, the last one shorter, are sent in one call and received in one.
    """
    one, two = pair
    sender, inbox = TrainSender(one), Inbox(two)
    assert joinTrains(two) is None
    datagrams = b"".join(bytes([index]) * 1_000 for index in range(40)) + b"the end"
    assert sender.send(memoryview(datagrams), 1_000, two.getsockname()[:2]) == 41
    assert received(inbox) == [(40_007, 1_000, one.getsockname()[:2])]
    assert inbox.view[:40_007] == datagrams
    assert sender.refusal is None


def test_singleDatagrams(pair: Pair) -> None:
    """
    A datagram alone is a train of one.
    """
    one, two = pair
    inbox = Inbox(two)
    joinTrains(two)
    assert TrainSender(one).send(memoryview(b"alone"), 1_000, two.getsockname()[:2]) == 1
    assert received(inbox) == [(5, 0, one.getsockname()[:2])]
    assert received(inbox) == []


def test_tooLongForOneTrain(pair: Pair) -> None:
    """
    What is too long for one train goes in several.
    """
    one, two = pair
    sender = TrainSender(one)
    assert sender.send(memoryview(b"x" * 200), 1, two.getsockname()[:2]) == 200
    delivered()
    assert sum(1 for _ in _all(two)) == 200
    assert sender.refusal is None


def test_batchFromMany(pair: Pair) -> None:
    """
    Datagrams of different sizes from different sockets arrive in one call.
    """
    one, two = pair
    assert unusable() is None
    inbox = Inbox(two)
    sizes = [1 + index * 20 for index in range(BATCH)]
    for index, size in enumerate(sizes):
        (two if index % 2 else one).sendto(bytes([index]) * size, two.getsockname()[:2])
    senders = [(two if index % 2 else one).getsockname()[:2] for index in range(BATCH)]
    assert received(inbox) == [(size, 0, sender) for size, sender in zip(sizes, senders, strict=True)]
    for index, size in enumerate(sizes):
        start = index * inbox.stride
        assert inbox.view[start : start + size] == bytes([index]) * size


def test_batchOfTrains(pair: Pair) -> None:
    """
    Each message of a batch may be a train, and single ones come between.
    """
    one, two = pair
    joinTrains(two)
    sender, inbox = TrainSender(one), Inbox(two)
    for size in (1_000, 1_200):
        sender.send(memoryview(bytes(size * 30)), size, two.getsockname()[:2])
        sender.send(memoryview(b"alone"), size, two.getsockname()[:2])
    delivered()
    assert inbox.receive() == 4
    assert inbox.sizes(4) == [30_000, 5, 36_000, 5]
    assert inbox.segments(4) == [1_000, 0, 1_200, 0]


def test_fullBatchLeavesTheRest(pair: Pair) -> None:
    """
    What does not fit into a batch is in the next one.
    """
    one, two = pair
    for _ in range(BATCH + 3):
        one.sendto(b"x", two.getsockname()[:2])
    inbox = Inbox(two)
    delivered()
    assert [inbox.receive() for _ in range(3)] == [BATCH, 3, 0]


class Datagrams:
    """
    Keeps what came.
    """

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        self.received.append(bytes(datagram))

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        for index in range(first, first + count):
            octets = size if index < first + count - 1 else last
            self.datagramReceived(slots.slices(0, octets, index + 1)[index], sender)

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """


@pytest.mark.parametrize("mayFragment", [True, False])
def test_datagramsLongerThanThePath(mayFragment: bool) -> None:
    """
    Where IP may cut them, datagrams that are longer than the MTU arrive, alone and in trains; where it may not they are
    not sent, and counted.
    """
    descriptors, counters, recorder = Descriptors(), Counters(), Datagrams()
    with PrivateNetwork():
        subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
        underlay = UDPUnderlay(descriptors, counters, failuresOf(counters), pytest.fail)
        port = underlay.bindTrains("127.0.0.1", 0, recorder, mayFragment=mayFragment)
        datagrams = [bytes([number]) * 3_000 for number in range(11)]
        taken = [
            port.send(datagrams[0], port.endpoint),
            port.wasTooLong,
            port.sendTrain(memoryview(b"".join(datagrams[1:])), 3_000, port.endpoint),
            port.sendTrain(memoryview(b"short" * 3), 5, port.endpoint),
        ]
        delivered()
        for _ in range(5):
            descriptors.turn(0.01)
        port.close()
    assert taken == [mayFragment, not mayFragment, mayFragment, True]
    assert recorder.received == datagrams * mayFragment + [b"short"] * 3
    assert counters["drop-udp-too-long"] == (0 if mayFragment else 11)


def delivered() -> None:
    """
    Wait until what was sent on loopback has arrived: a busy kernel lets that wait, and keeps the order.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.bind(("127.0.0.1", 0))
        last.settimeout(10)
        last.sendto(b"last", last.getsockname())
        last.recv(9)


def received(inbox: Inbox) -> list[tuple[int, int, tuple[str, int]]]:
    """
    The size of each message, that of the datagrams in it, and its sender.
    """
    delivered()
    count = inbox.receive()
    senders = [inbox.sender(index) for index in range(count)]
    return list(zip(inbox.sizes(count), inbox.segments(count), senders, strict=True))


def _all(udp: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield udp.recv(2_000)
        except BlockingIOError:
            return
