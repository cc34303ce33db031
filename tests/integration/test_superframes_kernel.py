"""
Superframes of a real kernel: what a host sends through one tap, cut into chunks, comes out of another host's as it
was sent.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import select
import socket
import struct
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest

from wand.counters import Counters
from wand.superframes.assembling import Assembler
from wand.superframes.checksum import completeChecksum
from wand.superframes.cutting import CHUNK, Cutter, superframeOf
from wand.superframes.parity import PARITY, paritiesOf
from wand.superframes.virtio import (
    GSO_ECN,
    GSO_TCPV4,
    GSO_TCPV6,
    GSO_UDP_L4,
    HEADER_SIZE,
    IFF_VNET_HDR,
    NEEDS_CSUM,
    READ_SIZE,
    VirtioHeader,
    agreeOffloads,
)
from wand.testing.kernel import PrivateNetwork
from wand.underlay.slots import Slots

ROOM = 1_412
STRIDE = 1_500
BATCH = 128
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
UDP_SEGMENT = 103
STREAM = bytes(range(256)) * 16_384  # 4 MiB
BURSTS = 60
DATAGRAM = 1_200
TAG = b"\x81\0\0\5"
FLOW_PATIENCE = 120.0

CONFIGURATION = """
sysctl -qw net.ipv6.conf.wan0.accept_dad=0
ip link set wan0 address 02:00:00:00:00:0{number} up
ip address add 10.1.0.{number}/24 dev wan0
ip address add fd01::{number}/64 dev wan0 nodad
ip neighbour add 10.1.0.{other} lladdr 02:00:00:00:00:0{other} dev wan0
ip neighbour add fd01::{other} lladdr 02:00:00:00:00:0{other} dev wan0
"""


class Host:
    """
    A host with nothing but a tap, in a network namespace of its own, and unbound sockets of its programs.
    """

    def __init__(self, number: int, offloads: bool = True) -> None:
        self.offloads = offloads
        self.buffer = memoryview(bytearray(READ_SIZE))
        self.seen: Counter[int] = Counter()
        with PrivateNetwork():
            self.tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            fcntl.ioctl(self.tap, TUNSETIFF, struct.pack("16sH22x", b"wan0", IFF_TAP_NO_PI | IFF_VNET_HDR))
            self.agreed = agreeOffloads(self.tap) if offloads else ()
            for command in CONFIGURATION.strip().format(number=number, other=3 - number).splitlines():
                subprocess.run(command.split(), check=True, capture_output=True)
            self.tcp = {
                "10.1.0.{}": socket.socket(socket.AF_INET, socket.SOCK_STREAM),
                "fd01::{}": socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
            }
            self.udp = {
                "10.1.0.{}": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
                "fd01::{}": socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
            }
        for opened in [*self.tcp.values(), *self.udp.values()]:
            opened.setblocking(False)

    def close(self) -> None:
        """
        Let the namespace go.
        """
        for opened in [*self.tcp.values(), *self.udp.values()]:
            opened.close()
        os.close(self.tap)


class Wire:
    """
    Carries frames between two hosts, cut and joined as nodes do.
    """

    def __init__(self, one: Host, two: Host, loss: float = 0.0, disorder: float = 0.0, tagged: bool = False) -> None:
        self.tagged = tagged
        self.ways = ((one, two), (two, one))
        self.loss = loss
        self.disorder = disorder
        self.random = Random(1)
        self.counters = Counters()
        self.cutter = Cutter()
        self.slots = Slots(STRIDE, memoryview(bytearray(BATCH * STRIDE)))
        self.joiner = Assembler(self.slots, 1_518, self.counters)
        self.stretches = 0
        self.parity = False

    def carry(self) -> None:
        """
        Carry what is there, and wait a little if nothing is.
        """
        ready, _, _ = select.select([one.tap for one, _ in self.ways], [], [], 0.005)
        for sender, receiver in self.ways:
            for _ in range(8 if sender.tap in ready else 0):
                try:
                    size = os.readv(sender.tap, [sender.buffer])
                except BlockingIOError:
                    break
                virtio, frame = VirtioHeader.read(sender.buffer), sender.buffer[HEADER_SIZE:size]
                if self.tagged:
                    virtio, frame = _tagged(virtio, frame)
                self._frame(sender, receiver, virtio, frame)

    def _frame(self, sender: Host, receiver: Host, virtio: VirtioHeader, frame: memoryview) -> None:
        sender.seen[virtio.gsoType & ~GSO_ECN] += 1
        if virtio.gsoType or len(frame) >= ROOM:
            superframe = superframeOf(virtio, frame)
            assert superframe is not None, (virtio, bytes(frame[:80]))
            chunks = self.cutter.cut(superframe, ROOM)
            assert chunks
            if self.parity:
                chunks[:0] = paritiesOf(superframe, chunks)
            self._plaintexts(receiver, [bytes(each) for each in chunks])
        else:
            if virtio.flags & NEEDS_CSUM:
                completed = bytearray(frame)
                assert completeChecksum(completed, virtio.checksumStart, virtio.checksumOffset)
                frame = memoryview(completed)
            self._write(receiver, [bytes(HEADER_SIZE), frame])

    def _plaintexts(self, receiver: Host, plaintexts: list[bytes]) -> None:
        plaintexts = [each for each in plaintexts if self.random.random() >= self.loss]
        for index in range(len(plaintexts) - 1):
            if self.random.random() < self.disorder:
                plaintexts[index], plaintexts[index + 1] = plaintexts[index + 1], plaintexts[index]
        for slot, each in enumerate(plaintexts):
            self.slots.view[slot * STRIDE : slot * STRIDE + len(each)] = each
        chunks = [slot for slot, each in enumerate(plaintexts) if each[0] == CHUNK]
        parities = [(slot, len(each)) for slot, each in enumerate(plaintexts) if each[0] == PARITY]
        for stretch in self.joiner.join(chunks, [len(plaintexts[slot]) for slot in chunks], parities):
            self.stretches += 1
            if receiver.offloads:
                self._write(receiver, stretch.offloaded())
            else:
                for frame in stretch.frames():
                    self._write(receiver, [bytes(HEADER_SIZE), frame])

    def _write(self, host: Host, parts: list[bytes | bytearray | memoryview]) -> None:
        with suppress(BlockingIOError):
            os.writev(host.tap, _untagged(parts) if self.tagged else parts)


def _tagged(virtio: VirtioHeader, frame: memoryview) -> tuple[VirtioHeader, memoryview]:
    """
    Put a VLAN tag into a frame, as a switch does between a host and a trunk.
    """
    longer = virtio._replace(headerLength=virtio.headerLength + 4, checksumStart=virtio.checksumStart + 4)
    return longer, memoryview(bytes(frame[:12]) + TAG + frame[12:])


def _untagged(parts: list[bytes | bytearray | memoryview]) -> list[bytes | bytearray | memoryview]:
    """
    Take the tag out again.
    """
    virtio, frame = VirtioHeader.read(parts[0]), b"".join(parts[1:])
    assert frame[12:16] == TAG
    if virtio.flags:
        virtio = virtio._replace(headerLength=virtio.headerLength - 4, checksumStart=virtio.checksumStart - 4)
    return [virtio.octets(), frame[:12] + frame[16:]]


class Stream:
    """
    A TCP connection through which one host sends octets to another.
    """

    def __init__(self, one: Host, two: Host, address: str, wire: Wire, congestion: bytes | None) -> None:
        listener, self.sender = two.tcp[address], one.tcp[address]
        if congestion:
            self.sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion)
        listener.bind((address.format(2), 0))
        listener.listen()
        self.sender.connect_ex(listener.getsockname()[:2])
        while not select.select([listener], [], [], 0)[0]:
            wire.carry()
        self.receiver, _ = listener.accept()
        self.receiver.setblocking(False)
        self.left = memoryview(STREAM)
        self.received = 0
        self.hash = hashlib.sha256()

    def turn(self) -> bool:
        """
        Send and receive what goes at once.

        @return: whether all is done.
        """
        try:
            while self.left:
                self.left = self.left[self.sender.send(self.left[:262_144]) :]
        except BlockingIOError:
            pass
        try:
            while octets := self.receiver.recv(1 << 20):
                self.hash.update(octets)
                self.received += len(octets)
        except BlockingIOError:
            pass
        return self.received == len(STREAM)

    def close(self) -> None:
        """
        Close the accepted end; the other is the host's.
        """
        self.receiver.close()


class Datagrams:
    """
    Bursts of UDP datagrams, each sent as one superframe.
    """

    def __init__(self, one: Host, two: Host, address: str, wire: Wire) -> None:
        self.sender, self.receiver = one.udp[address], two.udp[address]
        self.receiver.bind((address.format(2), 0))
        self.receiver.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.sender.connect(self.receiver.getsockname()[:2])
        while not select.select([self.receiver], [], [], 0)[0]:  # the kernel takes its time with IPv6
            self.sender.send(b"ready?")
            wire.carry()
        self.sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, DATAGRAM)
        self.sent: set[bytes] = set()
        self.received: list[bytes] = []
        self.bursts = 0

    def turn(self) -> bool:
        """
        Send a burst, and receive what is there.
        """
        if self.bursts < BURSTS:
            datagrams = [struct.pack(">II", self.bursts, index) * (DATAGRAM // 8) for index in range(45)]
            datagrams[-1] = datagrams[-1][: 8 + self.bursts * 8]
            self.sender.send(b"".join(datagrams))
            self.sent.update(datagrams)
            self.bursts += 1
        try:
            while datagram := self.receiver.recv(2_000):
                if datagram != b"ready?":
                    self.received.append(datagram)
        except BlockingIOError:
            pass
        return self.bursts == BURSTS


@pytest.fixture(params=[True, False], ids=["offloads", "no offloads"])
def hosts(request: pytest.FixtureRequest) -> Iterator[tuple[Host, Host]]:
    """
    Two hosts; the tap of the second has offloads or not.
    """
    one, two = Host(1), Host(2, request.param)
    yield one, two
    one.close()
    two.close()


def _run(wire: Wire, *flows: Stream | Datagrams) -> None:
    """
    Let everything flow, and see that nothing stalls.
    """
    deadline = time.monotonic() + FLOW_PATIENCE
    while sum(flow.turn() for flow in flows) < len(flows):  # every one has its turn
        wire.carry()
        assert time.monotonic() < deadline, f"stalled: {vars(flows[0])}"
    for _ in range(20):
        wire.carry()
        for flow in flows:
            flow.turn()


PATHS = [(0.0, 0.0), (0.01, 0.0), (0.002, 0.05)]


@pytest.mark.parametrize(("loss", "disorder"), PATHS)
@pytest.mark.parametrize(
    ("address", "gsoType", "tagged"),
    [("10.1.0.{}", GSO_TCPV4, False), ("fd01::{}", GSO_TCPV6, False), ("10.1.0.{}", GSO_TCPV4, True)],
)
def test_streamsArriveWhole(
    hosts: tuple[Host, Host], address: str, gsoType: int, tagged: bool, loss: float, disorder: float
) -> None:
    """
    What goes through a TCP connection, tagged or not, arrives whole whatever becomes of the chunks.
    """
    wire = Wire(*hosts, loss, disorder, tagged)
    stream = Stream(*hosts, address, wire, b"cubic")
    _run(wire, stream)
    stream.close()
    assert stream.hash.digest() == hashlib.sha256(STREAM).digest()
    assert hosts[0].seen[gsoType] > 50
    assert not any(wire.counters.values()), wire.counters


@pytest.mark.parametrize("address", ["10.1.0.{}", "fd01::{}"])
def test_parity(hosts: tuple[Host, Host], address: str) -> None:
    """
    What goes through a TCP connection arrives whole where lost chunks are made again, and so does most of UDP.
    """
    wire = Wire(*hosts, 0.01, 0.01)
    wire.parity = True
    flows = Stream(*hosts, address, wire, b"cubic"), Datagrams(*hosts, address, wire)
    _run(wire, *flows)
    stream, datagrams = flows
    stream.close()
    assert stream.hash.digest() == hashlib.sha256(STREAM).digest()
    assert set(datagrams.received) <= datagrams.sent
    assert len(datagrams.received) == len(set(datagrams.received))
    assert len(datagrams.received) >= len(datagrams.sent) * 0.98
    assert {name for name, count in wire.counters.items() if count} == {"chunks-rebuilt"}


@pytest.mark.parametrize(("loss", "disorder"), PATHS)
@pytest.mark.parametrize("address", ["10.1.0.{}", "fd01::{}"])
def test_datagramsArriveWhole(hosts: tuple[Host, Host], address: str, loss: float, disorder: float) -> None:
    """
    UDP datagrams that leave as superframes arrive as the datagrams they were; only lost chunks are missing.
    """
    wire = Wire(*hosts, loss, disorder)
    datagrams = Datagrams(*hosts, address, wire)
    _run(wire, datagrams)
    assert set(datagrams.received) <= datagrams.sent
    assert len(datagrams.received) == len(set(datagrams.received))
    assert len(datagrams.received) >= len(datagrams.sent) * (0.95 if loss else 1)
    assert hosts[0].seen[GSO_UDP_L4] >= BURSTS
    assert not any(wire.counters.values()), wire.counters


@pytest.mark.parametrize("congestion", [b"cubic", None], ids=["cubic", "the system's"])
def test_mixedTrafficDoesNotStall(hosts: tuple[Host, Host], congestion: bytes | None) -> None:
    """
    TCP and UDP, in IPv4 and IPv6, all at once on a path that loses chunks, go on to the end.
    """
    wire = Wire(*hosts, 0.002, 0.01)
    streams = [Stream(*hosts, address, wire, congestion) for address in hosts[0].tcp]
    datagrams = [Datagrams(*hosts, address, wire) for address in hosts[0].udp]
    _run(wire, *streams, *datagrams)
    for stream in streams:
        stream.close()
        assert stream.hash.digest() == hashlib.sha256(STREAM).digest()
    for flow in datagrams:
        assert set(flow.received) <= flow.sent


def test_everyOffloadIsAgreed(hosts: tuple[Host, Host]) -> None:
    """
    A kernel since 6.2 agrees to all offloads.
    """
    assert hosts[0].agreed == ("CSUM", "TSO4", "TSO6", "ECN", "USO")
