"""
Gathering: TCP segments become a superframe again.
"""

from __future__ import annotations

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.superframes.gathering import gathered
from wand.testing.packets import ACK, CWR, ECE, FIN, PSH, SYN, URG, Packet
from wand.underlay.slots import Slots

PAYLOAD = bytes(range(251)) * 40  # 10,040 octets: 8 segments and a short one
LINE = Packet(payload=PAYLOAD, gsoSize=1_200, flags=ACK)
START = 2


def train(segments: list[bytes], spare: int = 1) -> tuple[Slots, int, int, int, int, int]:
    """
    Segments in slots, as C{gathered} takes them; the first slots are something else's.
    """
    size = max(map(len, segments))
    stride = START + size
    memory = bytearray(b"\xdd" * stride * (len(segments) + spare))
    for index, segment in enumerate(segments, spare):
        memory[index * stride + START : index * stride + START + len(segment)] = segment
    return Slots(stride, memoryview(memory)), START, spare, len(segments), size, len(segments[-1])


def outcome(segments: list[bytes]) -> int:
    """
    Gather segments, and see that what was gathered is what came.

    @return: how many were gathered.
    """
    stretch, run = gathered(*train(segments))
    assert 0 < run <= len(segments)
    if stretch is None:
        return 0
    assert run > 1
    made = [bytes(frame) for frame in stretch.frames()]
    assert _plain(made) == _plain(segments[:run]), run
    return run


def _plain(frames: list[bytes]) -> list[bytes]:
    """
    Frames without what a network may change on the way: IPv4's identification, and so its checksum.
    """
    return [frame[:18] + frame[20:24] + frame[26:] if frame[12:14] == b"\x08\0" else frame for frame in frames]


class GatheringTests(SynchronousTestCase):
    """
    Which segments are gathered.
    """

    def test_allOfASuperframe(self) -> None:
        """
        The segments of a superframe, IPv4 or IPv6, with and without tags and TCP options, become one again; the last
        may be shorter, and have PSH.
        """
        for change in (
            {},
            {"isIPv4": False},
            {"tags": ((0x8100, 5), (0x88A8, 6))},
            {"tcpOptions": b"\1\1\x08\x0a" + bytes(8)},
            {"flags": ACK | PSH},
            {"payload": PAYLOAD[:9_600]},
            {"ecn": 1},
            {"identification": 65_530},
        ):
            segments = attrs.evolve(LINE, **change).segments()
            self.assertEqual(outcome(segments), len(segments), change)

    def test_gatheredFrame(self) -> None:
        """
        What a host gets is the superframe as its sender's kernel made it.
        """
        for packet in (LINE, attrs.evolve(LINE, isIPv4=False, flags=ACK | PSH)):
            stretch, _ = gathered(*train(packet.segments()))
            assert stretch is not None
            virtio, frame = packet.superframe()
            offloaded = stretch.offloaded()
            self.assertEqual(offloaded[0], virtio.octets())
            self.assertEqual(b"".join(offloaded[1:]), frame)

    def test_flags(self) -> None:
        """
        Segments with other flags than ACK go alone; PSH ends what is gathered.
        """
        for flags in (ACK | SYN, ACK | FIN, ACK | URG, ACK | ECE, ACK | CWR, ACK | PSH, 0):
            segments = LINE.segments()
            for at, expected in ((0, 0), (3, 4 if flags == ACK | PSH else 3)):
                first = at * 1_200
                (odd,) = attrs.evolve(
                    LINE,
                    flags=flags,
                    sequence=LINE.sequence + first,
                    identification=LINE.identification + at,
                    payload=PAYLOAD[first : first + 1_200],
                ).segments()
                self.assertEqual(outcome([*segments[:at], odd, *segments[at + 1 :]]), expected, (flags, at))

    def test_gapsAndDisorder(self) -> None:
        """
        Where a segment is missing, late or doubled, the stretch ends.
        """
        segments = LINE.segments()
        self.assertEqual(outcome(segments[:3] + segments[4:]), 3)
        self.assertEqual(outcome([*segments[:3], segments[4], segments[3]]), 3)
        self.assertEqual(outcome([segments[0], segments[0], segments[1]]), 0)

    def test_otherFlow(self) -> None:
        """
        The segments of another connection, or other acknowledgements, are not mixed in.
        """
        segments, other = LINE.segments(), attrs.evolve(LINE, isIPv4=False, gsoSize=1_180).segments()
        self.assertEqual(outcome([*segments[:4], *other[4:6]]), 4)
        acknowledged = bytearray(segments[2])
        acknowledged[34 + 11] ^= 1
        self.assertEqual(outcome([*segments[:2], bytes(acknowledged)]), 2)

    def test_sequenceWraps(self) -> None:
        """
        Where the sequence number wraps around a stretch ends and the next begins.
        """
        segments = attrs.evolve(LINE, sequence=2**32 - 2_400).segments()
        self.assertEqual([outcome(segments), outcome(segments[2:])], [2, len(segments) - 2])

    def test_corrupt(self) -> None:
        """
        A segment that was damaged on the way is not hidden among good ones: wherever the damage is, it goes alone or
        nothing of it is lost.
        """
        segments = LINE.segments()[:3]
        for at in range(14, len(segments[1])):
            damaged = bytearray(segments[1])
            damaged[at] ^= 0x40
            run = outcome([segments[0], bytes(damaged), segments[2]])
            if not 18 <= at < 20 and not 24 <= at < 26:  # IPv4's identification and checksum are new
                self.assertEqual(run, 0, at)
            damagedFirst = bytearray(segments[0])
            damagedFirst[at] ^= 0x40
            self.assertEqual(outcome([bytes(damagedFirst), *segments[1:]]), 0, at)

    def test_others(self) -> None:
        """
        UDP, IPv4 with options, IPv6 with extensions, tiny segments and what is not IP at all go alone.
        """
        for change in (
            {"isTCP": False},
            {"options": bytes(4)},
            {"isIPv4": False, "extensions": ((60, bytes(6)),)},
            {"gsoSize": 40, "payload": PAYLOAD[:400]},
        ):
            self.assertEqual(outcome(attrs.evolve(LINE, **change).segments()), 0, change)
        self.assertEqual(outcome([bytes(1_000)] * 3), 0)
        self.assertEqual(outcome([bytes(14)] * 3), 0)

    def test_neverTooLong(self) -> None:
        """
        However many segments there are, the frame is one that IP can have.
        """
        segments = attrs.evolve(LINE, payload=bytes(80_000)).segments()
        run = outcome(segments)
        self.assertEqual(run, (65_535 - 54) // 1_200)

    def test_shortLast(self) -> None:
        """
        A last datagram that has no room for a payload is left alone.
        """
        segments = LINE.segments()[:4]
        for octets in (0, 14, 54):
            self.assertEqual(outcome([*segments, segments[0][:octets]]), 4)

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_whateverCameIsWhatIsGathered(self, data: st.DataObject) -> None:
        """
        In any row of frames, damaged ones among them, what is gathered stands for exactly the frames that came.
        """
        size = data.draw(st.integers(48, 400))
        packet = attrs.evolve(
            LINE,
            payload=PAYLOAD[: data.draw(st.integers(1, 4_000))],
            gsoSize=size,
            isIPv4=data.draw(st.booleans()),
            flags=data.draw(st.sampled_from([ACK, ACK | PSH, ACK | FIN])),
            sequence=data.draw(st.integers(0, 2**32 - 1)),
        )
        whole = packet.segments()
        segments = data.draw(st.lists(st.sampled_from(whole[:-1] or whole), max_size=3)) + whole
        for _ in range(data.draw(st.integers(0, 2))):
            index = data.draw(st.integers(0, len(segments) - 1))
            damaged = bytearray(segments[index])
            damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
            segments[index] = bytes(damaged)
        outcome(segments)
