"""
Tests for L{wand.sealed.reach.relayed_peers}.
"""

from __future__ import annotations

from unittest.mock import Mock

from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.sealed.reach.relay_choice import KnownRelay
from wand.sealed.reach.relay_port import CHANNELS_MAXIMUM, RelayPort
from wand.sealed.reach.relayed_peers import RelayedPeers
from wand.sealed.reach.unasked_channels import ALL_MAXIMUM, MEMBER_MAXIMUM, SERVER_MAXIMUM


class RelayedPeersTests(SynchronousTestCase):
    """
    Tests for L{RelayedPeers}.
    """

    def setUp(self) -> None:
        self.up: set[bytes] = set()
        self.port = RelayPort(Mock(), Counters())
        self.peers = RelayedPeers(Mock(isUp=self.up.__contains__), Mock(), self.port)
        self.member = KnownRelay(b"m" * 32, "member", Mock(), isServer=False)
        self.server = KnownRelay(b"s" * 32, "server", Mock(), isServer=True)

    def makeUp(self, relay: KnownRelay, count: int, first: int) -> int:
        """
        A relay makes up channels to members that nobody has heard of.

        @param first: the number of the first channel.
        @return: how many are taken.
        """
        return sum(self.peers.add(b"%032d" % (first + each), relay, first + each) for each in range(count))

    def ask(self, relay: KnownRelay, number: int) -> bool:
        """
        Ask a relay for a channel to a member.

        @return: whether its answer is taken.
        """
        identity = b"asked" + b"%027d" % number
        self.peers.take(identity).asked.add(relay.identity)
        return self.peers.add(identity, relay, 900_000 + number)

    def test_relaysThatLieTogether(self) -> None:
        """
        However many relays make up channels, servers among them, as many as we keep are there for those that we ask
        for; a relay that told of few may tell of more, and a channel that is used stays.
        """
        self.assertEqual(self.makeUp(self.server, 5000, 1), SERVER_MAXIMUM)
        used = b"%032d" % 1
        self.up.add(used)
        for each in range(8):
            self.makeUp(KnownRelay(bytes([each]) * 32, "liar", Mock(), isServer=False), 512, 10_000 * (1 + each))
        self.assertEqual(len(self.port), ALL_MAXIMUM)
        self.assertEqual(self.makeUp(self.member, 10, 500_000), 10)
        self.assertTrue(all(self.ask(self.server, number) for number in range(CHANNELS_MAXIMUM - 1)))
        self.assertFalse(self.ask(self.server, CHANNELS_MAXIMUM))
        self.assertEqual(self.peers.behind(self.member.identity), [])
        self.assertEqual(list(getattr(self.peers.get(used), "channels", ())), [self.server.identity])

    def test_channelsThatAMemberMakesUp(self) -> None:
        """
        A member that is a relay, and tells of channels that nobody asked for, fills no more than its share.
        """
        taken = sum(self.peers.add(b"%032d" % number, self.member, 1 + number) for number in range(5000))
        self.assertEqual(taken, MEMBER_MAXIMUM)
        self.assertTrue(self.peers.add(b"wanted" + bytes(26), self.server, 9001))
        self.peers.take(b"asked" + bytes(27)).asked.add(self.member.identity)
        self.assertTrue(self.peers.add(b"asked" + bytes(27), self.member, 9000))
