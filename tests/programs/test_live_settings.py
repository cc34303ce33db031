"""
Tests for what a reload takes over while everything runs; L{wand.programs.live_settings}, L{wand.programs.own_name}.
"""

from __future__ import annotations

from founding_case import FoundingCase
from sealed_network_case import Dwelling, SealedNetworkTestCase
from zope.interface import implementer

from wand.errors import ConfigurationInvalid, TapUnavailable
from wand.interfaces import ITap
from wand.interfaces.bases import BaseTap
from wand.programs.live_settings import LiveSettings


@implementer(ITap)
class FixedTap(BaseTap):
    """
    A tap that takes nothing else than what it was opened with.
    """

    interface, mtu = "wan0", 1500


class LiveSettingsTests(SealedNetworkTestCase):
    """
    A member whose configuration changes.
    """

    def reload(self, dwelling: Dwelling, **keys: object) -> list[str]:
        dwelling._keys.update(keys)
        changes: list[str] = dwelling.node.reload()
        self.go(1.0)
        return changes

    def addresses(self, dwelling: Dwelling) -> set[str]:
        return set(dwelling.node.etud.tap.addresses)  # type: ignore[attr-defined] # a tap in memory

    def test_theMTU(self) -> None:
        """
        Frames of another length pass at once, and nobody says that somebody else changed it.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.assertEqual(self.reload(one, mtu=1400), ["mtu: 1400, and it was 1500"])
        tap = one.node.status().tap
        assert tap is not None
        self.assertEqual(tap.mtu, 1400)
        self.assertTrue(self.reaches(one, two))
        self.assertEqual(self.reload(one, mtu=None), ["mtu: 1500, and it was 1400"])
        self.assertEqual([each for each in one.node.status().notes if "MTU" in each], [])

    def test_addresses(self) -> None:
        """
        Addresses of the configuration come and go, and those of the network stay; also when the network gives another.
        """
        one = self.dwelling(1, addresses=["192.168.9.1/24"])
        network = set(one.own.addresses)
        said = self.reload(one, addresses=["192.168.9.2/24"])
        self.assertEqual(said, ["addresses: 192.168.9.1/24 removed", "addresses: 192.168.9.2/24 added"])
        self.assertEqual(self.addresses(one), {"192.168.9.2/24", *network})
        tap = one.node.status().tap
        assert tap is not None
        self.assertEqual(set(tap.addresses), {"192.168.9.2/24", *network})

    def test_nameOfAMember(self) -> None:
        """
        A member is called what the network says, and is told how to change that; a node that joins later asks for the
        new name.
        """
        one, two = self.dwelling(1), self.dwelling(2, joins=False)
        [said] = self.reload(one, name="zoe")
        self.assertIn("wand rename node-1 zoe", said)
        self.assertEqual(self.reload(two, name="zoe"), ["name: zoe"])
        self.join(two, self.invitation())
        self.assertEqual(two.own.name, "zoe")

    def test_whatADriverCannotChange(self) -> None:
        """
        What a driver does not do waits for a restart, with the reason.
        """
        live = LiveSettings(FixedTap(), self.fail)  # type: ignore[arg-type] # what it has is not asked for
        self.assertIn("mtu: waits for a restart (", live.setMTU(1400))
        for said in live.setAddresses(["10.0.0.1/8"], ["10.0.0.2/8"]):
            self.assertIn("addresses: waits for a restart (10.0.0.", said)
        self.assertRaises(TapUnavailable, FixedTap().addAddress, "10.0.0.1/8")

    def test_nameOfAServer(self) -> None:
        """
        A server that decides about members is called otherwise at once; what is no name changes nothing, and is said
        at every reload.
        """
        configuration = self.server.configuration
        surroundings = self.server._surroundings
        for name, isTaken in (("hub", True), ("No Name", False)):
            changed = type(configuration)(**{**_valuesOf(configuration), "name": name})
            object.__setattr__(surroundings, "load", lambda changed=changed: changed)
            if isTaken:
                self.assertEqual(self.server.reload(), ["name: hub, and it was server"])
            else:
                self.assertRaises(ConfigurationInvalid, self.server.reload)
                self.assertRaises(ConfigurationInvalid, self.server.reload)
            self.go(1.0)
            self.assertIn("hub", self.members())


def _valuesOf(configuration: object) -> dict[str, object]:
    return {name: getattr(configuration, name) for name in configuration.__struct_fields__}  # type: ignore[attr-defined]


class FounderTests(FoundingCase):
    """
    A node that founded its network.
    """

    def test_whatNobodyGets(self) -> None:
        """
        Whoever admits members sets other addresses aside at a reload: the founder, and a member that it lets admit.
        """
        one, _ = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, self.invited(one, admits=4))
        self.go(1.0)
        for each in (one, two):
            each._keys["reserve"] = ["10.77.0.0-10.77.199.255", "10.77.201.0-10.77.255.255"]
            [said] = each.node.reload()
            self.assertIn("10.77.201.0-10.77.255.255, and it was nothing", said)
        for number, admitting in ((3, one), (4, two)):
            guest = self.dwelling(number, joins=False)
            self.join(guest, self.invited(admitting))
            self.assertTrue(guest.own.addresses[0].startswith("10.77.200."), guest.own.addresses)
        self.assertIn("reserved", " ".join(one.node.status().notes))

    def test_membersThatAdmitAreTold(self) -> None:
        """
        What the founder sets aside, its deputies give to nobody: also while it is off, and after their own restart.
        """
        one, _ = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, self.invited(one, admits=4))
        self.go(1.0)
        one._keys["reserve"] = ["10.77.0.0-10.77.199.255", "10.77.201.0-10.77.255.255", "fd00::-fd00::ffff"]
        one.node.reload()
        self.go(1.0)
        one.stop()
        for number in (3, 4):
            guest = self.dwelling(number, joins=False)
            self.join(guest, self.invited(two))
            self.assertTrue(guest.own.addresses[0].startswith("10.77.200."), guest.own.addresses)
            two.stop()
            two.start()
            self.go(1.0)

    def test_nameOfAFounder(self) -> None:
        """
        It decides about names itself, and so about its own.
        """
        one, _ = self.founder()
        one._keys["name"] = "zoe"
        self.assertEqual(one.node.reload(), ["name: zoe, and it was node-1"])
        self.go(1.0)
        self.assertEqual(one.own.name, "zoe")
