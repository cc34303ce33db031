"""
Superframes that are cut into chunks and joined again, held against packets that were built one by one.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.superframes.assembling import Assembler
from wand.superframes.cutting import Cutter, superframeOf
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import GSO_ECN, GSO_UDP_L4, HEADER_SIZE, VirtioHeader
from wand.testing.packets import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Packet
from wand.underlay.slots import Slots

LONGEST = 1518
STRIDE = 1500
TIMESTAMPS = b"\1\1\x08\x0a" + bytes(range(8))
OCTETS = bytes(range(256)) * 256
TAG = ((0x8100, 0x2005),)
STACKED = ((0x88A8, 7), (0x8100, 42))
HOP_BY_HOP = (0, bytes([1, 4, 0, 0, 0, 0]))
ROUTING = (43, bytes([4, 0, 0, 0, 0, 0]) + bytes(16))
DESTINATION = (60, bytes([1, 12]) + bytes(12))


def superframe(packet: Packet) -> Stretch:
    virtio, frame = packet.superframe()
    stretch = superframeOf(virtio, memoryview(frame))
    assert stretch is not None
    return stretch


class Path:
    """
    A path from a sender to a receiver on which chunks may be lost, doubled or late.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self.counters = Counters()
        self.cutter = Cutter()
        self.slots = Slots(STRIDE, memoryview(bytearray(256 * STRIDE)))
        self.joiner = Assembler(self.slots, longest, self.counters)

    def chunks(self, packet: Packet, room: int = 1440) -> list[bytes]:
        return [bytes(chunk) for chunk in self.cutter.cut(superframe(packet), room)]

    def join(self, chunks: Sequence[bytes], first: int = 0) -> list[Stretch]:
        for slot, chunk in enumerate(chunks, first):
            self.slots.view[slot * STRIDE : slot * STRIDE + len(chunk)] = chunk
        return self.joiner.join(range(first, first + len(chunks)), [len(chunk) for chunk in chunks])

    def dropped(self) -> dict[str, int]:
        return {name: count for name, count in self.counters.items() if count}


def extents(chunks: Sequence[bytes]) -> list[tuple[int, int]]:
    """
    Offset and length of the payload of each chunk, read from the chunk as docs/dataplane.md says.
    """
    found = []
    for chunk in chunks:
        kind, offset, _, _, _, headers = struct.unpack_from(">BHHHHB", chunk)
        assert kind == 2
        found.append((offset, len(chunk) - 10 - headers))
    return found


CASES: dict[str, Packet] = {
    "TCP in IPv4": Packet(payload=OCTETS[:65_000], tcpOptions=TIMESTAMPS),
    "TCP in IPv6": Packet(payload=OCTETS[:65_000], isIPv4=False, gsoSize=1428, tcpOptions=TIMESTAMPS),
    "the longest IPv4 packet": Packet(payload=OCTETS[:65_495], gsoSize=1460),
    "the longest IPv6 packet": Packet(payload=OCTETS[:65_515], gsoSize=1440, isIPv4=False),
    "an odd length": Packet(payload=OCTETS[:10_001], gsoSize=1447),
    "a VLAN tag": Packet(payload=OCTETS[:20_000], tags=TAG),
    "stacked tags": Packet(payload=OCTETS[:20_000], tags=STACKED, isIPv4=False, gsoSize=1400),
    "IPv4 options": Packet(payload=OCTETS[:9_000], gsoSize=1400, options=b"\x94\4\0\0" + b"\1" * 8),
    "IPv6 extension headers": Packet(
        payload=OCTETS[:9_000], gsoSize=1300, isIPv4=False, extensions=(HOP_BY_HOP, ROUTING, DESTINATION)
    ),
    "FIN and PSH": Packet(payload=OCTETS[:9_000], flags=ACK | FIN | PSH),
    "CWR, ECE and ECT": Packet(payload=OCTETS[:9_000], flags=ACK | CWR | ECE | PSH, ecn=2),
    "a sequence number that wraps": Packet(payload=OCTETS[:9_000], sequence=2**32 - 3_000),
    "an identification that wraps": Packet(payload=OCTETS[:9_000], identification=65_534),
    "all zeros": Packet(payload=bytes(9_000)),
    "many TCP options": Packet(payload=OCTETS[:9_000], gsoSize=1400, tcpOptions=b"\1" * 40),
    "one segment": Packet(payload=OCTETS[:1_448], tcpOptions=TIMESTAMPS),
    "a small MSS": Packet(payload=OCTETS[:30_000], gsoSize=536),
    "UDP in IPv4": Packet(payload=OCTETS[:60_000], isTCP=False, gsoSize=1_200),
    "UDP in IPv6": Packet(payload=OCTETS[:60_001], isTCP=False, isIPv4=False, gsoSize=1_200),
    "small UDP, many in a chunk": Packet(payload=OCTETS[:6_405], isTCP=False, gsoSize=100, tags=TAG),
    "UDP of 128 datagrams": Packet(payload=OCTETS[:1_280], isTCP=False, gsoSize=10),
}


class SuperframeTests(SynchronousTestCase):
    """
    Every case of the table, on a good path.
    """

    def test_softwareSegments(self) -> None:
        """
        A superframe becomes the very frames that were built one by one.
        """
        for name, packet in CASES.items():
            frames = [bytes(frame) for frame in superframe(packet).frames()]
            self.assertEqual(frames, packet.segments(), name)

    def test_chunksFit(self) -> None:
        """
        Chunks fit the path and are of one size but for the last; together they hold the payload once.
        """
        path = Path()
        for name, packet in CASES.items():
            for room in (1_300, 1_440, 1_441):
                chunks = path.chunks(packet, room)
                self.assertTrue(chunks, name)
                self.assertLessEqual(max(map(len, chunks)), room, name)
                self.assertEqual({len(chunk) for chunk in chunks[:-1]} | {len(chunks[0])}, {len(chunks[0])}, name)
                end = 0
                for offset, length in extents(chunks):
                    self.assertEqual(offset, end, name)
                    end += length
                self.assertEqual(end, len(packet.payload), name)

    def test_joined(self) -> None:
        """
        What was cut is joined to the very frame and virtio header that the kernel gave.
        """
        path = Path()
        for name, packet in CASES.items():
            (stretch,) = path.join(path.chunks(packet))
            written = b"".join(stretch.offloaded())
            virtio, frame = packet.superframe()
            self.assertEqual(VirtioHeader.read(written), virtio, name)
            self.assertEqual(_canonical(written[HEADER_SIZE:], virtio), _canonical(frame, virtio), name)
        self.assertEqual(path.dropped(), {})

    def test_notCut(self) -> None:
        """
        What would need too many chunks, or chunks too small, is left to be cut in software.
        """
        path = Path()
        for packet in (
            Packet(payload=OCTETS[:65_000], gsoSize=40),
            Packet(payload=OCTETS[:9_000], isTCP=False, gsoSize=1_472),
            Packet(payload=OCTETS[:2_000], isTCP=False, gsoSize=10),
            Packet(payload=OCTETS[:9_000], isIPv4=False, extensions=((60, bytes(6 + 8 * 25)),)),
        ):
            self.assertEqual(path.chunks(packet), [])
            self.assertEqual([bytes(frame) for frame in superframe(packet).frames()], packet.segments())
        self.assertEqual(path.chunks(CASES["TCP in IPv4"], 500), [])

    def test_notSuperframes(self) -> None:
        """
        A frame whose header does not agree with it, or that stands for itself, is not a superframe.
        """
        packet = CASES["TCP in IPv4"]
        virtio, frame = packet.superframe()
        for wrong in (
            virtio._replace(flags=0),
            virtio._replace(gsoType=GSO_UDP_L4),
            virtio._replace(gsoType=3),
            virtio._replace(gsoSize=0),
            virtio._replace(checksumStart=30),
        ):
            self.assertIsNone(superframeOf(wrong, memoryview(frame)))
        self.assertIsNone(superframeOf(virtio, memoryview(frame)[:-1]))
        for flag in (SYN, RST, URG):
            virtio, frame = Packet(payload=OCTETS[:9_000], flags=ACK | flag).superframe()
            self.assertIsNone(superframeOf(virtio, memoryview(frame)))
        virtio, frame = Packet(payload=b"").superframe()
        self.assertIsNone(superframeOf(virtio, memoryview(frame)))

    def test_lossEndsAStretch(self) -> None:
        """
        A lost chunk costs its own octets; FIN and PSH stay with the last stretch and CWR with the first.
        """
        path = Path()
        packet = CASES["CWR, ECE and ECT"]
        chunks = path.chunks(packet)
        stretches = path.join(chunks[:2] + chunks[3:])
        self.assertEqual(len(stretches), 2)
        for stretch in stretches:
            virtio, frame = packet.partial(stretch.offset, stretch.length)
            written = b"".join(stretch.offloaded())
            self.assertEqual(VirtioHeader.read(written), virtio)
            self.assertEqual(_canonical(written[HEADER_SIZE:], virtio), _canonical(frame, virtio))
        self.assertTrue(VirtioHeader.read(stretches[0].offloaded()[0]).gsoType & GSO_ECN)

    def test_batchesNeedNotBeginAtTheFirst(self) -> None:
        """
        A superframe that arrives in two batches becomes two stretches.
        """
        path = Path()
        packet = CASES["TCP in IPv4"]
        chunks = path.chunks(packet)
        (head,) = path.join(chunks[:20], 3)
        self.assertEqual((head.offset, head.length), (0, sum(length for _, length in extents(chunks[:20]))))
        (tail,) = path.join(chunks[20:], 100)
        self.assertEqual((tail.offset, tail.length), (head.length, 65_000 - head.length))


def _canonical(frame: bytes, virtio: VirtioHeader) -> bytes:
    """
    The frame with one form of the ones' complement zero in its partial checksum.
    """
    field = virtio.checksumStart + virtio.checksumOffset
    checksum = int.from_bytes(frame[field : field + 2], "big") % 0xFFFF
    return frame[:field] + checksum.to_bytes(2, "big") + frame[field + 2 :]


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    isTCP = draw(st.booleans())
    isIPv4 = draw(st.booleans())
    gsoSize = draw(st.integers(48, 1_300))
    total = draw(st.integers(1, 60_000) if isTCP else st.integers(gsoSize + 1, min(60_000, gsoSize * 128)))
    return Packet(
        payload=draw(st.randoms(use_true_random=False)).randbytes(total),
        isTCP=isTCP,
        isIPv4=isIPv4,
        gsoSize=min(gsoSize, total),
        tags=draw(st.sampled_from(((), TAG, STACKED))),
        options=b"\1" * 4 * draw(st.integers(0, 10)),
        extensions=tuple(draw(st.lists(st.sampled_from((HOP_BY_HOP, ROUTING, DESTINATION)), max_size=3))),
        tcpOptions=b"\1" * 4 * draw(st.integers(0, 10)),
        flags=ACK | draw(st.integers(0, 255)) & (FIN | PSH | CWR | ECE | 16),
        ecn=draw(st.integers(0, 3)),
        identification=draw(st.integers(0, 65_535)),
        sequence=draw(st.integers(0, 2**32 - 1)),
    )


class PropertyTests(SynchronousTestCase):
    """
    What holds for every superframe and every fate of its chunks.
    """

    @settings(max_examples=150, deadline=None)
    @given(packets(), st.integers(1_000, STRIDE), st.data())
    def test_whatArrivedIsDelivered(self, packet: Packet, room: int, data: st.DataObject) -> None:
        """
        Whatever is lost, doubled, late or mixed with another superframe: what arrived is delivered, once, in frames
        that are the ones built one by one for these octets.
        """
        path = Path(longest=70_000)
        chunks = path.chunks(packet, room)
        if not chunks:
            return
        other = path.chunks(CASES["TCP in IPv6"], 1_440)
        arrived = data.draw(st.lists(st.sampled_from(chunks), min_size=1, max_size=len(chunks) + 3))
        if data.draw(st.booleans()):
            arrived = [chunk for chunk in chunks if chunk in arrived]
        mixed = [chunk for pair in zip(arrived, other, strict=False) for chunk in pair] + arrived[len(other) :]
        batch = mixed if data.draw(st.booleans()) else arrived
        stretches = [stretch for stretch in path.join(batch) if stretch.headers.total == len(packet.payload)]
        for stretch in stretches:
            self._checkStretch(packet, stretch)
        delivered = _octets([(stretch.offset, stretch.length) for stretch in stretches])
        sent = _octets(extents(arrived))
        self.assertEqual(delivered.keys(), sent.keys())
        self.assertLessEqual(delivered, sent)

    def _checkStretch(self, packet: Packet, stretch: Stretch) -> None:
        expected = [
            packet.segment(first, min(packet.gsoSize, stretch.offset + stretch.length - first))
            for first in range(stretch.offset, stretch.offset + stretch.length, packet.gsoSize)
        ]
        self.assertEqual([bytes(frame) for frame in stretch.frames()], expected)
        written = b"".join(stretch.offloaded())
        virtio, frame = packet.partial(stretch.offset, stretch.length)
        self.assertEqual(VirtioHeader.read(written), virtio)
        self.assertEqual(_canonical(written[HEADER_SIZE:], virtio), _canonical(frame, virtio))

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.binary(max_size=200), max_size=20))
    def test_noiseIsDropped(self, batch: list[bytes]) -> None:
        """
        Random octets never raise, and never become a frame.
        """
        path = Path()
        self.assertEqual(path.join([b"\2" + noise for noise in batch]), [])
        self.assertEqual(sum(path.counters.values()) > 0, bool(batch))

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=120), st.binary(min_size=10, max_size=10))
    def test_noiseFromTheKernel(self, frame: bytes, virtio: bytes) -> None:
        """
        Random octets from a tap never raise.
        """
        superframeOf(VirtioHeader.read(virtio), memoryview(frame))

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from(sorted(CASES)),
        st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 119), st.integers(0, 255)), min_size=1, max_size=4),
    )
    def test_liesNeverPass(self, name: str, lies: list[tuple[int, int, int]]) -> None:
        """
        Chunks with any octets of their heads changed become no frame that is too long or whose virtio header is
        wrong.
        """
        path = Path()
        chunks = path.chunks(CASES[name])
        for which, where, octet in lies:
            index = which % len(chunks)
            chunk = bytearray(chunks[index])
            chunk[min(where, len(chunk) - 1)] = octet
            chunks[index] = bytes(chunk)
        for stretch in path.join(chunks):
            written = b"".join(stretch.offloaded())
            virtio, frame = VirtioHeader.read(written), written[HEADER_SIZE:]
            self.assertLessEqual(stretch.offset + stretch.length, stretch.headers.total)
            self.assertEqual(virtio.headerLength + stretch.length, len(frame))
            self.assertLess(virtio.checksumStart + virtio.checksumOffset + 1, virtio.headerLength)
            for segment in stretch.frames():
                self.assertLessEqual(len(segment), LONGEST)
            if virtio.gsoType:
                again = superframeOf(virtio, memoryview(frame))
                assert again is not None
                self.assertEqual(list(again.frames()), list(stretch.frames()))


def _octets(extents: Sequence[tuple[int, int]]) -> Counter[int]:
    """
    How often every octet is there.
    """
    return Counter(octet for first, length in extents for octet in range(first, first + length))


class MaliceTests(SynchronousTestCase):
    """
    Chunks whose heads lie.
    """

    def setUp(self) -> None:
        """
        One good superframe.
        """
        self.path = Path()
        self.chunks = self.path.chunks(CASES["TCP in IPv4"])

    def lie(self, where: int, octets: bytes) -> dict[str, int]:
        """
        Change a chunk, and say what it was dropped for.
        """
        chunk = self.chunks[1][:where] + octets + self.chunks[1][where + len(octets) :]
        self.assertEqual(self.path.join([chunk]), [])
        return self.path.dropped()

    def test_offsetBeyond(self) -> None:
        """
        An offset beyond the payload is dropped.
        """
        self.assertEqual(self.lie(1, b"\xff\xff"), {"drop-chunk-malformed": 1})

    def test_totalTooLong(self) -> None:
        """
        A total that the IP header does not agree with is dropped.
        """
        self.assertEqual(self.lie(5, b"\xff\xff"), {"drop-chunk-foreign": 1})

    def test_noGSOSize(self) -> None:
        """
        Segments of no or hardly any size are dropped: they would make us work.
        """
        self.assertEqual(self.lie(7, b"\0\0"), {"drop-chunk-foreign": 1})
        self.assertEqual(self.lie(7, b"\0\1"), {"drop-chunk-foreign": 2})

    def test_tooLongForTheTap(self) -> None:
        """
        Segments longer than the MTU are dropped.
        """
        self.assertEqual(self.lie(7, b"\x40\0"), {"drop-chunk-oversize": 1})

    def test_headerSizes(self) -> None:
        """
        No headers, too few, and more than there is are dropped.
        """
        self.assertEqual(self.lie(9, b"\0"), {"drop-chunk-foreign": 1})
        self.assertEqual(self.lie(9, b"\x30"), {"drop-chunk-foreign": 2})
        self.assertEqual(self.path.join([self.chunks[0][:70]]), [])
        self.assertEqual(self.path.join([b"\2"]), [])
        self.assertEqual(self.path.dropped(), {"drop-chunk-foreign": 2, "drop-chunk-malformed": 2})

    def test_tinyPieces(self) -> None:
        """
        Pieces too small to be worth a chunk are dropped, but for the last.
        """
        self.assertEqual(self.path.join([self.chunks[0][:100]]), [])
        self.assertEqual(self.path.dropped(), {"drop-chunk-malformed": 1})
        self.assertEqual(len(self.path.join([self.chunks[-1]])), 1)

    def test_overlap(self) -> None:
        """
        Of chunks that overlap the first is taken.
        """
        shifted = self.chunks[1][:1] + (1_000).to_bytes(2, "big") + self.chunks[1][3:]
        (stretch,) = self.path.join([self.chunks[0], shifted])
        self.assertEqual(stretch.length, len(self.chunks[0]) - 76)
        self.assertEqual(self.path.dropped(), {"drop-chunk-overlapping": 1})

    def test_udpBoundaries(self) -> None:
        """
        A chunk that does not begin or end where a datagram does is dropped.
        """
        chunk = self.path.chunks(CASES["UDP in IPv4"])[1]
        self.assertEqual(self.path.join([chunk[:-1]]), [])
        self.assertEqual(self.path.join([chunk[:1] + (1_201).to_bytes(2, "big") + chunk[3:]]), [])
        self.assertEqual(self.path.dropped(), {"drop-chunk-malformed": 2})
