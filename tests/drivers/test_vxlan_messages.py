"""
Tests for L{wand.drivers.vxlan_messages}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.vxlan_messages import KIND, Message, Place, messageIn
from wand.ethernet import HEADER_SIZE, MAC

macs = st.binary(min_size=6, max_size=6)
hosts = st.ip_addresses(v=4).filter(lambda host: int(host) >> 24 not in (0, 127) and int(host) >> 24 < 224).map(str)
places = st.builds(Place, hosts, st.integers(1, 65535), st.integers(0, (1 << 24) - 1))
messages = st.builds(Message, st.booleans(), st.booleans(), st.binary(min_size=8, max_size=8), macs.map(MAC), places)


class MessageTests(SynchronousTestCase):
    """
    What is written is read, and nothing else is taken for a message.
    """

    @given(messages, macs, macs, st.integers(68, 9000))
    def test_bothWays(self, message: Message, receiver: bytes, sender: bytes, mtu: int) -> None:
        """
        What was written is read, and is as long as frames may be.
        """
        frame = message.frame(receiver, sender, mtu)
        self.assertEqual(HEADER_SIZE + mtu, len(frame))
        self.assertEqual(receiver + sender, frame[:12])
        self.assertEqual(message, messageIn(frame))
        self.assertEqual(message, messageIn(memoryview(frame)))

    @given(st.binary(max_size=200), st.booleans())
    def test_anythingIsReadOrRefused(self, octets: bytes, isOurs: bool) -> None:
        """
        Whatever arrives, nothing raises.
        """
        messageIn(bytes(12) + KIND + b"wandVXL1" + octets if isOurs else octets)

    @given(messages, st.data())
    def test_cutMessages(self, message: Message, data: st.DataObject) -> None:
        """
        A message that was cut before its end is none.
        """
        frame = message.frame(bytes(6), bytes(6), 68)
        self.assertIsNone(messageIn(frame[: data.draw(st.integers(0, HEADER_SIZE + 33))]))

    def test_placesOfNobody(self) -> None:
        """
        Nobody is at an address of this host itself, of a group or of nothing.
        """
        for host in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"):
            message = Message(True, False, bytes(8), MAC(bytes(6)), Place(host, 4789, 1))
            self.assertIsNone(messageIn(message.frame(bytes(6), bytes(6), 100)), host)
