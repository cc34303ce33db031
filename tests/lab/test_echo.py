"""
Tests for L{wand.lab.echo}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import binary, floats, integers
from twisted.trial.unittest import SynchronousTestCase

from wand.lab.echo import checksum, reply, request


def answered(message: bytes) -> bytes:
    """
    The IPv4 packet of the answer to a request.
    """
    return b"\x45" + bytes(19) + b"\0" + message[1:]


class EchoTests(SynchronousTestCase):
    """
    Requests and answers as RFC 792 has them.
    """

    @given(integers(0, 0xFFFF), integers(0, 0xFFFF), floats(0, 1e9))
    def test_answerIsMatched(self, identity: int, sequence: int, now: float) -> None:
        """
        The answer to a request says which it was and when it was sent.
        """
        message = request(identity, sequence, now)
        self.assertEqual(checksum(message), 0)
        self.assertEqual(reply(answered(message), identity), (sequence, now))

    def test_strangersAreIgnored(self) -> None:
        """
        A request, and the answer to somebody else's request, are not for us.
        """
        message = request(7, 1, 2.0)
        self.assertIsNone(reply(b"\x45" + bytes(19) + message, 7))
        self.assertIsNone(reply(answered(message), 8))

    @given(binary(max_size=64))
    def test_garbageIsNoAnswer(self, packet: bytes) -> None:
        """
        No packet is too strange to be read.
        """
        found = reply(packet, 7)
        self.assertTrue(found is None or len(packet) >= 16)
