"""
Tests for L{wand.sealed.authority.new_prefixes}: the prefixes of a network that is made.
"""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import ConfigurationInvalid
from wand.sealed.authority.new_prefixes import prefixesWanted, uniqueLocal
from wand.sealed.credentials.descriptor import Descriptor


def octets(count: int) -> bytes:
    return bytes(range(1, count + 1))


class NewPrefixesTests(SynchronousTestCase):
    """
    L{prefixesWanted}.
    """

    def test_both(self) -> None:
        """
        A network has both kinds unless one is not wanted, or both prefixes were given as one of IPv6.
        """
        for wanted, made in (
            (("10.77.0.0/16", "auto"), ("10.77.0.0/16", "fd01:203:405::/64")),
            (("10.77.0.0/16", "fd77::/64"), ("10.77.0.0/16", "fd77::/64")),
            (("10.77.0.0/16", "none"), ("10.77.0.0/16", "")),
            (("10.77.0.0/16", ""), ("10.77.0.0/16", "")),
            (("none", "auto"), ("fd01:203:405::/64", "")),
            (("none", "fd77::/64"), ("fd77::/64", "")),
            (("fd77::/64", "auto"), ("fd77::/64", "")),
        ):
            self.assertEqual(prefixesWanted(*wanted, octets), made)

    def test_whatCannotBe(self) -> None:
        """
        No addresses at all, two prefixes of one kind, and what is no prefix are refused, by the key that is at fault.
        """
        for wanted, key in (
            (("none", "none"), "prefix"),
            (("banana", "auto"), "prefix"),
            (("10.77.0.0/16", "banana"), "prefix6"),
            (("10.77.0.0/16", "10.78.0.0/16"), "prefix6"),
            (("fd77::/64", "fd78::/64"), "prefix6"),
        ):
            error = self.assertRaises(ConfigurationInvalid, prefixesWanted, *wanted, octets)
            self.assertEqual(error.key, key)

    @given(st.binary(min_size=5, max_size=5))
    def test_uniqueLocal(self, random: bytes) -> None:
        """
        It is one of RFC 4193, with the forty bits that chance gave, and a network can have it.
        """
        prefix = ip_network(uniqueLocal(lambda count: random[:count]))
        self.assertTrue(prefix.subnet_of(ip_network("fd00::/8")))  # type: ignore[arg-type] # both are of IPv6
        self.assertEqual((prefix.prefixlen, prefix.network_address.packed[1:6]), (64, random))
        Descriptor("home", "aes-256-gcm", "10.77.0.0/16", 0, str(prefix))
