"""
Tests for L{wand.sealed.overlay}.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.overlay import Overlay, overlayOf


class OverlayTests(SynchronousTestCase):
    @given(st.ip_addresses(), st.sampled_from(["10.77.0.0/16", "192.0.2.128/25", "fd00:51::/64", "2001:db8::/33"]))
    def test_likeIpaddress(self, address: object, prefix: str) -> None:
        """
        The answers are those of L{ipaddress}.
        """
        self.assertEqual(str(address) in Overlay(prefix), address in ip_network(prefix))

    def test_atTheEdges(self) -> None:
        """
        The first and the last address are inside, those beside them are not.
        """
        for prefix in ("10.77.0.0/16", "fd00:51::/64"):
            network = ip_network(prefix)
            for address, inside in (
                (network[0], True),
                (network[-1], True),
                (network[0] - 1, False),
                (network[-1] + 1, False),
            ):
                self.assertEqual(str(ip_address(address)) in overlayOf(prefix), inside)

    def test_zones(self) -> None:
        """
        The zone of an address does not matter.
        """
        self.assertIn("fe80::1%eth0", Overlay("fe80::/64"))

    @given(st.text(max_size=40))
    def test_anything(self, host: str) -> None:
        """
        What is no address is in no overlay.
        """
        for prefix in ("0.0.0.0/0", "::/0"):
            if not _isAddress(host):
                self.assertNotIn(host, Overlay(prefix))


def _isAddress(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
