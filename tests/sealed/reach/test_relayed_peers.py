"""
Tests for L{wand.sealed.reach.relayed_peers}.
"""

from __future__ import annotations

from unittest.mock import Mock

from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.reach.relay_choice import KnownRelay
from wand.sealed.reach.relayed_peers import UNASKED_MAXIMUM, RelayedPeers


class RelayedPeersTests(SynchronousTestCase):
    """
    Tests for L{RelayedPeers}.
    """

    def setUp(self) -> None:
        port = Mock()
        port.add = lambda relay, channel, place: Endpoint(f"relay/{relay.hex()[:16]}", channel)
        self.peers = RelayedPeers(Mock(), Mock(), port)
        self.member = KnownRelay(b"m" * 32, "member", Mock(), isServer=False)
        self.server = KnownRelay(b"s" * 32, "server", Mock(), isServer=True)

    def test_channelsThatAMemberMakesUp(self) -> None:
        """
        A member that is a relay, and tells of channels that nobody asked for, fills no more than its share.
        """
        taken = sum(self.peers.add(b"%032d" % number, self.member, 1 + number) for number in range(5000))
        self.assertEqual(taken, UNASKED_MAXIMUM)
        self.assertTrue(self.peers.add(b"wanted" + bytes(26), self.server, 1))
        self.peers.take(b"asked" + bytes(27)).asked.add(self.member.identity)
        self.assertTrue(self.peers.add(b"asked" + bytes(27), self.member, 9000))
