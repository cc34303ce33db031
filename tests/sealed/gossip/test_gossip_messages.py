"""
Tests for L{wand.sealed.gossip.messages}.
"""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.control_numbers import GOSSIP_NUMBERS
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.gossip.messages import (
    DIGEST,
    NEWS_ROOM,
    WHOLE,
    Alive,
    Digests,
    Held,
    Message,
    News,
    Probe,
    Probed,
    ProbeFor,
    Wanted,
    digestsIn,
    pack,
    parse,
)
from wand.sealed.gossip.tree import WIDTH
from wand.sealed.sessions.control_messages import numberOf

numbers = st.integers(0, 2**32 - 1)
totals = st.binary(min_size=DIGEST, max_size=DIGEST)
news = st.lists(st.binary(max_size=80).map(msgspec.msgpack.encode).map(msgspec.Raw), max_size=8).map(tuple)
members = st.binary(min_size=32, max_size=32)
leaves = st.lists(st.tuples(st.integers(0, WIDTH * WIDTH - 1), st.binary(max_size=64)), max_size=12).map(tuple)
messages = st.one_of(
    st.builds(Probe, numbers, totals, st.booleans(), news),
    st.builds(Alive, numbers, totals, news),
    st.builds(ProbeFor, numbers, members),
    st.builds(Probed, numbers, members),
    st.builds(News, news),
    st.builds(Digests, st.integers(0, WHOLE), st.binary(min_size=WIDTH * DIGEST, max_size=WIDTH * DIGEST)),
    st.builds(Held, st.booleans(), leaves),
    st.builds(Wanted, leaves),
)


class MessageTests(SynchronousTestCase):
    """
    What members send each other.
    """

    @given(messages)
    @settings(deadline=None)
    def test_messagesTravel(self, message: Message) -> None:
        """
        What was written is read again, under a number of gossip's.
        """
        octets = pack(message)
        read = parse(octets)
        self.assertEqual(pack(read) if read is not None else b"", octets)
        self.assertIs(type(read), type(message))
        self.assertIn(numberOf(octets), GOSSIP_NUMBERS)

    @given(st.binary(max_size=MESSAGE_MAXIMUM + 20))
    @settings(deadline=None)
    def test_anythingIsReadOrRefused(self, octets: bytes) -> None:
        """
        Whatever comes, it is a message or none.
        """
        parse(octets)

    @given(messages, st.integers(0, 2000), st.integers(1, 255))
    @settings(deadline=None)
    def test_brokenMessages(self, message: Message, at: int, change: int) -> None:
        """
        A message of which something was changed is read or refused.
        """
        octets = bytearray(pack(message))
        octets[at % len(octets)] ^= change
        parse(bytes(octets))

    def test_fullMessagesFit(self) -> None:
        """
        As much news as may be in a message, and the digests of all branches, fit into a control message.
        """
        full = msgspec.Raw(msgspec.msgpack.encode(b"\x00" * (NEWS_ROOM - 3)))
        for message in (Probe(2**32 - 1, b"\xff" * 8, True, (full,)), Digests(WHOLE, b"\xff" * 512), News((full,))):
            self.assertLessEqual(len(pack(message)), MESSAGE_MAXIMUM)

    def test_whatIsLeftOverIsNoDigest(self) -> None:
        """
        A field of digests that ends within one has those before it.
        """
        self.assertEqual(digestsIn(b"\x00" * 7 + b"\x01" + b"\x00" * 5), [1])
