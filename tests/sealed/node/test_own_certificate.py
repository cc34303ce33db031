"""
Tests for L{wand.sealed.node.own_certificate}.
"""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

from simulated.members import Person, SimulatedNetwork
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import MAC
from wand.events import Event
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Message, NotNow, Refused, Renewed, pack
from wand.sealed.node.own_certificate import OwnCertificate
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class OwnCertificateTests(SynchronousTestCase):
    """
    A node whose certificate is due, with one server.
    """

    def setUp(self) -> None:
        network = SimulatedNetwork.begun()
        self.server, self.other = (network.person(number, server=True) for number in (1, 2))
        clock = Clock()
        self.context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        self.asked: list[bytes] = []
        self.renewed: list[bytes] = []
        own = SimpleNamespace(macs=())
        self.enrolment: Any = SimpleNamespace(own=own, renewed=lambda octets: self.renewed.append(octets) is not None)
        known: Any = SimpleNamespace(tell=lambda octets: self.asked.append(octets) or [self.server.key.identity])
        nobody: Any = SimpleNamespace(tell=lambda octets: [])
        sessions: Any = SimpleNamespace(onSession=lambda reader: None)
        control: Any = SimpleNamespace(read=lambda numbers, reader: setattr(self, "receive", reader))
        tap: Any = SimpleNamespace(mac=MAC(b"\2" * 6))
        addresses: Any = SimpleNamespace(take=lambda own, before: None)
        self.certificate = OwnCertificate(
            self.enrolment, known, nobody, sessions, control, tap, addresses, lambda: None, self.context
        )
        self.addCleanup(self.certificate.stop)

    def answer(self, person: Person, message: Message) -> None:
        """
        Somebody says something about our certificate.
        """
        self.receive: Any
        self.receive(Identity(person.key.identity), person.certificate.member, pack(message))

    def test_whoMayRefuse(self) -> None:
        """
        Whoever was asked, and once; a certificate is taken from everybody who may issue one, whenever it comes.
        """
        self.answer(self.server, Refused("not asked"))
        self.certificate.keepFresh()
        self.assertEqual(len(self.asked), 1)
        self.answer(self.other, Refused("somebody else"))
        self.assertEqual(self.context.notes.texts, [])
        self.answer(self.server, Refused("first"))
        self.answer(self.server, NotNow("second"))
        [note] = self.context.notes.texts
        self.assertIn("first", note)
        self.answer(self.other, Renewed(b"certificate"))
        self.assertEqual((self.renewed, self.context.notes.texts), ([b"certificate"], []))

    def test_ourOwnAuthorityFails(self) -> None:
        """
        An error of whoever answers us, ourselves, is counted and said; it is asked again later.
        """
        answers: list[Deferred[Message]] = [fail(OSError("no room"))]
        self.certificate.answerer = lambda message: answers.pop()
        self.certificate.keepFresh()
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.assertEqual(self.context.counters["drop-raised-renewal"], 1)
        self.assertTrue(any("cannot renew now" in each for each in self.context.notes.texts))

    def test_aNewOneIsTold(self) -> None:
        """
        An event tells who we are, and until when it is valid.
        """
        told: list[Event] = []
        self.context.events.subscribe(told.append)
        new = SimpleNamespace(macs=(), name="alice", identity=b"k" * 32, expires=5000)
        self.enrolment.renewed = lambda octets: setattr(self.enrolment, "own", new)
        for _ in range(2):
            self.answer(self.server, Renewed(b"certificate"))
        [event] = [each for each in told if each.kind == "renewed"]
        self.assertEqual(event.fields, {"name": "alice", "key": "6b" * 32, "expires": 5000})
