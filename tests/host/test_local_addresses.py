"""
Tests for L{wand.host.local_addresses}: what a host tells of itself, and in which order.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from wand.host.changes import Link
from wand.host.local_addresses import ENDPOINTS_MAXIMUM, LocalAddress, localEndpoints, ranked
from wand.host.tunnels import ALIAS

LAN, SECOND, TAP = 2, 3, 4


def link(name: str, kind: str = "", **more: Any) -> Link:
    """
    An interface as most are.
    """
    usual: dict[str, Any] = {"index": 0, "mac": b"", "mtu": 1500, "isUp": True, "isRunning": True}
    return Link(name=name, kind=kind, **(usual | more))


class RankingTests(SynchronousTestCase):
    """
    The best go first, those that nobody else reaches do not go at all.
    """

    def setUp(self) -> None:
        self.links = {1: link("lo"), LAN: link("eth0"), SECOND: link("eth1")}
        self.addresses: list[LocalAddress] = []

    def bridges(self, kind: str = "bridge", count: int = 4, *, isRunning: bool = True) -> list[str]:
        """
        Bridges of containers, which are older than anything else.
        """
        hosts = [f"172.{16 + number}.0.1" for number in range(count)]
        for number, host in enumerate(hosts, 10):
            self.links[number] = link(f"br-{number}", kind, isRunning=isRunning)
            self.addresses.append(LocalAddress(host, number))
        return hosts

    def ranked(self, *chosen: str) -> list[str]:
        return ranked(self.links, self.addresses, chosen)

    def test_theDefaultRouteGoesFirst(self) -> None:
        """
        However many bridges there are, the address that the kernel sends from goes first, of IPv4 and of IPv6.
        """
        self.bridges()
        self.addresses += [LocalAddress("192.168.7.2", LAN), LocalAddress("2001:db8::2", LAN)]
        self.assertEqual(self.ranked("192.168.7.2", "2001:db8::2")[:2], ["192.168.7.2", "2001:db8::2"])

    def test_otherInterfacesGoBeforeBridges(self) -> None:
        """
        Then what other interfaces have, then tunnels if they are wanted, and what is inside this host last, by what it
        is and not by its name.
        """
        for kind in ("bridge", "veth", "dummy"):
            self.setUp()
            inside = self.bridges(kind)
            self.links[TAP] = link("eth-tunnel", "wireguard")
            self.links[SECOND] = link("docker0")
            self.addresses += [
                LocalAddress("10.0.0.1", TAP),
                LocalAddress("10.9.9.9", SECOND),
                LocalAddress("192.168.7.2", LAN),
            ]
            self.assertEqual(self.ranked("192.168.7.2"), ["192.168.7.2", "10.9.9.9", *inside])
            found = ranked(self.links, self.addresses, ["192.168.7.2"], tunnels=True)
            self.assertEqual(found, ["192.168.7.2", "10.9.9.9", "10.0.0.1", *inside])

    def test_aBridgeWithHardware(self) -> None:
        """
        A bridge that has a network card as a port leads out of this host.
        """
        inside = self.bridges()
        self.links[LAN] = link("eth0", master=TAP)
        self.links[TAP] = link("br-lan", "bridge")
        self.addresses.append(LocalAddress("192.168.7.2", TAP))
        self.assertEqual(self.ranked(), ["192.168.7.2", *inside])

    def test_aVethWithTheDefaultRoute(self) -> None:
        """
        In a container a veth is the way out.
        """
        self.links[LAN] = link("eth0", "veth")
        inside = self.bridges()
        self.addresses.append(LocalAddress("10.88.0.2", LAN))
        self.assertEqual(self.ranked("10.88.0.2"), ["10.88.0.2", *inside])

    def test_oneInterfaceDoesNotCrowdOutTheOthers(self) -> None:
        """
        Of an interface with many addresses the first of each family goes before those of others, the rest after them.
        """
        many = [f"2001:db8::{number}" for number in range(1, 9)]
        self.addresses += [LocalAddress(each, LAN) for each in many] + [LocalAddress("192.168.7.2", LAN)]
        self.addresses.append(LocalAddress("10.0.0.1", SECOND))
        self.assertEqual(self.ranked("192.168.7.2", many[0])[:3], [many[0], "192.168.7.2", "10.0.0.1"])

    def test_linkLocalAndWithoutACarrierGoLast(self) -> None:
        """
        What leads nowhere beyond a link, or not even there, goes last.
        """
        self.links[TAP] = link("eth2", isRunning=False)
        self.addresses += [
            LocalAddress("169.254.1.1", LAN),
            LocalAddress("10.2.0.1", TAP),
            LocalAddress("10.0.0.1", SECOND),
        ]
        inside = self.bridges(count=1)
        self.assertEqual(self.ranked(), ["10.0.0.1", *inside, "169.254.1.1", "10.2.0.1"])

    def test_whatNobodyElseReaches(self) -> None:
        """
        Addresses that are not usable, of links that are down and of our own tap, which is left out, are not told.
        """
        self.links[SECOND] = link("eth1", isUp=False)
        self.addresses += [
            LocalAddress("10.0.0.1", SECOND),
            LocalAddress("10.77.0.2", 99),
            LocalAddress("10.0.0.3", LAN, False),
        ]
        self.assertEqual(self.ranked(), [])

    def test_nothingButATunnel(self) -> None:
        """
        A tunnel that is the only way out, or the way to hosts far away, is told: all of this host's traffic goes there.
        """
        self.links[TAP] = link("tun0", "tun")
        self.addresses.append(LocalAddress("10.8.0.2", TAP))
        self.assertEqual(self.ranked(), ["10.8.0.2"])
        self.addresses.append(LocalAddress("192.168.7.2", LAN))
        self.assertEqual(self.ranked("10.8.0.2"), ["10.8.0.2", "192.168.7.2"])
        self.assertEqual(self.ranked(), ["192.168.7.2"])

    def test_anotherNetworkOfOurs(self) -> None:
        """
        The tap of another network is not told, whatever the routes and the settings say, unless this host, such as a
        container, has nothing else.
        """
        self.links[TAP] = link("office", "tun", alias=ALIAS)
        self.addresses.append(LocalAddress("10.77.0.2", TAP))
        self.assertEqual(self.ranked("10.77.0.2"), ["10.77.0.2"])
        self.addresses.append(LocalAddress("192.168.7.2", LAN))
        for chosen in ("192.168.7.2", "10.77.0.2"):
            self.assertEqual(ranked(self.links, self.addresses, [chosen], tunnels=True), ["192.168.7.2"])


class LocalEndpointsTests(SynchronousTestCase):
    """
    L{localEndpoints}.
    """

    def test_boundToOne(self) -> None:
        """
        A port that is bound to one address is there, also on the loopback interface.
        """
        self.assertEqual(localEndpoints("127.0.0.1", 7), ["127.0.0.1:7"])
        self.assertEqual(localEndpoints("10.77.0.1", 7, mayReach=lambda host: False), [])

    def test_thisHost(self) -> None:
        """
        Of this host, whatever it is, a few are told and none of the loopback interface.
        """
        found = localEndpoints("0.0.0.0", 7)
        self.assertLessEqual(len(found), ENDPOINTS_MAXIMUM)
        self.assertFalse([each for each in found if each.startswith(("127.", "[::1]", "[fe80", "[ff"))])
