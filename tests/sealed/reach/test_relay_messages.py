"""
Tests for the messages between relays and members.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.identity import Identity
from wand.sealed.reach.relay_messages import (
    MESSAGE_MAXIMUM,
    Allocate,
    Allocated,
    Release,
    Unallocated,
    pack,
    parseFromRelay,
    parseToRelay,
)

IDENTITIES = st.binary(min_size=32, max_size=32)
CHANNELS = st.integers(1, (1 << 32) - 1)
TO_RELAY = st.one_of(st.builds(Allocate, IDENTITIES), st.builds(Release, CHANNELS))
FROM_RELAY = st.one_of(
    st.builds(Allocated, IDENTITIES, CHANNELS, st.integers(1, 3600)),
    st.builds(Unallocated, IDENTITIES, st.integers(0, 255)),
)


class RelayMessagesTests(SynchronousTestCase):
    """
    What is written is read again, and everything else refused.
    """

    @given(TO_RELAY)
    def test_toRelays(self, message: Allocate | Release) -> None:
        """
        What a member writes a relay reads, and no member does.
        """
        self.assertEqual(parseToRelay(pack(message)), message)
        self.assertIsNone(parseFromRelay(pack(message)))
        self.assertLessEqual(len(pack(message)), MESSAGE_MAXIMUM)

    @given(FROM_RELAY)
    def test_fromRelays(self, message: Allocated | Unallocated) -> None:
        """
        What a relay writes a member reads, and no relay does.
        """
        self.assertEqual(parseFromRelay(pack(message)), message)
        self.assertIsNone(parseToRelay(pack(message)))
        self.assertLessEqual(len(pack(message)), MESSAGE_MAXIMUM)

    @given(st.binary(max_size=100))
    def test_anythingCanArrive(self, octets: bytes) -> None:
        """
        Whatever comes is a message or nothing.
        """
        for parsed in (parseToRelay(octets), parseFromRelay(octets)):
            self.assertTrue(parsed is None or pack(parsed))

    @given(st.one_of(TO_RELAY, FROM_RELAY), st.data())
    def test_changedMessages(self, message: Allocate | Release | Allocated | Unallocated, data: st.DataObject) -> None:
        """
        A message with an octet changed, or cut, raises nothing.
        """
        octets = bytearray(pack(message))
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
        for each in (bytes(octets), bytes(octets[: data.draw(st.integers(0, len(octets)))])):
            parseToRelay(each)
            parseFromRelay(each)

    def test_noChannel(self) -> None:
        """
        Zero is not a channel.
        """
        self.assertIsNone(parseToRelay(pack(Release(0))))

    def test_anIdentity(self) -> None:
        """
        An identity is written as plain octets.
        """
        self.assertEqual(pack(Allocate(Identity(bytes(32)))), pack(Allocate(bytes(32))))
