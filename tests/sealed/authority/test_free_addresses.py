"""
Tests for L{wand.sealed.authority.free_addresses}: the quick way finds what a look at every address would find.
"""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.address_ranges import AddressRanges
from wand.errors import MembershipRefused
from wand.sealed.authority.free_addresses import FreeAddresses

PREFIX = ip_network("10.77.0.0/29")
HOSTS = [address.packed for address in PREFIX.hosts()]
Step = tuple[str, int]


class FreeAddressesTests(SynchronousTestCase):
    """
    A network of six addresses, of which some are reserved, taken, chosen, given back, and rest.
    """

    def expected(self) -> bytes | None:
        """
        The first that is free; else the one that has rested longest.
        """
        now, kept = self.time, {each: until for each, until in self.kept.items() if each not in self.reserved}
        hosts = [each for each in HOSTS if each not in self.reserved]
        free = [each for each in hosts if kept.get(each, 0.0) is not None and (kept.get(each) or 0.0) <= now]
        resting = sorted((until, each) for each, until in kept.items() if until is not None)
        return free[0] if free else resting[0][1] if resting else None

    @example([("take", 0)] * 6 + [("retire", 0), ("wait", 0), ("back", 0), ("load", 0)], set(), set())
    @example([("take", 0)] * 6 + [("retire", 0), ("wait", 0), ("back", 0), ("wait", 0)], set(), set())
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["take", "choose", "release", "retire", "wait", "back", "load"]), st.integers(0, 5)
            )
        ),
        st.sets(st.integers(0, 5), max_size=4),
        st.sets(st.integers(0, 5), max_size=2),
    )
    def test_asALookAtAll(self, steps: list[Step], reserved: set[int], had: set[int]) -> None:
        """
        Whatever happens, the address that comes next is the right one.  Somebody may have one that was reserved later,
        and the clock may be set back.
        """
        self.time = 0.0
        self.reserved = {HOSTS[each] for each in reserved}
        self.kept: dict[bytes, float | None] = {HOSTS[each]: None for each in had}
        ranges = AddressRanges(f"10.77.0.{1 + each}" for each in reserved)
        free = FreeAddresses(PREFIX, lambda address: self.kept.get(address, 0.0), lambda: self.time, ranges)
        free.load(list(self.kept))
        for what, number in steps:
            address = HOSTS[number]
            isTaken = address in self.kept and self.kept[address] is None
            if what == "take" and self.expected() is not None:
                self.kept[free.first()] = None
            elif what == "choose" and not isTaken and address not in self.reserved:
                self.kept[address] = None
            elif what == "release" and isTaken:
                del self.kept[address]
                free.release(address)
            elif what == "retire" and isTaken:
                self.kept[address] = self.time + 1.0 + number
                free.release(address)
            elif what == "wait":
                self.time += 1.5
            elif what == "back":
                self.time = max(0.0, self.time - 1.5)
            elif what == "load":
                free.load(list(self.kept))
            try:
                self.assertEqual(free.first(), self.expected())
            except MembershipRefused:
                self.assertIsNone(self.expected())
