"""
Tests for L{wand.sealed.node.copies}: two hosts with one key, and how that ends.
"""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any, cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.events import Event
from wand.health.notes import Notes
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Overtaken, Twice, pack, parse
from wand.sealed.node.copies import NOTE_LIFETIME, STEP_INTERVAL, CopiesOfMembers, CopiesOfUs
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class CopiesTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.events: list[Event] = []
        self.context.events.subscribe(self.events.append)
        self.control = cast(Any, SimpleNamespace(read=lambda numbers, reader: None))

    @property
    def notes(self) -> Notes:
        return self.context.notes


class CopiesOfUsTests(CopiesTestCase):
    """
    A node that is overtaken.
    """

    def setUp(self) -> None:
        super().setUp()
        self.epoch = 100
        self.told: list[object] = []
        enrolment = cast(Any, SimpleNamespace(epoch=self.epoch, surpass=self.surpass))
        self.enrolment = enrolment
        self.copies = CopiesOfUs(
            enrolment, self.control, self.context, lambda: None, lambda octets: self.told.append(parse(octets))
        )

    def surpass(self, epoch: int) -> None:
        self.enrolment.epoch = epoch + 1

    def test_aRestoredNodeIsNotTwo(self) -> None:
        """
        Who is overtaken once, because its state directory was behind, goes beyond that and says nothing.
        """
        self.copies.overtaken(200)
        self.copies.overtaken(200)
        self.assertEqual((self.enrolment.epoch, self.told, self.notes.texts), (201, [], []))

    def test_theOneThatStaysIsWellAgain(self) -> None:
        """
        Once the other was stopped, this one has what is its own again within a minute, and the note goes.
        """
        self.copies.overtaken(200)
        self.copies.overtaken(300)
        self.assertEqual((self.enrolment.epoch, self.told), (201, [Overtaken(201, 300)]))
        self.assertIn("two hosts run with the key of this node", self.notes.texts[0])
        for _ in range(round(STEP_INTERVAL) + 1):  # the other was stopped; the server repeats what it knows
            self.clock.advance(1.0)
            self.copies.overtaken(300)
        self.assertEqual(self.enrolment.epoch, 301)
        self.clock.advance(NOTE_LIFETIME + 1)
        self.assertEqual(self.notes.texts, [])

    def test_eventsAreFew(self) -> None:
        """
        However often the server says it, it is one event a minute.
        """
        server = cast(Any, SimpleNamespace(isServer=True))
        for _ in range(90):
            self.copies._told(b"s", server, pack(Twice(("192.0.2.1:1", "192.0.2.2:1"))))
            self.clock.advance(1.0)
        self.assertEqual([each.kind for each in self.events if each.kind == "twice"], ["twice"] * 2)


class CopiesOfMembersTests(CopiesTestCase):
    """
    A server that is told so.
    """

    def test_eventsAreFew(self) -> None:
        """
        A member that says it all the time makes one event a minute, and the note goes when it ends.
        """
        sent: list[bytes] = []
        sessions = SimpleNamespace(
            endpointBefore=lambda peer: None,
            endpointOf=lambda peer: None,
            sendBefore=lambda peer, octets: None,
            sendControl=lambda peer, octets: sent.append(octets),
        )
        copies = CopiesOfMembers(cast(Any, sessions), self.control, self.context, lambda identity: 9)
        for _ in range(90):
            copies._told(Identity(b"m" * 32), cast(Any, SimpleNamespace(name="bob")), pack(Overtaken(8, 9)))
            self.clock.advance(1.0)
        self.assertEqual(len([each for each in self.events if each.kind == "member-twice"]), 2)
        self.assertEqual(len(sent), 90)
        self.assertEqual(len(self.notes.texts), 1)
        self.clock.advance(NOTE_LIFETIME)
        self.assertEqual(self.notes.texts, [])
