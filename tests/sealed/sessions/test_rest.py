"""
Tests for sessions at rest: L{wand.sealed.sessions.awake}, L{wand.sealed.sessions.parts}, L{wand.sealed.sessions.debts}.
"""

from __future__ import annotations

import gc

from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.sessions.awake import Awake
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.timers import KEEPALIVE_OWED, RENEW_INITIATOR, RENEW_INITIATOR_SERVER
from wand.sealed.sessions.wayfinding import Wayfinding


class RestTests(SynchronousTestCase):
    """
    A directory server on which one session is awake at a time, and two members.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.server = self.net.node("server", "192.0.2.1", isServer=True)
        self.server.transport.letMembersSeek()
        self.shared = self.server.transport._shared
        self.indices = self.shared.indices
        self.indices.awake = Awake(1)
        self.members = [self.net.node(f"m{number}", f"192.0.2.{number + 2}") for number in range(2)]
        for member in self.members:
            member.meet(self.server)
            self.say(member)
        self.net.run(5.0)
        self.say(self.members[1])
        self.net.run()

    def say(self, member: SealedNode) -> None:
        member.transport.sendControl(self.server.peer, b"\x91\x1f")
        self.net.run()

    def with_(self, member: SealedNode) -> Conversation:
        conversation = self.server.transport.sessions.find(member.peer)
        assert conversation is not None
        return conversation

    def test_atRest(self) -> None:
        """
        The session that was used before the last one has no ciphers, and its conversation only what it needs.
        """
        first, second = map(self.with_, self.members)
        self.assertEqual(len(self.indices.awake), 1)
        self.assertNotIn(first.session, self.indices.awake._sessions)
        self.assertIn(second.session, self.indices.awake._sessions)
        self.assertFalse({"course", "outbox", "path", "wayfinding"} & {*first.made})

    def test_theWayOfWhoRests(self) -> None:
        """
        The only way to a member at rest, of which nothing is known but that its handshake was answered there, is let
        go of, and as it was for whoever looks.
        """
        first, second = map(self.with_, self.members)
        self.assertEqual((first.place.made, second.place.made), ((), ("ways",)))
        way, other = first.place.way, second.place.way
        assert way is not None and other is not None and way.usedSince is not None and first.session is not None
        self.assertEqual((way.place, way.isProven, way.why), (first.place.endpoint, True, other.why))
        self.assertAlmostEqual(way.usedSince, first.session.made, delta=1.0)
        self.assertIs(first.place.ways.get(way.place), way)

    def test_nothingIsLeftForTheCollector(self) -> None:
        """
        What is let go of at rest is gone at once.
        """
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        for member in self.members:
            conversation = self.with_(member)
            self.assertTrue(conversation.wayfinding)
            self.indices.awake.add(conversation.session)  # type: ignore[arg-type]
        ours = [each for each in gc.get_objects() if isinstance(each, Wayfinding) and each._shared is self.shared]
        self.assertEqual(len(ours), 1)

    def test_aServerKeepsNoCiphers(self) -> None:
        """
        A directory server makes a cipher each time, and keeps none; a member keeps those of its sessions.
        """
        for conversation in map(self.with_, self.members):
            assert conversation.session is not None
            self.assertIs(conversation.session._encrypt, conversation.session._decrypt)  # neither is there
        with_ = self.members[1].transport.sessions.find(self.server.peer)
        assert with_ is not None and with_.session is not None
        self.assertIsNot(with_.session._encrypt, with_.session._decrypt)

    def test_whoIsHeardWhereItIsNeedsNothing(self) -> None:
        """
        What a member says from the place where it is makes no part of its conversation, though the port, which hears
        from thousands, has another object for the same place.
        """
        first = self.with_(self.members[0])
        endpoint = first.place.endpoint
        assert endpoint is not None
        other = first.place.endpoint = endpoint[0], endpoint[1]
        self.assertIsNot(other, endpoint)
        self.say(self.members[0])
        self.assertNotIn("wayfinding", first.made)

    def test_whoSaysSomethingPutsNobodyElseToRest(self) -> None:
        """
        A member that is at rest says something and is told something, and nothing is made of which to let go: so it
        takes no other's turn.
        """
        first, awake = self.with_(self.members[0]), dict(self.indices.awake._sessions)
        self.say(self.members[0])
        self.server.transport.sendControl(self.members[0].peer, b"\x91\x1f")
        self.net.run()
        self.assertEqual(len(self.members[0].controls), 1)
        self.assertEqual((first.made, first.link.made), ((), ()))
        self.assertEqual(self.indices.awake._sessions, awake)

    def test_aServerLooksForNoOtherPlace(self) -> None:
        """
        When a session begins, a directory server does not ask the member at the places that it told of: the member
        sees to it.
        """
        member = self.net.node("m2", "192.0.2.9")
        places = [member.endpoint, Endpoint("198.51.100.9", 9)]
        self.server.transport.sessions.introduce(member.peer, member.key.exchangePublic, places)
        self.server.transport.sendControl(member.peer, b"\x91\x1f")
        self.net.run(5.0)
        self.assertEqual(len(member.controls), 1)
        self.assertEqual(self.server.transport._counters["sealed-probes-sent"], 0)

    def test_wakes(self) -> None:
        """
        Whoever was at rest is heard, answered, and has sessions after that.
        """
        before = len(self.server.controls)
        self.say(self.members[0])
        self.assertEqual(len(self.server.controls), before + 1)
        first = self.with_(self.members[0])
        session = first.session
        self.say(self.members[1])
        self.net.run(RENEW_INITIATOR_SERVER + 10.0, 1.0)
        self.assertIsNot(first.session, session)
        self.assertEqual(first.state, "established")
        self.server.transport.sendControl(self.members[0].peer, b"\x91\x1f")
        self.net.run()
        self.assertEqual(self.members[0].controls[-1][0], self.server.peer)

    def test_revokedAtRest(self) -> None:
        """
        A conversation that is at rest can be ended.
        """
        self.server.transport.sessions.end(self.members[0].peer)
        self.assertFalse(self.server.transport.sessions.isUp(self.members[0].peer))

    def test_sessionsWithServersLast(self) -> None:
        """
        They are not renewed as often as those of two nodes.
        """
        session = self.with_(self.members[0]).session
        self.net.run(RENEW_INITIATOR + 60.0, 1.0)
        self.assertIs(self.with_(self.members[0]).session, session)

    def test_debts(self) -> None:
        """
        A server that says nothing to a message of a member sends a sign of life in time, once.
        """
        self.net.run(2 * KEEPALIVE_OWED)
        counters = self.server.transport._counters
        before = counters["sealed-keepalives-sent"]
        self.say(self.members[0])
        self.net.run(KEEPALIVE_OWED - 1.0)
        self.assertEqual(counters["sealed-keepalives-sent"], before)
        self.net.run(2.0)
        self.assertEqual(counters["sealed-keepalives-sent"], before + 1)
        self.net.run(15.0)
        self.assertEqual(counters["sealed-keepalives-sent"], before + 1)
