"""
Tests for what servers tell of their streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from simulated.members import Person, SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.control_numbers import STREAMS
from wand.sealed.credentials.signed import packed
from wand.sealed.reach.stream_places import (
    COUNTERS,
    PLACES_MAXIMUM,
    READ_INTERVAL,
    StreamPlaces,
    StreamPlacesReader,
    Streams,
)
from wand.sealed.sessions.control_messages import ControlMessages
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class _Node:
    """
    A node that reads what servers tell.
    """

    def __init__(self, person: Person) -> None:
        world = person.network
        self.identity = person.key.identity
        self.sessions = person.sessions()
        context = simulatedContext(world.clock, Network(world.clock, Random(1)), "192.0.2.1")
        self.counters = context.counters
        self.learned: list[tuple[bytes, list[str]]] = []
        control = ControlMessages(self.sessions, world.clock, context.counters)
        StreamPlacesReader(self.sessions, control, context, self.learn, lambda host: not host.startswith("10."))

    def learn(self, peer: bytes, places: Sequence[str]) -> None:
        """
        A server accepts streams there.
        """
        self.learned.append((peer, list(places)))


class StreamPlacesTests(SynchronousTestCase):
    """
    A node, a server, and another member.
    """

    def setUp(self) -> None:
        self.world = SimulatedNetwork.begun()
        self.node = _Node(self.world.person(1))
        self.server, self.other = self.world.person(2, server=True), self.world.person(3)

    def test_toldWhenASessionBegins(self) -> None:
        """
        A server tells every member when a session with it begins; one that accepts no streams says nothing.
        """
        for number, places in ((4, ()), (5, ("tls://192.0.2.9:443", "wss://example.net/wand"))):
            server = self.world.person(number, server=True)
            sessions: Any = server.sessions()
            StreamPlaces(sessions, self.node.counters).places = places
            sessions.sendControl(self.node.identity, b"hello")
            self.world.clock.advance(0.5)  # the session begins
            self.world.clock.advance(0.5)
            self.assertEqual(self.node.learned, [(server.key.identity, list(places))] if places else [])

    def test_whatOthersSay(self) -> None:
        """
        What a member says that is no server does not count, what is no place is left out, and one is read in a second.
        """
        places = tuple(f"tls://192.0.2.{number}:443" for number in range(PLACES_MAXIMUM))
        self.other.sessions().sendControl(self.node.identity, packed(Streams(places)))
        self.world.clock.advance(0.1)
        self.assertEqual((self.node.learned, self.node.counters["drop-streams-stranger"]), ([], 1))
        sessions = self.server.sessions()
        for _ in range(5):
            sessions.sendControl(self.node.identity, packed(Streams(("http://a", *places[1:]))))
            self.world.clock.advance(0.1)
        self.assertEqual(self.node.learned, [(self.server.key.identity, list(places[1:]))])
        self.assertEqual(self.node.counters["drop-streams-hurry"], 4)
        self.world.clock.advance(READ_INTERVAL)
        sessions.sendControl(self.node.identity, packed(Streams(places[:1])))
        self.world.clock.advance(0.1)
        self.assertEqual(self.node.learned[1:], [(self.server.key.identity, list(places[:1]))])

    def test_twoServersAtOnce(self) -> None:
        """
        Each server is heard, though their sessions begin at the same time.
        """
        servers = [self.server, self.world.person(4, server=True)]
        for each in servers:
            each.sessions().sendControl(self.node.identity, packed(Streams(("tls://192.0.2.9:443",))))
        self.world.clock.advance(0.1)
        self.assertEqual({peer for peer, _ in self.node.learned}, {each.key.identity for each in servers})
        self.assertEqual(self.node.counters["drop-streams-hurry"], 0)

    def test_nothingThatCanBeRead(self) -> None:
        """
        A message without any place that can be read takes nothing from what is known.
        """
        for places in ((), ("http://a", "tls://")):
            self.server.sessions().sendControl(self.node.identity, packed(Streams(places)))
            self.world.clock.advance(READ_INTERVAL)
        self.assertEqual((self.node.learned, self.node.counters["drop-streams-malformed"]), ([], 2))

    def test_whereNoStreamGoes(self) -> None:
        """
        Names that nobody can have, this host and the overlay are left out.
        """
        sessions = self.server.sessions()
        for bad in (
            ("tls://a..b:443", f"tls://{'x' * 64}:443", "wss://a%b/p", "tls://1.2.3.4%eth0:443"),
            ("tls://127.0.0.1:22", "tls://[::1]:22", "tls://[::ffff:127.0.0.1]:22", "tls://LocalHost.:22"),
            ("tls://10.0.0.1:443", "tls://[::ffff:10.0.0.1]:443", "wss://a.localhost/"),
        ):
            sessions.sendControl(self.node.identity, packed(Streams((*bad[:3], "tls://example.org:443"))))
            self.world.clock.advance(0.1)
            self.assertEqual(self.node.learned.pop(), (self.server.key.identity, ["tls://example.org:443"]))
            self.world.clock.advance(READ_INTERVAL)


@given(
    st.binary(max_size=200)
    | st.lists(st.text(max_size=9) | st.just("tls://a:1"), max_size=6).map(msgspec.msgpack.encode)
)
def test_whateverComes(octets: bytes) -> None:
    """
    Whatever comes is read or counted, and nothing raises.
    """
    world = SimulatedNetwork.begun()
    node, server = _Node(world.person(1)), world.person(2, server=True)
    server.sessions().sendControl(node.identity, bytes([0x92, STREAMS]) + octets)
    world.clock.advance(0.1)
    counted = {each: node.counters[each] for each in COUNTERS if each.startswith("drop-")}
    assert len(node.learned) + sum(counted.values()) == 1, counted
    assert not [each for each in node.counters if each.startswith("drop-raised-") and node.counters[each]]
