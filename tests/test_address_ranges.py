"""
Tests for L{wand.address_ranges}: addresses that are set aside.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.address_ranges import RANGES_MAXIMUM, AddressRanges, rangeFrom

pairs = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda each: (each[0], each[0] + each[1]))


class AddressRangesTests(SynchronousTestCase):
    """
    L{AddressRanges}.
    """

    def test_writtenAsPrefixAndAsRange(self) -> None:
        """
        A range is a prefix, two addresses with a dash between, or a single one.
        """
        ranges = AddressRanges(["10.77.0.128/25", "10.77.3.5 - 10.77.3.9", "fd77::100/120", "10.77.9.9"])
        for inside in ("10.77.0.128", "10.77.0.255", "10.77.3.5", "10.77.3.9", "fd77::1ff", "10.77.9.9"):
            self.assertIn(ip_address(inside), ranges)
        for outside in ("10.77.0.127", "10.77.1.0", "10.77.3.4", "10.77.3.10", "fd77::200", "fd77::", "::a4d:80"):
            self.assertNotIn(ip_address(outside), ranges)
        self.assertTrue(ranges)
        self.assertFalse(AddressRanges())

    def test_whatIsNoRange(self) -> None:
        """
        What is none is refused, with how one is written.
        """
        for text in ("", "-", "banana", "10.77.0.9/25", "10.0.0.9-10.0.0.1", "10.0.0.1-fd77::1", "fe80::%1-fe80::2"):
            with self.assertRaises(ValueError, msg=text):
                AddressRanges([text])
        self.assertIn("10.77.0.128/25", str(self.assertRaises(ValueError, rangeFrom, "banana")))
        self.assertRaises(ValueError, AddressRanges, ["10.77.0.0/24"] * (RANGES_MAXIMUM + 1))

    @given(st.text(max_size=60))
    def test_anything(self, text: str) -> None:
        """
        Anything is read or refused.
        """
        try:
            begin, end = rangeFrom(text)
        except ValueError:
            return
        self.assertLessEqual(int(begin), int(end))

    @given(st.lists(pairs, max_size=6), st.integers(0, 90), st.sampled_from([IPv4Address, IPv6Address]))
    def test_anyRanges(
        self, wanted: list[tuple[int, int]], number: int, kind: type[IPv4Address] | type[IPv6Address]
    ) -> None:
        """
        However they overlap: an address is in them if it is in one, and the next outside is found in one step.
        """
        ranges = AddressRanges(f"{kind(begin)}-{kind(end)}" for begin, end in wanted)
        covered = {each for begin, end in wanted for each in range(begin, end + 1)}
        self.assertEqual(kind(number) in ranges, number in covered)
        end = ranges.endOf(kind(number))
        if end is not None:
            self.assertNotIn(end + 1, covered)
            self.assertLessEqual(set(range(number, end + 1)), covered)
