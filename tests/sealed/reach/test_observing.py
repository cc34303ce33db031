"""
Tests for observing: where others hear us, and what that says of the NAT in front of us.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.members import Person, SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.credentials.signed import packed
from wand.sealed.reach.locating_messages import Locate, Located
from wand.sealed.reach.nat_kind import ADDRESS, ADDRESS_AND_PORT, INDEPENDENT, NONE, UNKNOWN, mappingOf
from wand.sealed.reach.observing import OBSERVERS_MAXIMUM, PATIENCE, Observation, Observing
from wand.sealed.sessions.control_messages import ControlMessages
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class Member:
    """
    A member that observes, and is observed.
    """

    def __init__(self, person: Person, *, asks: bool = True) -> None:
        world = person.network
        self.identity = person.key.identity
        self.sessions = person.sessions()
        self.sessions.isUp = lambda peer: True  # type: ignore[attr-defined]
        self.context = simulatedContext(world.clock, Network(world.clock, Random(1)), "192.0.2.1")
        control = ControlMessages(self.sessions, world.clock, self.context.counters)
        sessions: Any = self.sessions
        self.told: list[tuple[Endpoint, bytes]] = []
        observed = (lambda endpoint, by, at: self.told.append((endpoint, by))) if asks else None
        self.observing = Observing(sessions, control, self.context, observed)

    def count(self, counter: str) -> int:
        """
        The value of a counter.
        """
        return self.context.counters[counter]


class ObservingTests(SynchronousTestCase):
    """
    Members that ask each other.
    """

    def setUp(self) -> None:
        self.world = SimulatedNetwork.begun()

    def test_sessionsAreAskedIn(self) -> None:
        """
        When a session begins each learns where the other hears it; a server asks nobody.
        """
        node, server = Member(self.world.person(1)), Member(self.world.person(2, server=True), asks=False)
        node.sessions.sendControl(server.identity, packed(Locate()))
        self.world.run(1.0)
        self.assertEqual(
            [Observation("server-2", server.sessions.endpoint, node.sessions.endpoint)],
            list(node.observing.observations.values()),
        )
        self.assertFalse(server.observing.observations)
        self.assertEqual([(node.sessions.endpoint, server.identity)], node.told)

    def test_answersThatNobodyAskedFor(self) -> None:
        """
        An answer without a question, a late one and one that is not an endpoint are counted, and believed by nobody.
        """
        node, other = Member(self.world.person(1)), self.world.person(2).sessions()
        control = Member(self.world.person(3), asks=False)
        node.sessions.sendControl(control.identity, packed(Locate()))
        other.sendControl(node.identity, packed(Located("192.0.2.9:7", "")))
        self.world.run(PATIENCE + 1.0)
        before = node.count("drop-observe-unasked")
        other.sendControl(node.identity, packed(Located("192.0.2.9:7", "")))
        self.world.run(1.0)
        self.assertEqual(before + 1, node.count("drop-observe-unasked"))
        node.observing.ask(other.identity)
        other.sendControl(node.identity, packed(Located("nowhere", "")))
        self.world.run(1.0)
        self.assertEqual(1, node.count("drop-observe-malformed"))

    def said(self, *, calls: int) -> str:
        """
        What is known of the network of a member that said C{none} before, is asked again, and says nothing.

        @param calls: how many calls it was sent besides.
        """
        node, other = Member(self.world.person(1)), self.world.person(2).sessions()
        for network in ("none", ""):
            node.observing.ask(other.identity)
            for _ in range(calls if not network else 0):
                node.observing.expect(other.identity)
            self.world.run(0.1)
            other.sendControl(node.identity, packed(Located("192.0.2.9:7", network)))
            self.world.run(0.1)
        return node.observing.networks.get(other.identity, "")

    def test_whoSaysNothingAnyMore(self) -> None:
        """
        What a member said of its network is forgotten when it says nothing any more.  The answer to a call never says
        anything, and takes nothing.
        """
        self.assertEqual("", self.said(calls=0))
        self.world = SimulatedNetwork.begun()
        self.assertEqual("none", self.said(calls=1))

    def test_observersAreBounded(self) -> None:
        """
        However many members there are, a few are remembered.
        """
        node = Member(self.world.person(1))
        others = [Member(self.world.person(number), asks=False) for number in range(2, 40)]
        for other in others:
            other.sessions.sendControl(node.identity, packed(Locate()))
            self.world.run(0.5)
        self.assertEqual(OBSERVERS_MAXIMUM, len(node.observing.observations))

    def test_whoOnlyCallsTakesNoPlace(self) -> None:
        """
        What a server passes on of members that call, however many, does not make us forget what a member said in its
        own session.
        """
        node, peer = Member(self.world.person(1)), self.world.person(2).key.identity
        node.sessions.isUp = lambda identity: identity == peer  # type: ignore[attr-defined]
        node.observing.told(peer, "none")
        for number in range(2 * OBSERVERS_MAXIMUM):
            node.observing.told(bytes([number]) * 32, "endpoint-independent")
        self.assertEqual("none", node.observing.networks.get(peer))
        self.assertEqual(OBSERVERS_MAXIMUM, len(node.observing.networks))

    def test_serversAreAlwaysAsked(self) -> None:
        """
        A server is asked however many members are, before and after a move, and its answer is taken.
        """
        for isFirst in (True, False):
            self.world = SimulatedNetwork.begun()
            node = Member(self.world.person(1))
            server = Member(self.world.person(2, server=True), asks=False)
            others = [Member(self.world.person(number), asks=False) for number in range(3, 43)]
            for each in (server, *others) if isFirst else others:
                node.sessions.sendControl(each.identity, packed(Locate()))
            self.world.run(1.0)
            node.sessions.sendControl(server.identity, packed(Locate()))
            self.world.run(1.0)
            self.assertIn(server.identity, [by for endpoint, by in node.told])
            self.assertIn(server.identity, node.observing.observations)
            self.assertEqual(OBSERVERS_MAXIMUM + 1, len(node.observing.observations))
            node.observing.observations.pop(server.identity)
            node.observing.moved()
            self.world.run(1.0)
            self.assertIn(server.identity, node.observing.observations)

    def test_moved(self) -> None:
        """
        After a move nothing counts that was observed before.
        """
        node, other = Member(self.world.person(1)), Member(self.world.person(2))
        node.observing.ask(other.identity)
        self.world.run(1.0)
        node.sessions.endpoint = Endpoint("203.0.113.7", 7)
        node.observing.moved()
        self.assertFalse(node.observing.observations)
        self.world.run(1.0)
        seen = [each.endpoint for each in node.observing.observations.values()]
        self.assertEqual([Endpoint("203.0.113.7", 7)], seen)

    @settings(deadline=None)
    @given(st.binary(max_size=100))
    def test_anything(self, octets: bytes) -> None:
        """
        Whatever a member sends, nothing raises.
        """
        node, other = Member(self.world.person(1)), self.world.person(2).sessions()
        for message in (octets, b"\x92\x29" + octets, b"\x91\x28" + octets):
            other.sendControl(node.identity, message)
        self.world.run(0.1)
        self.assertEqual(0, sum(node.count(each) for each in node.context.counters if each.startswith("drop-raised")))


class MappingTests(SynchronousTestCase):
    """
    What NATs do (RFC 4787, section 4.1).
    """

    def kind(self, *seen: tuple[str, str]) -> str:
        """
        What it looks like from observers and the endpoints that they see.
        """
        return mappingOf(
            [Observation("", Endpoint.parse(observer), Endpoint.parse(endpoint)) for observer, endpoint in seen],
            {"192.168.1.5"},
        )

    def test_kinds(self) -> None:
        """
        None, one place for all, one for each host, one for each port, and what one observer cannot tell.
        """
        lan = "192.168.1.9:1", "192.168.1.5:22222"
        one, two = ("203.0.113.1:1", "198.51.100.1:5000"), ("203.0.113.2:1", "198.51.100.1:5000")
        elsewhere, otherPort = ("203.0.113.2:1", "198.51.100.1:5001"), ("203.0.113.1:2", "198.51.100.1:5002")
        self.assertEqual(UNKNOWN, self.kind())
        self.assertEqual(NONE, self.kind(lan))
        self.assertEqual(UNKNOWN, self.kind(lan, one))
        self.assertEqual(UNKNOWN, self.kind(one, ("[2001:db8::1]:1", "[2001:db8::2]:2")))
        self.assertEqual(INDEPENDENT, self.kind(lan, one, two))
        self.assertEqual(ADDRESS, self.kind(one, elsewhere))
        self.assertEqual(ADDRESS_AND_PORT, self.kind(one, otherPort))
        self.assertEqual(ADDRESS_AND_PORT, self.kind(one, elsewhere, otherPort))
