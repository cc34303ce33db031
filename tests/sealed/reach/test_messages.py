"""
Tests for L{wand.sealed.reach.messages}.
"""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.control_numbers import CALL_NUMBERS
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.credentials.signed import SIGNED_MAXIMUM
from wand.sealed.reach.messages import (
    CANDIDATES_MAXIMUM,
    Call,
    Called,
    CalledPlace,
    pack,
    packCalled,
    parse,
)
from wand.sealed.sessions.control_messages import numberOf

identities = st.binary(min_size=32, max_size=32)
numbers = st.integers(0, (1 << 32) - 1)
endpoints = st.text(st.characters(codec="ascii"), max_size=47)
places = st.lists(st.builds(CalledPlace, st.text("abc", max_size=16), endpoints), max_size=8).map(tuple)
signed = st.binary(max_size=200)
messages = st.one_of(
    st.builds(Call, identities, numbers, st.booleans(), places),
    st.builds(Called, identities, numbers, st.booleans(), signed, signed, places),
)


class MessageTests(SynchronousTestCase):
    """
    What is written can be read, and nothing else.
    """

    @given(messages)
    def test_roundTrip(self, message: Call | Called) -> None:
        """
        A message is read as it was written, and its number is one of ours.
        """
        octets = pack(message)
        self.assertIn(numberOf(octets), CALL_NUMBERS)
        if len(octets) <= MESSAGE_MAXIMUM:
            self.assertEqual(parse(octets), message)
        else:
            self.assertIsNone(parse(octets))

    @given(st.binary(max_size=200))
    def test_anything(self, octets: bytes) -> None:
        """
        Anything may come.
        """
        parse(octets)

    @given(messages, st.data())
    def test_cutAndChanged(self, message: Call | Called, data: st.DataObject) -> None:
        """
        What is cut off or changed is read as something valid, or not at all.
        """
        octets = bytearray(pack(message))
        parse(bytes(octets[: data.draw(st.integers(0, len(octets) - 1))]))
        octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
        parse(bytes(octets))

    def test_limits(self) -> None:
        """
        Too many places, and identities that are too short, are refused.
        """
        many = (CalledPlace("host", "192.0.2.1:1"),) * (CANDIDATES_MAXIMUM + 1)
        self.assertIsNone(parse(pack(Call(b"i" * 32, 1, False, many))))
        self.assertIsNone(parse(pack(Call(b"i" * 31, 1, False, ()))))

    def test_later(self) -> None:
        """
        A later version may append fields.
        """
        octets = msgspec.msgpack.encode([32, b"i" * 32, 7, True, [], "", "more"])
        self.assertEqual(parse(octets), Call(b"i" * 32, 7, True, ()))

    def test_asManyAsThereIsRoomFor(self) -> None:
        """
        However long the certificate and the claim are, a call that is passed on is not too long.
        """
        some = [CalledPlace("observed", "[2001:db8:1111:2222:3333:4444:5555:6666]:50000")] * 20
        for size in (0, 200, 435, SIGNED_MAXIMUM):
            octets = packCalled(Called(b"i" * 32, 1, False, bytes(size), bytes(size), ()), some)
            self.assertLessEqual(len(octets), MESSAGE_MAXIMUM)
            parsed = parse(octets)
            assert isinstance(parsed, Called)
            self.assertEqual(len(parsed.places) == CANDIDATES_MAXIMUM, size == 0)
