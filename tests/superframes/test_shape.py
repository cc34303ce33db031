"""
Where the headers of a frame are.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.superframes.shape import Shape, shapeOf
from wand.testing.packets import ACK, RST, SYN, URG, Packet

TCP4 = Packet(payload=b"abc").segment(0, 3)
EXTENDED = Packet(payload=b"abc", isIPv4=False, extensions=((0, bytes(6)), (60, bytes(14)))).segment(0, 3)


def shape(frame: bytes) -> Shape | None:
    return shapeOf(frame, len(frame))


class ShapeTests(SynchronousTestCase):
    """
    Frames and their shapes.
    """

    def test_shapes(self) -> None:
        """
        Tags, options and extension headers move what follows them.
        """
        tags = ((0x88A8, 1), (0x8100, 2))
        self.assertEqual(shape(TCP4), Shape(14, True, 34, True, 54))
        self.assertEqual(shape(Packet(payload=b"a", isTCP=False).segment(0, 1)), Shape(14, True, 34, False, 42))
        self.assertEqual(shape(EXTENDED), Shape(14, False, 78, True, 98))
        tagged = Packet(payload=b"a", tags=tags, options=b"\1" * 8, tcpOptions=b"\1" * 12)
        self.assertEqual(shape(tagged.segment(0, 1)), Shape(22, True, 50, True, 82))
        self.assertEqual(shape(Packet(payload=b"").segment(0, 0)), Shape(14, True, 34, True, 54))

    def test_plainFrames(self) -> None:
        """
        Anything odd has no shape: other protocols, fragments, wrong versions and lengths, too many tags, TCP segments
        that stand for themselves.
        """
        for where, octet in (
            (12, 0x09),  # EtherType
            (14, 0x65),  # version
            (14, 0x44),  # header too short
            (17, 0x99),  # total length
            (20, 0x20),  # more fragments
            (21, 0x01),  # fragment offset
            (23, 1),  # ICMP
            (46, 0x40),  # TCP header too short
            (46, 0xF0),  # TCP header beyond the end
            (47, ACK | SYN),
            (47, ACK | RST),
            (47, ACK | URG),
        ):
            frame = bytearray(TCP4)
            frame[where] = octet
            self.assertIsNone(shape(bytes(frame)), (where, octet))
        for where, octet in ((14, 0x45), (19, 0x99), (20, 44), (20, 59), (54, 44), (55, 0xFF)):
            frame = bytearray(EXTENDED)
            frame[where] = octet
            self.assertIsNone(shape(bytes(frame)), (where, octet))
        self.assertIsNone(shape(Packet(payload=b"a", tags=((0x8100, 1),) * 5).segment(0, 1)))

    def test_padding(self) -> None:
        """
        A frame with octets behind its packet has no shape, nor has one whose end is missing.
        """
        for frame in (TCP4 + b"\0", TCP4[:-1], TCP4[:40], b""):
            self.assertIsNone(shape(frame))

    def test_headersAreEnough(self) -> None:
        """
        The headers alone have the shape of the whole frame; any fewer octets have none.
        """
        for frame in (TCP4, EXTENDED):
            size = len(frame) - 3
            self.assertEqual(shapeOf(frame[:size], len(frame)), shape(frame))
            for end in range(size):
                self.assertIsNone(shapeOf(frame[:end], len(frame)))

    @settings(max_examples=500, deadline=None)
    @given(st.sampled_from((TCP4, EXTENDED)), st.data())
    def test_damageNeverRaises(self, frame: bytes, data: st.DataObject) -> None:
        """
        A damaged frame has no shape, or one inside it.
        """
        damaged = bytearray(frame)
        for _ in range(data.draw(st.integers(1, 5))):
            damaged[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
        end = data.draw(st.integers(0, len(frame)))
        found = shapeOf(bytes(damaged[:end]), len(frame))
        if found is not None:
            self.assertLess(found.network, found.transport)
            self.assertLess(found.transport, found.payload)
            self.assertLessEqual(found.payload, end)
