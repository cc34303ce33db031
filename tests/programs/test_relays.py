"""
Tests for relays of real programs in simulated time: a server is one unless it is told otherwise, a node if it may.
"""

from __future__ import annotations

from sealed_network_case import SERVER, Dwelling, SealedNetworkTestCase
from twisted.internet.defer import Deferred

from wand.control.network_administration import InvitationSettings
from wand.programs.node_relays import NO_RIGHT
from wand.status import RelayStatus


class RelaysOfProgramsTests(SealedNetworkTestCase):
    """
    Two nodes that cannot reach each other.
    """

    def setUp(self) -> None:
        super().setUp()
        hidden = {"192.0.2.1", "192.0.2.2"}
        self.network.drop(lambda each: {each.sender.host, each.destination.host} <= hidden)

    def pair(self) -> tuple[Dwelling, Dwelling]:
        """
        Both, as members.
        """
        return self.dwelling(1), self.dwelling(2)

    def relayStatus(self) -> RelayStatus:
        """
        What the server passes on.
        """
        status = self.server.status().relay
        assert status is not None
        return status

    def test_overTheServer(self) -> None:
        """
        A server passes on without having been told; its status, and the peers of the nodes, say so.
        """
        one, two = self.pair()
        self.assertEqual(self.relayStatus(), RelayStatus(on=True, channels=0, datagrams=0, octets=0))
        self.reaches(one, two)
        self.go(2.0)
        self.assertTrue(self.reaches(one, two))
        self.assertTrue(self.reaches(two, one))
        self.assertEqual(self.relayStatus().channels, 1)
        self.assertGreater(self.relayStatus().octets, 0)
        server, peer = sorted(one.node.peers(None, 9), key=lambda each: not each.server)
        self.assertEqual((peer.endpoint[:6], peer.relay, peer.server), ("relay/", "server", False))
        self.assertEqual((server.peer, server.way, server.macs, server.server), ("server", "direct", [], True))

    def test_aServerThatIsNone(self) -> None:
        """
        C{relay = false} makes a server no relay.
        """
        self.end(self.server)
        self.server = self.serve(relay=False)
        one, two = self.pair()
        self.reaches(one, two)
        self.go(10.0)
        self.assertFalse(self.reaches(one, two))
        self.assertEqual(self.relayStatus(), RelayStatus(on=False, channels=0, datagrams=0, octets=0))

    def test_overAMember(self) -> None:
        """
        A node with the relay right and C{relay = true} is one, also where the server is none.
        """
        self.end(self.server)
        self.server = self.serve(relay=False)
        third = self.dwelling(3, joins=False, relay=True)
        settings = InvitationSettings([], 1, 3600.0, "third", relay=True)
        asked = Deferred.fromCoroutine(self.server.network.invite(settings))
        self.go(0.1)
        self.join(third, self.successResultOf(asked))
        one, two = self.pair()
        self.go(40.0)
        self.reaches(one, two)
        self.go(2.0)
        self.assertTrue(self.reaches(one, two))
        status = third.node.status()
        assert status.relay is not None and status.own is not None
        self.assertEqual((status.relay.on, status.relay.channels, status.own.relay), (True, 1, True))
        self.assertTrue(self.members()["third"].relay)

    def test_theRightIsMissing(self) -> None:
        """
        A node that is to be a relay, and may not, says so.
        """
        third = self.dwelling(3, relay=True)
        self.go(20.0)
        self.assertIn(NO_RIGHT, third.node.status().notes)
        self.assertIsNone(self.dwelling(4).node.status().relay)

    def test_theServerIsReachedByItself(self) -> None:
        """
        Nobody asks a relay for the way to a server.
        """
        one, _ = self.pair()
        self.network.drop(lambda each: SERVER in (each.sender.host, each.destination.host))
        self.go(60.0)
        self.assertEqual(one.context.counters["relayed-asks"], 0)
