"""
Tests for L{wand.superframes.parity}, and of joining with parities.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.superframes.assembling import Assembler
from wand.superframes.cutting import CHUNK, CHUNKS_MAXIMUM, PREFIX, Cutter, superframeOf
from wand.superframes.parity import PARITY, classesOf, paritiesOf, unfinished
from wand.superframes.stretch import Stretch
from wand.testing.packets import Packet
from wand.underlay.slots import Slots

STRIDE = 1500
OCTETS = bytes(range(251)) * 262
TCP = Packet(payload=OCTETS[:60_000])
UDP = Packet(payload=OCTETS[:20_000], isTCP=False, gsoSize=300)


class Way:
    """
    A way from a sender to a receiver.
    """

    def __init__(self) -> None:
        self.counters = Counters()
        self.cutter = Cutter()
        self.slots = Slots(STRIDE, memoryview(bytearray(256 * STRIDE)))
        self.joiner = Assembler(self.slots, 70_000, self.counters)

    def plaintexts(self, packet: Packet, room: int = 1440) -> tuple[list[bytes], list[bytes]]:
        """
        The parities and the chunks of a superframe.
        """
        virtio, frame = packet.superframe()
        superframe = superframeOf(virtio, memoryview(frame))
        assert superframe is not None
        chunks = self.cutter.cut(superframe, room)
        parities = paritiesOf(superframe, chunks) if chunks else []
        return list(map(bytes, parities)), list(map(bytes, chunks))

    def fill(self, plaintexts: Sequence[bytes]) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """
        Let plaintexts arrive.

        @return: slots and sizes of the chunks; those of the parities.
        """
        self.slots.view[:] = b"\xdd" * len(self.slots.view)
        for slot, each in enumerate(plaintexts):
            self.slots.view[slot * STRIDE : slot * STRIDE + len(each)] = each
        chunks = [slot for slot, each in enumerate(plaintexts) if each[0] == CHUNK]
        parities = [(slot, len(each)) for slot, each in enumerate(plaintexts) if each[0] == PARITY]
        return chunks, [len(plaintexts[slot]) for slot in chunks], parities

    def join(self, plaintexts: Sequence[bytes]) -> list[Stretch]:
        """
        Let plaintexts arrive in one batch.
        """
        return self.joiner.join(*self.fill(plaintexts))

    def dropped(self) -> dict[str, int]:
        """
        What was dropped.
        """
        return {name: count for name, count in self.counters.items() if count and name.startswith("drop")}


def octetsOf(stretches: Sequence[Stretch]) -> list[tuple[int, bytes]]:
    """
    Offset and payload of each stretch.
    """
    return [(stretch.offset, b"".join(stretch.pieces)) for stretch in stretches]


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    """
    TCP and UDP, IPv4 and IPv6.
    """
    isTCP, gsoSize = draw(st.booleans()), draw(st.integers(48, 1_300))
    total = draw(st.integers(1, 62_000) if isTCP else st.integers(gsoSize + 1, min(60_000, gsoSize * 128)))
    return Packet(
        payload=draw(st.randoms(use_true_random=False)).randbytes(total),
        isTCP=isTCP,
        isIPv4=draw(st.booleans()),
        gsoSize=min(gsoSize, total),
        tcpOptions=b"\1" * 4 * draw(st.integers(0, 10)),
    )


class LossTests(SynchronousTestCase):
    """
    What is lost is made again, if it can be.
    """

    @settings(max_examples=150, deadline=None)
    @given(packets(), st.integers(700, STRIDE), st.data())
    def test_oneOfEachClass(self, packet: Packet, room: int, data: st.DataObject) -> None:
        """
        Of every class one chunk or the parity may be lost: the superframe arrives whole, in one piece, as if nothing
        were.
        """
        way = Way()
        parities, chunks = way.plaintexts(packet, room)
        if not parities:
            return
        whole = [bytes(b"".join(each.offloaded())) for each in way.join(chunks)]
        arrived = set(parities + chunks)
        for number, parity in enumerate(parities):
            members = [parity, *chunks[number :: len(parities)]]
            arrived -= {data.draw(st.sampled_from([b"", *members]))}
        batch = [each for each in parities + chunks if each in arrived]
        self.assertEqual([b"".join(each.offloaded()) for each in way.join(batch)], whole)
        self.assertEqual(way.counters["chunks-rebuilt"], len(chunks) - len(arrived & set(chunks)))
        self.assertEqual(way.dropped(), {})

    @settings(max_examples=150, deadline=None)
    @given(packets(), st.integers(700, STRIDE), st.data())
    def test_whateverIsLost(self, packet: Packet, room: int, data: st.DataObject) -> None:
        """
        Whatever is lost, late or mixed with another superframe: what arrived is delivered, each octet once, and
        all that is delivered is right.
        """
        way = Way()
        plaintexts = list(chain(*way.plaintexts(packet, room)))
        other = list(chain(*way.plaintexts(UDP)))
        arrived = data.draw(st.lists(st.sampled_from(plaintexts or other), unique=True, max_size=80))
        if data.draw(st.booleans()):
            arrived.sort(key=(plaintexts or other).index)
        for each in other[: data.draw(st.integers(0, len(other)))]:
            if each not in arrived:
                arrived.insert(data.draw(st.integers(0, len(arrived))), each)
        stretches = way.join(arrived)
        for name in (packet, UDP):
            total = len(name.payload)
            mine = octetsOf([each for each in stretches if each.headers.total == total])
            self.assertEqual(
                [name.payload[first : first + len(each)] for first, each in mine], [each for _, each in mine]
            )
            mine.sort()
            for (first, each), (second, _) in pairwise(mine):
                self.assertLessEqual(first + len(each), second)
        self.assertEqual(way.dropped(), {})
        delivered = sum(len(each) for _, each in octetsOf(stretches))
        heads = {len(packet.payload): packet.headersSize, len(UDP.payload): UDP.headersSize}
        sent = sum(len(each) - 10 - heads[int.from_bytes(each[5:7], "big")] for each in arrived if each[0] == CHUNK)
        self.assertGreaterEqual(delivered, sent)

    def test_twoOfAClass(self) -> None:
        """
        Of a class that lost two nothing is made again; of the others it is.
        """
        way = Way()
        parities, chunks = way.plaintexts(TCP)
        self.assertEqual(len(parities), 3)
        stretches = way.join(parities + chunks[:3] + chunks[4:6] + chunks[7:10] + chunks[11:])
        self.assertEqual(way.counters["chunks-rebuilt"], 1)
        self.assertEqual(len(stretches), 3)

    def test_burst(self) -> None:
        """
        As many in a row as there are classes are made again, wherever they were.
        """
        way = Way()
        parities, chunks = way.plaintexts(TCP)
        for first in range(len(chunks) - 2):
            self.assertEqual(octetsOf(way.join(parities + chunks[:first] + chunks[first + 3 :])), [(0, TCP.payload)])

    def test_severalSuperframes(self) -> None:
        """
        Superframes of one batch are made whole each with its own parities, in their order.
        """
        way = Way()
        batch: list[bytes] = []
        for lost in (0, 10, 20):
            parities, chunks = way.plaintexts(UDP)
            batch += parities + chunks[:lost] + chunks[lost + 1 :]
        self.assertEqual(octetsOf(way.join(batch)), [(0, UDP.payload)] * 3)


class LieTests(SynchronousTestCase):
    """
    Parities of a member that is not honest.
    """

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 200), st.integers(1, 119), st.integers(0, 255)), max_size=6),
        st.lists(st.binary(max_size=STRIDE - 1), max_size=6),
        st.sets(st.integers(0, 43)),
        st.sampled_from([TCP, UDP]),
    )
    def test_intactChunksArrive(
        self, lies: list[tuple[int, int, int]], noise: list[bytes], lost: set[int], packet: Packet
    ) -> None:
        """
        With any octets of parities changed, parities cut short, and noise for parities: what intact chunks deliver is
        delivered, and where nothing is missing nothing else is.
        """
        way = Way()
        parities, chunks = way.plaintexts(packet)
        for which, where, octet in lies:
            parity = bytearray(parities[which % len(parities)])
            parity[min(where, len(parity) - 1)] = octet
            parities[which % len(parities)] = bytes(parity[: octet * 7 or None] if where > 100 else parity)
        parities += [bytes([PARITY]) + each for each in noise]
        arrived = [each for index, each in enumerate(chunks) if index not in lost]
        plain = octetsOf(way.join(arrived))
        stretches = octetsOf(way.join(parities + arrived))
        if len(arrived) == len(chunks):
            self.assertEqual(stretches, plain)
        delivered = {first + at: octet for first, each in stretches for at, octet in enumerate(each)}
        for first, each in plain:
            self.assertEqual(bytes(delivered[first + at] for at in range(len(each))), each)
        self.assertLessEqual(len(delivered), len(packet.payload))

    def test_manyOfOneClass(self) -> None:
        """
        Parities of one class make one chunk, however many there are; one of a class that cannot be is counted.
        """
        way = Way()
        parities, chunks = way.plaintexts(TCP)
        stretches = way.join([parities[1]] * 50 + chunks[:4] + chunks[5:])
        self.assertEqual(octetsOf(stretches), [(0, TCP.payload)])
        self.assertEqual(way.counters["chunks-rebuilt"], 1)
        beyond = parities[0][:1] + (3 * 1_364).to_bytes(2, "big") + parities[0][3:]
        way.join([beyond, parities[0][:-1], parities[0][:80], *chunks[1:]])
        self.assertEqual(way.dropped(), {"drop-parity-malformed": 2})

    def test_alone(self) -> None:
        """
        Parities without chunks make no frame.
        """
        way = Way()
        parities, _ = way.plaintexts(TCP)
        self.assertEqual(way.join(parities), [])

    def test_lieIsChecked(self) -> None:
        """
        What is made again is checked like a chunk that came: in UDP it begins and ends where datagrams do.
        """
        way = Way()
        parities, chunks = way.plaintexts(UDP)
        piece = len(chunks[0]) - PREFIX - UDP.headersSize
        self.assertEqual(piece % 300, 0)
        short = [parities[0][:-1], chunks[0][:-1]]
        self.assertEqual(way.join(short), [])
        self.assertEqual(way.dropped(), {"drop-chunk-malformed": 1})


class SizeTests(SynchronousTestCase):
    """
    How much parity there is.
    """

    def test_classes(self) -> None:
        """
        A parity for every sixteen chunks; none for one chunk, nor where slots would not do.
        """
        for count, classes in ((1, 0), (2, 1), (16, 1), (17, 2), (44, 3), (120, 8), (121, 0)):
            self.assertEqual(classesOf(count * 520, 520), (count, classes))
            self.assertEqual(classesOf(count * 520 - 1, 520), (count, classes))
        for total in range(1, 0x10000, 97):
            count, classes = classesOf(total, 512)
            self.assertLessEqual(count + classes, CHUNKS_MAXIMUM if classes else CHUNKS_MAXIMUM + 1)

    def test_oneChunk(self) -> None:
        """
        A superframe in one chunk has no parity.
        """
        self.assertEqual(Way().plaintexts(Packet(payload=OCTETS[:900]))[0], [])

    def test_size(self) -> None:
        """
        Parities are as long as whole chunks, so that they share their train.
        """
        parities, chunks = Way().plaintexts(TCP)
        self.assertEqual({len(each) for each in parities}, {len(chunks[0])})


class UnfinishedTests(SynchronousTestCase):
    """
    Whether more of the last superframe is to come.
    """

    def unfinished(self, *plaintexts: bytes) -> int | None:
        """
        Where the superframe begins that is not there yet.
        """
        chunks, sizes, parities = self.way.fill(plaintexts)
        return unfinished(self.way.slots, chunks, sizes, parities)

    def test_unfinished(self) -> None:
        """
        A superframe with parity is waited for until its last chunk came, or something else.
        """
        self.way = Way()
        parities, chunks = self.way.plaintexts(TCP)
        others, rest = self.way.plaintexts(TCP)
        _, single = self.way.plaintexts(Packet(payload=OCTETS[:900]))
        self.assertIsNone(self.unfinished(*parities, *chunks))
        self.assertIsNone(self.unfinished(*parities, *chunks[:5], chunks[-1]))
        self.assertIsNone(self.unfinished(*parities, *chunks[:5], single[0]))
        self.assertEqual(self.unfinished(*parities), 0)
        self.assertEqual(self.unfinished(*parities, *chunks[:-1]), 0)
        self.assertEqual(self.unfinished(*parities, *chunks[:9], *others, *rest[:9]), 12)
        self.assertEqual(self.unfinished(*parities, *chunks, *others), 47)
