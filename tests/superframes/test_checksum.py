"""
Checksums.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.superframes.checksum import completeChecksum, onesSum
from wand.testing.packets import Packet, slowSum


class ChecksumTests(SynchronousTestCase):
    """
    Sums by division are those by addition.
    """

    @given(st.binary(max_size=3_000))
    def test_sum(self, octets: bytes) -> None:
        """
        The sum is that of the words, up to the two forms of zero.
        """
        self.assertEqual(onesSum(octets), slowSum(octets) % 0xFFFF)

    def test_rfc1071(self) -> None:
        """
        The sum of the example in RFC 1071, section 3.
        """
        self.assertEqual(onesSum(bytes.fromhex("0001f203f4f5f6f7")), 0xDDF2)

    @given(st.binary(max_size=99), st.booleans(), st.booleans())
    def test_completed(self, payload: bytes, isIPv4: bool, isTCP: bool) -> None:
        """
        A partial checksum is completed to the one of the frame that was built whole.
        """
        packet = Packet(payload=payload, gsoSize=100, isIPv4=isIPv4, isTCP=isTCP)
        virtio, partial = packet.superframe()
        frame = bytearray(partial)
        self.assertTrue(completeChecksum(frame, virtio.checksumStart, virtio.checksumOffset))
        self.assertEqual(frame, packet.segment(0, len(payload)))

    def test_zero(self) -> None:
        """
        A UDP checksum that comes out as zero is sent as 65,535, for zero means none (RFC 768).
        """
        zero = next(
            packet
            for packet in (Packet(payload=word.to_bytes(2, "big"), isTCP=False) for word in range(0x10000))
            if packet.segment(0, 2)[40:42] == b"\xff\xff"
        )
        virtio, partial = zero.superframe()
        frame = bytearray(partial)
        completeChecksum(frame, virtio.checksumStart, virtio.checksumOffset)
        self.assertEqual(frame[40:42], b"\xff\xff")

    def test_outside(self) -> None:
        """
        A checksum outside the frame is not completed.
        """
        for start, offset in ((0, 9), (10, 6), (65_535, 65_535)):
            frame = bytearray(10)
            self.assertFalse(completeChecksum(frame, start, offset))
            self.assertEqual(frame, bytes(10))
