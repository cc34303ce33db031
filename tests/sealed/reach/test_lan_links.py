"""
Tests for L{wand.sealed.reach.lan_links}: which links count, and which addresses are on them.
"""

from __future__ import annotations

from simulated.host import SimulatedHost
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.reach.lan_links import LanLinks

MAC = b"\2\0\0\0\0\2"


class LanLinksTests(SynchronousTestCase):
    """
    A host with a link, and with tunnels.
    """

    def setUp(self) -> None:
        self.host = SimulatedHost()
        self.eth0 = self.host.addLink("eth0")
        self.host.addAddress(self.eth0, "192.168.1.1")
        self.host.addAddress(self.eth0, "2001:db8::1", 64)
        self.links = LanLinks("0.0.0.0", lambda: ["wan0"], lambda host: True)
        self.addCleanup(self.host.watch(self.links))

    def near(self, *hosts: str) -> list[str]:
        """
        Those of some addresses that are on a link of ours.
        """
        return [each for each in hosts if self.links.isNear(each)]

    def addTap(self, name: str, host: str) -> int:
        """
        Make a tap of a node on this host, with an address.
        """
        number = self.host.addLink(name, MAC)
        self.host.change(number, kind="tun", alias="wandaemon")
        self.host.addAddress(number, host)
        return number

    def inside(self, host: str) -> bool:
        """
        Does an address lead into a network of ours?
        """
        return self.links.leadsInside(host)

    def spokenOn(self) -> list[int]:
        """
        The links on which others are looked for.
        """
        return list(dict.fromkeys(link for link, _ in self.links.sources()))

    def test_prefixes(self) -> None:
        """
        Near is what is within a prefix of ours, and what is of one link by its nature.
        """
        near = ["192.168.1.77", "2001:db8::77", "fe80::1%eth0", "169.254.3.4"]
        self.assertEqual(near, self.near(*near, "192.168.2.77", "2001:db8:1::77", "10.0.0.1"))

    def test_tunnels(self) -> None:
        """
        The prefix of a tunnel is no link's, whatever made it, also if it is Ethernet; nor is the overlay's, or the
        loopback's.
        """
        taps = {each: self.host.addLink(each) for each in ("zt0", "vx0")}
        self.host.change(taps["zt0"], kind="tun")
        self.host.change(taps["vx0"], kind="vxlan")
        others = [self.host.addLink(name, mac) for name, mac in (("wg0", b""), ("wan0", MAC), ("lo", bytes(6)))]
        for number, link in enumerate((*taps.values(), *others)):
            self.host.addAddress(link, f"10.{number}.0.1")
        self.assertEqual([], self.near(*(f"10.{number}.0.77" for number in range(5))))
        self.assertEqual([self.eth0], self.spokenOn())

    def test_anotherNetworkOfOurs(self) -> None:
        """
        The tap of another network leads inside, as our own does under whatever address; a bridge that such a tap is a
        port of is no link, for what is heard there may come through it.
        """
        office = self.addTap("office", "10.88.0.2")
        self.host.change(office, kind="vde")  # whatever it is made of
        self.host.addAddress(office, "fd88::2", 64)
        self.addTap("wan0", "192.168.50.7")
        inside = ["10.88.0.1", "fd88::1", "192.168.50.1"]
        self.assertEqual(inside, [each for each in (*inside, "10.89.0.1", "192.168.1.9") if self.inside(each)])
        self.host.addAddress(bridge := self.host.addLink("br0"), "192.168.9.1")
        self.assertIn(bridge, self.spokenOn())
        self.host.change(office, master=bridge)
        self.assertEqual([self.eth0], self.spokenOn())
        self.host.deleteLink(office)
        self.assertFalse(self.inside("10.88.0.1"))

    def test_theSamePrefixOnALink(self) -> None:
        """
        What is on a link does not lead inside, though a tap has an address of the same prefix.
        """
        self.addTap("office", "192.168.1.200")
        self.assertFalse(self.inside("192.168.1.9"))
        self.host.change(self.eth0, isRunning=False)
        self.assertTrue(self.inside("192.168.1.9"))

    def test_nothingButATap(self) -> None:
        """
        In a container that was given the tap of another network and nothing else, that is the way out.
        """
        self.addTap("office", "10.88.0.2")
        self.host.addAddress(self.host.addLink("lo", bytes(6)), "127.0.0.1", 8)
        self.host.deleteLink(self.eth0)
        self.assertFalse(self.inside("10.88.0.1"))

    def test_changes(self) -> None:
        """
        What changes on the host counts at once, and whoever wants to is told.
        """
        told: list[str] = []
        self.links.changed = lambda: told.append("changed")
        self.host.addAddress(self.eth0, "192.168.5.1")
        self.assertEqual((["192.168.5.2"], ["changed"]), (self.near("192.168.5.2"), told))
        self.host.change(self.eth0, isRunning=False)
        self.assertEqual([], self.near("192.168.1.77", "192.168.5.2"))
        self.host.change(self.eth0, isRunning=True)
        self.host.removeAddress(self.eth0, "192.168.5.1")
        self.assertEqual(["192.168.1.77"], self.near("192.168.1.77", "192.168.5.2"))
        self.host.lose()
        self.assertEqual(["192.168.1.77"], self.near("192.168.1.77"))
        self.host.deleteLink(self.eth0)
        self.assertEqual([], self.near("192.168.1.77"))
