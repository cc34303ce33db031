"""
Tests for members in different networks that have the same addresses.
"""

from __future__ import annotations

from reach_case import ReachTestCase, Resident

from wand.testing.nats import Nat

#: What both of them have at home.
HOME = "192.168.1.2"


class SameAddressesTests(ReachTestCase):
    """
    Two homes, and hosts that have the same address there.
    """

    def placesOf(self, source: Resident, target: Resident) -> set[str]:
        """
        The hosts at which a node tries another one.
        """
        transport = source.node.etud.context.transport
        member = source.node.etud.member
        assert member is not None and transport is not None
        [peer] = [each for each in member.sealed.sessions.sessionsWith() if str(each) == f"node-{target.number}"]
        return {way.place.rpartition(":")[0] for way in transport.inspection.waysTo(peer)}

    def test_ourOwnAddressElsewhere(self) -> None:
        """
        Where another member has our own address in another network, nothing is sent there: it would come to ourselves.
        """
        one, two = (self.resident(Nat(self.network, f"198.51.100.{each}"), HOME) for each in (1, 2))
        self.assertLess(self.firstAnswer(one, two, 3), 1)
        self.assertNotIn(HOME, self.placesOf(one, two))
        self.assertIn("198.51.100.2", self.placesOf(one, two))

    def test_ourOwnAddressHere(self) -> None:
        """
        A neighbour behind the same NAT is tried at its address there.
        """
        home = Nat(self.network, "198.51.100.1")
        one, two = (self.resident(home, f"192.168.1.{each}") for each in (2, 3))
        self.assertLess(self.firstAnswer(one, two, 3), 1)
        self.assertIn("192.168.1.3", self.placesOf(one, two))
