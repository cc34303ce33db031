"""
Tests for L{wand.sealed.groups.messages}.
"""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.control_numbers import GROUP_NUMBERS
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.credentials.signed import SIGNED_MAXIMUM, packed
from wand.sealed.groups.messages import (
    FRAME_MAXIMUM,
    PART_ROOM,
    PARTS_MAXIMUM,
    RECEIPTS_MAXIMUM,
    TOLD_MAXIMUM,
    GroupOriginator,
    GroupPart,
    GroupReceipt,
    Message,
    ToldFrame,
    pack,
    parse,
    parseTold,
    partsOf,
)
from wand.sealed.sessions.control_messages import numberOf

numbers = st.integers(0, 2**32 - 1)
identities = st.binary(min_size=32, max_size=32)
octets = st.binary(min_size=1, max_size=PART_ROOM)
parts = st.integers(1, PARTS_MAXIMUM).flatmap(lambda count: st.tuples(st.integers(0, count - 1), st.just(count)))
messages = st.one_of(
    st.builds(
        lambda number, limit, part, octets: GroupPart(number, limit, *part, octets),
        *(numbers, identities, parts, octets),
    ),
    st.builds(
        GroupReceipt, st.lists(numbers, min_size=1, max_size=RECEIPTS_MAXIMUM).map(tuple), st.booleans(), st.booleans()
    ),
    st.builds(GroupOriginator, st.binary(max_size=435), st.binary(max_size=435)),
)
told = st.builds(
    ToldFrame,
    identities,
    st.integers(0, 2**53),
    st.integers(0, 2**53),
    st.binary(min_size=64, max_size=64),
    st.binary(min_size=14, max_size=FRAME_MAXIMUM),
)


class MessageTests(SynchronousTestCase):
    """
    What members send each other.
    """

    @given(messages)
    @settings(deadline=None)
    def test_messagesTravel(self, message: Message) -> None:
        """
        What was written is read again, under a number of groups'.
        """
        written = pack(message)
        self.assertEqual(parse(written), message)
        self.assertIn(numberOf(written), GROUP_NUMBERS)

    @given(st.binary(max_size=MESSAGE_MAXIMUM + 20))
    @settings(deadline=None)
    def test_anythingIsReadOrRefused(self, anything: bytes) -> None:
        """
        Whatever comes, it is a message or none.
        """
        parse(anything)
        parseTold(anything)

    @given(messages, st.integers(0, 2000), st.integers(1, 255))
    @settings(deadline=None)
    def test_brokenMessages(self, message: Message, at: int, change: int) -> None:
        """
        A message of which something was changed is read or refused.
        """
        changed = bytearray(pack(message))
        changed[at % len(changed)] ^= change
        parse(bytes(changed))

    @given(told)
    @settings(deadline=None, max_examples=50)
    def test_framesTravel(self, frame: ToldFrame) -> None:
        """
        A frame that was cut into parts is the same when they are together, and there are not too many.
        """
        cut = partsOf(packed(frame))
        self.assertLessEqual(len(cut), PARTS_MAXIMUM)
        self.assertEqual(parseTold(b"".join(cut)), frame)

    def test_theLongestFit(self) -> None:
        """
        The longest of each fits into a control message, and the longest frame into its parts.
        """
        long, key, highest = b"s" * SIGNED_MAXIMUM, b"k" * 32, 2**32 - 1
        longest = [
            GroupPart(highest, key, PARTS_MAXIMUM - 1, PARTS_MAXIMUM, b"o" * PART_ROOM),
            GroupReceipt((highest,) * RECEIPTS_MAXIMUM, True, True),
            GroupOriginator(long, long),
        ]
        for message in longest:
            self.assertLessEqual(len(pack(message)), MESSAGE_MAXIMUM)
            self.assertEqual(parse(pack(message)), message)
        whole = packed(ToldFrame(key, 2**53, 2**53, b"s" * 64, b"f" * FRAME_MAXIMUM))
        self.assertLessEqual(len(whole), TOLD_MAXIMUM)
        self.assertLessEqual(len(partsOf(whole)), PARTS_MAXIMUM)

    def test_aFrameOfDHCPIsOneMessage(self) -> None:
        """
        What is usual goes in one piece: DHCP, and most of mDNS.
        """
        self.assertEqual(len(partsOf(packed(ToldFrame(b"k" * 32, 2**53, 2**33, b"s" * 64, b"f" * 960)))), 1)

    def test_partsThatCanNotBe(self) -> None:
        """
        The tenth part of two is none.
        """
        made = pack(GroupPart(1, b"k" * 32, 1, 2, b"o"))
        self.assertIsNotNone(parse(made))
        fields = msgspec.msgpack.decode(made)
        fields[3] = 2
        self.assertIsNone(parse(msgspec.msgpack.encode(fields)))
