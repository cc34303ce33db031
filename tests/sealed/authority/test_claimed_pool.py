"""
Tests for L{wand.sealed.authority.claimed_pool}: an address that nobody claims is found.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import MembershipRefused
from wand.sealed.authority.address_assignments import ADDRESS_KIND
from wand.sealed.authority.assigned import Assigned
from wand.sealed.authority.claimed_pool import ClaimedPool
from wand.sealed.authority.holders import Holders
from wand.sealed.authority.overlay_prefixes import OverlayPrefixes
from wand.sealed.credentials.descriptor import prefixFrom
from wand.stores.memory import MemoryRecords


class ClaimedPoolTests(SynchronousTestCase):
    @given(
        st.sampled_from(["10.77.0.0/29", "10.77.0.0/16", "2001:db8::/64"]),
        st.binary(min_size=32, max_size=32),
        st.sets(st.integers(1, 6)),
    )
    @settings(max_examples=100, deadline=None)
    def test_addresses(self, prefix: str, identity: bytes, claimed: set[int]) -> None:
        """
        An address is a host's of the prefix, that nobody claims; if there is none, that is said.
        """
        network = prefixFrom(prefix)
        taken = {str(network[each]) for each in claimed}
        now = Clock().seconds
        pool = ClaimedPool(
            OverlayPrefixes([network]),
            Assigned(MemoryRecords(), ADDRESS_KIND, lambda record: (), Holders(now)),
            lambda identity: None,
            now,
            lambda kind, what: b"somebody" if what in taken else None,
        )
        if network.num_addresses == 8 and len(taken) == 6:
            self.assertRaises(MembershipRefused, pool.next, identity, network)
            return
        index = int.from_bytes(pool.next(identity, network), "big") - int(network.network_address)
        self.assertTrue(0 < index < network.num_addresses - (network.version == 4))
        self.assertNotIn(str(network[index]), taken)
