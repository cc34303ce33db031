"""
Tests for the members as a node and a server see them.
"""

from __future__ import annotations

from sealed_network_case import Dwelling, SealedNetworkTestCase
from twisted.internet.defer import Deferred

from wand.status import SeenStatus
from wand.version import __version__


class SeenMembersTests(SealedNetworkTestCase):
    def seen(self, dwelling: Dwelling, name: str) -> SeenStatus:
        """
        A member as a node sees it.
        """
        [found] = [each for each in dwelling.node.seen(None, 100) if each.name == name]
        return found

    def test_everyNodeSeesWhoIsThere(self) -> None:
        """
        A node lists itself, the server and the others, with their addresses; of those with whom it has a session it
        knows the way, the round-trip time and when they were heard.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.go(5)
        self.reaches(one, two)
        seen = {each.name: each for each in one.node.seen(None, 100)}
        own, other = seen[one.own.name], seen[two.own.name]
        self.assertEqual((own.way, own.version, own.online), ("this", __version__, True))
        self.assertEqual(other.addresses, two.own.addresses)
        self.assertEqual((other.key, other.online, other.way, len(other.macs)), (two.own.key, True, "direct", 1))
        self.assertIsNotNone(other.seen)
        self.assertIsNotNone(other.roundTrip)
        servers = [each for each in seen.values() if each.server]
        self.assertEqual([(each.online, each.way) for each in servers], [(True, "direct")])

    def test_pagesHaveEachMemberOnce(self) -> None:
        """
        Page by page the list is the same, in the order of the keys.
        """
        one = self.dwelling(1)
        self.dwelling(2)
        self.go(5)
        whole, after = one.node.seen(None, 100), None
        pages: list[SeenStatus] = []
        while page := one.node.seen(after, 1):
            pages += page
            after = page[-1].key
        self.assertEqual([each.key for each in pages], [each.key for each in whole])
        self.assertEqual(len(whole), 3)

    def test_whoLeftIsOfflineAtTheServer(self) -> None:
        """
        A server says who is online, and when it heard each last.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.go(5)
        self.assertEqual({each.online for each in self.members().values()}, {True})
        name = two.own.name
        two.stop()
        self.go(30)
        members = {each.name: each for each in self.server.network.members(None, 100)}
        self.assertFalse(members[name].online)
        self.assertIsNotNone(members[name].seen)
        self.assertTrue(members[one.own.name].online)
        seen = {each.name: each.online for each in one.node.seen(None, 100)}
        self.assertFalse(seen[name])

    def test_whoIsOfflineHasNoWay(self) -> None:
        """
        Whoever is gone has no way and no round-trip time from that moment, also if it did not say goodbye.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.go(5)
        self.reaches(one, two)
        other = self.seen(one, two.own.name)
        self.assertEqual((other.online, other.way), (True, "direct"))
        self.network.drop(lambda datagram: two.address in (datagram.sender.host, datagram.destination.host))
        self.reaches(one, two)
        self.go(90)
        other = self.seen(one, two.own.name)
        self.assertEqual((other.online, other.way, other.relay, other.roundTrip), (False, "", "", None))

    def test_whoIsRevokedSaysSoOfItself(self) -> None:
        """
        A node that was revoked is not online in its own eyes either.
        """
        one = self.dwelling(1)
        self.go(5)
        revoked = Deferred.fromCoroutine(self.server.network.revoke(one.own.name))
        self.go(30)
        self.successResultOf(revoked)
        own = self.seen(one, one.own.name)
        self.assertEqual((one.own.stage, own.state, own.online), ("revoked", "revoked", False))
