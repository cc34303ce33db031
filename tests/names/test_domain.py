"""
Tests for L{wand.names.domain}.
"""

from __future__ import annotations

from ipaddress import ip_address

from twisted.trial.unittest import SynchronousTestCase

from wand.config.names import checkNames, domainOf
from wand.errors import AddressInvalid
from wand.names.domain import Domain

HOME = Domain("home.wand", ["10.77.0.0/16", "10.77.0.1/16", "fd00:1::5/64"])


class SettingTests(SynchronousTestCase):
    """
    What an operator may write.
    """

    def test_theNetworkIsPutIn(self) -> None:
        """
        The name of the network is put where the setting says so; case and outer dots do not count.
        """
        self.assertEqual(domainOf("{network}.wand", "home"), "home.wand")
        self.assertEqual(domainOf("VPN.Example.org.", "home"), "vpn.example.org")

    def test_whatIsNoDomain(self) -> None:
        """
        What cannot be a domain is refused, with the key.
        """
        for text in (".", "a..b", "-a.b", "a b", "{}.wand", "é.wand", "x" * 64, "a." * 120 + "b"):
            with self.assertRaises(AddressInvalid) as caught:
                checkNames(text, 500)
            self.assertEqual(caught.exception.args[0], "names")

    def test_rates(self) -> None:
        """
        A rate that would stop every program is refused; no domain is no mistake.
        """
        checkNames("", 10)
        self.assertRaises(AddressInvalid, checkNames, "", 9)


class DomainTests(SynchronousTestCase):
    """
    What a name is about.
    """

    def test_members(self) -> None:
        """
        What is below the domain is a member, and nothing else.
        """
        self.assertEqual(HOME.member("alice.home.wand"), "alice")
        self.assertEqual(HOME.member("home.wand"), "")
        for name in ("alice.wand", "alicehome.wand", "home.wand.example.org", ""):
            self.assertIsNone(HOME.zone(name))

    def test_addresses(self) -> None:
        """
        Addresses of the overlay are ours, whichever way they are written; others are not.
        """
        for text in ("10.77.3.4", "fd00:1::9"):
            address = ip_address(text)
            self.assertEqual(HOME.address(address.reverse_pointer), address)
        for text in ("10.78.3.4", "192.0.2.1", "fd00:2::9"):
            self.assertIsNone(HOME.zone(ip_address(text).reverse_pointer))
        for name in (
            "x.4.77.10.in-addr.arpa",
            "999.4.77.10.in-addr.arpa",
            "in-addr.arpa",
            "1.2.3.4.5.77.10.in-addr.arpa",
        ):
            self.assertIsNone(HOME.address(name))

    def test_zones(self) -> None:
        """
        The domains of the addresses end at a dot: a prefix that does not is several of them, or too many.
        """
        self.assertEqual(Domain("x", ["10.77.0.0/16"]).reverse, ["77.10.in-addr.arpa"])
        self.assertEqual(Domain("x", ["10.77.16.0/22"]).reverse, [f"{n}.77.10.in-addr.arpa" for n in (16, 17, 18, 19)])
        self.assertEqual(Domain("x", ["10.128.0.0/9"]).reverse, [])
        self.assertEqual(Domain("x", ["fd00::/8"]).reverse, ["d.f.ip6.arpa"])

    def test_betweenAddresses(self) -> None:
        """
        Above an address there is nothing, but something below it.
        """
        self.assertTrue(HOME.isAbove("3.77.10.in-addr.arpa"))
        self.assertFalse(HOME.isAbove("4.3.77.10.in-addr.arpa"))
        self.assertFalse(HOME.isAbove("home.wand"))
