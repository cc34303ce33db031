"""
Tests for L{wand.underlay.place_kinds}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import numericAddress
from wand.underlay.place_kinds import isLoopback, subscriberOf


class PlaceKindsTests(SynchronousTestCase):
    """
    What the first half of a place tells.
    """

    def test_isLoopback(self) -> None:
        """
        On this host is what is at an address of it, in a stream as well; a relay and what is no address are not.
        """
        for host in ("127.0.0.1", "127.9.9.9", "::1", "tcp/127.0.0.1", "tcp/::1"):
            self.assertTrue(isLoopback(host), host)
        for host in ("192.0.2.1", "fe80::1%lo", "tcp/192.0.2.1", "relay/0123456789abcdef", "", "localhost"):
            self.assertFalse(isLoopback(host), host)

    def test_subscribers(self) -> None:
        """
        A subscriber has an address of IPv4 or a /64 of IPv6, whatever kind of place it is at.
        """
        self.assertEqual(subscriberOf("2001:db8::1"), subscriberOf("tcp/2001:db8:0:0:ffff::9"))
        self.assertNotEqual(subscriberOf("2001:db8::1"), subscriberOf("2001:db8:0:1::1"))
        self.assertEqual(subscriberOf("192.0.2.1"), subscriberOf("tcp/192.0.2.1"))
        self.assertNotEqual(subscriberOf("192.0.2.1"), subscriberOf("192.0.2.2"))

    def test_numeric(self) -> None:
        """
        An address is written in one way.
        """
        self.assertEqual(
            ["2001:db8::1", "fe80::1", "192.0.2.1", "", ""],
            [numericAddress(each) for each in ("2001:DB8:0::1", "fe80::1%eth0", "192.0.2.1", "unknown", "")],
        )
