"""
Tests for L{wand.superframes.merging}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.superframes.cutting import framesOf
from wand.superframes.merging import Merger
from wand.testing.packets import Packet

OCTETS = bytes(range(256)) * 256


def merged(packets: list[Packet], peer: str = "peer") -> list[bytes]:
    """
    Merge packets as the transport does, and cut what comes of it into ordinary frames.
    """
    merger = Merger()
    frames: list[bytes] = []

    def take() -> None:
        if merger.count:
            frame, virtio = merger.take()
            frames.extend(bytes(each) for each in framesOf(virtio, frame))

    for packet in packets:
        virtio, octets = packet.superframe()
        frame = memoryview(bytearray(octets))
        if not merger.add(peer, frame, virtio):
            take()
            if not merger.begin(peer, frame, virtio):
                frames.extend(bytes(each) for each in framesOf(virtio, frame))
    take()
    return frames


class MergerTests(SynchronousTestCase):
    """
    What is merged and cut again is what it was.
    """

    @given(
        st.lists(
            st.builds(
                lambda size, isIPv4, isTCP, ecn, first: Packet(
                    payload=OCTETS[first : first + size], isIPv4=isIPv4, isTCP=isTCP, ecn=ecn
                ),
                size=st.sampled_from([1, 64, 64, 64, 65, 1_200]),
                isIPv4=st.booleans(),
                isTCP=st.sampled_from([False, False, False, True]),
                ecn=st.sampled_from([0, 0, 0, 1]),
                first=st.integers(0, 255),
            ),
            max_size=12,
        )
    )
    def test_sameFramesInTheSameOrder(self, packets: list[Packet]) -> None:
        """
        Whatever packets come, the receiver's host gets them all, in order; only the IPv4 identification is counted on.
        """
        expected = [packet.segment(0, len(packet.payload)) for packet in packets]
        self.assertEqual([withoutNumber(each) for each in merged(packets)], [withoutNumber(each) for each in expected])

    def test_oneSuperframe(self) -> None:
        """
        A row of equal packets becomes one superframe, which has the size of each in it.
        """
        merger = Merger()
        virtio, octets = Packet(payload=OCTETS[:64], isTCP=False).superframe()
        frame = memoryview(bytearray(octets))
        self.assertFalse(merger.add("peer", frame, virtio))
        self.assertTrue(merger.begin("peer", frame, virtio))
        self.assertTrue(merger.add("peer", frame, virtio))
        self.assertFalse(merger.add("another", frame, virtio))
        whole, header = merger.take()
        self.assertEqual((len(whole), header.gsoSize, merger.count), (42 + 128, 64, 0))

    def test_bounded(self) -> None:
        """
        A superframe has at most 128 datagrams, and no more octets than IP can say.
        """
        for size, most in ((64, 128), (1_400, 46)):
            merger = Merger()
            virtio, octets = Packet(payload=OCTETS[:size], gsoSize=2_000, isTCP=False).superframe()
            frame = memoryview(bytearray(octets))
            merger.begin("peer", frame, virtio)
            while merger.add("peer", frame, virtio):
                pass
            self.assertEqual(merger.count, most)


def withoutNumber(frame: bytes) -> bytes:
    """
    A frame without the fields that differ: IPv4 identification and the checksum over it.
    """
    return frame[:18] + frame[20:24] + frame[26:] if frame[12:14] == b"\x08\0" else frame
