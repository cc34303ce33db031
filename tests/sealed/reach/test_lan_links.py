"""
Tests for L{wand.sealed.reach.lan_links}: which links count, and which addresses are on them.
"""

from __future__ import annotations

from simulated.host import SimulatedHost
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.reach.lan_links import LanLinks


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

    def test_prefixes(self) -> None:
        """
        Near is what is within a prefix of ours, and what is of one link by its nature.
        """
        near = ["192.168.1.77", "2001:db8::77", "fe80::1%eth0", "169.254.3.4"]
        self.assertEqual(near, self.near(*near, "192.168.2.77", "2001:db8:1::77", "10.0.0.1"))

    def test_tunnels(self) -> None:
        """
        The prefix of a tunnel is no link's, whatever made it; nor is the overlay's, or the loopback's.
        """
        for number, (name, mac) in enumerate(
            (("wg0", b""), ("tun0", b""), ("wan0", b"\2\0\0\0\0\2"), ("lo", bytes(6)))
        ):
            self.host.addAddress(self.host.addLink(name, mac), f"10.{number}.0.1")
        self.assertEqual([], self.near(*(f"10.{number}.0.77" for number in range(4))))
        self.assertEqual([self.eth0], list(dict.fromkeys(link for link, _ in self.links.sources())))

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
