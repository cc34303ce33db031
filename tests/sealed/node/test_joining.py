"""
A node asks to join, and asks for new certificates.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

from simulated.membership import TestNetwork, entropyFrom, macFrom, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import MembershipRefused, StateUnavailable
from wand.events import Events
from wand.health.notes import Notes
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import Admitted, Join, NotNow, Pending, Refused, Renew, Renewed
from wand.sealed.credentials.token import Token
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.joining import Joining, Renewal
from wand.state import StateDirectory
from wand.state_writer import RETRY_INTERVAL

NETWORK = TestNetwork()
SERVER = NodeKey.fromSeed(octetsFrom("server"))
MAC = macFrom("alice")


class JoiningCase(SynchronousTestCase):
    """
    A node that has an invitation.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        path = mkdtemp()
        self.addCleanup(rmtree, path)
        self.state = StateDirectory(path)
        self.node = Enrolment(self.state, self.clock, entropyFrom("alice"), wallClock=self.clock.seconds)
        secret, identifier = octetsFrom("secret"), octetsFrom("id")[:16]
        network = bytes(NETWORK.key.network)
        where, server = ("192.0.2.1:1",), (SERVER.identity, SERVER.exchangePublic)
        self.node.begin(Token(network, *server, where, identifier, secret, "aes-256-gcm"))
        self.sent: list[Join | Renew] = []

    def admission(self, issued: int = 0) -> Admitted:
        server = NETWORK.certificate(SERVER, "server", (), server=True)
        certificate = NETWORK.certificate(self.node.key, issued=issued, expires=issued + 3000)
        return Admitted(certificate, NETWORK.descriptor, NETWORK.secret, server)


class JoiningTests(JoiningCase):
    def setUp(self) -> None:
        super().setUp()
        self.delays: list[str] = []
        self.joining = Joining(self.node, "alice", MAC, self.clock, Random(1), self.sent.append, self.delays.append)
        self.joining.start()

    def asked(self, seconds: int) -> int:
        """
        How often the server was asked in some seconds.
        """
        before = len(self.sent)
        self.clock.pump([1] * seconds)
        return len(self.sent) - before

    def test_itAsksAgain(self) -> None:
        """
        Without an answer the same is asked after 2 s, 4 s, 8 s and so on, at the latest every 30 s.
        """
        self.assertEqual([self.asked(2), self.asked(4), self.asked(8), self.asked(16)], [1, 1, 1, 1])
        self.assertEqual(self.asked(300), 10)
        self.assertEqual(len(set(self.sent)), 1)

    def test_admitted(self) -> None:
        """
        With the server's answer the node is a member and asks no more.
        """
        self.joining.received(self.admission())
        self.assertIsNone(self.successResultOf(self.joining.done))
        self.assertEqual((self.node.stage, self.clock.getDelayedCalls()), ("member", []))
        self.joining.received(Refused("late"))

    def test_pendingThenAdmitted(self) -> None:
        """
        While it is to be approved the node asks every 20 s, and an answer that comes unasked is good as well.
        """
        self.joining.received(Pending())
        self.assertEqual((self.asked(19), self.asked(1)), (0, 1))
        self.joining.received(self.admission())
        self.successResultOf(self.joining.done)

    def test_hasten(self) -> None:
        """
        When the server is found later, it is asked at once; when it is found while it is being asked, only once.
        """
        asked = len(self.sent)
        self.joining.hasten()
        self.clock.advance(0)
        self.assertEqual(len(self.sent), asked + 1)
        self.joining.stop()
        self.joining._send = lambda join: self.sent.append(join) or len(self.sent) > 9 or self.joining.hasten()
        self.joining.start()
        self.clock.advance(0)
        self.assertEqual(len(self.sent), asked + 2)

    def test_refused(self) -> None:
        """
        A refusal ends it, with the reason of the server.
        """
        self.joining.received(Refused("the invitation has expired"))
        failure = self.failureResultOf(self.joining.done, MembershipRefused)
        self.assertIn("expired", str(failure.value))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aFalseAnswerIsNone(self) -> None:
        """
        An answer that is not valid is ignored; the node goes on asking.
        """
        self.joining.received(Admitted(b"", b"", octetsFrom("x"), b""))
        self.assertNoResult(self.joining.done)
        self.assertEqual(self.asked(2), 1)
        self.joining.stop()
        self.assertEqual(self.asked(60), 0)

    def test_notNowIsNoRefusal(self) -> None:
        """
        A server that cannot answer now is asked again, later and later up to a minute, for as long as it takes; the
        invitation is kept and the reason is told (headscale#1684, headscale#2363).
        """
        gaps = []
        for _ in range(12):
            self.joining.received(NotNow("the server cannot store anything now"))
            before = len(self.sent)
            gaps.append(next(second for second in range(1, 99) if self.clock.advance(1) or len(self.sent) > before))
        self.assertEqual(gaps[:5], sorted(gaps[:5]))
        self.assertLessEqual(gaps[0], 2)
        self.assertTrue(all(40 <= gap <= 60 for gap in gaps[-4:]), gaps)
        self.assertEqual(set(self.delays), {"the server cannot store anything now"})
        self.assertNoResult(self.joining.done)
        self.assertIsNotNone(self.node.token)
        self.joining.received(self.admission())
        self.successResultOf(self.joining.done)

    def test_aFullDiskKeepsNobodyOut(self) -> None:
        """
        A membership that cannot be kept is one all the same; the invitation stays on the disk, so that a restart loses
        nothing, until there is room for the membership.
        """

        def full(name: str, content: bytes) -> None:
            raise StateUnavailable("the disk is full")

        with self.patched(full):
            self.joining.received(self.admission())
            self.successResultOf(self.joining.done)
            self.assertEqual(self.node.stage, "member")
            self.clock.advance(RETRY_INTERVAL)
        self.assertTrue((self.state.path / "token").exists())
        self.clock.advance(RETRY_INTERVAL)
        self.assertFalse((self.state.path / "token").exists())
        self.assertEqual(Enrolment(self.state, self.clock, wallClock=self.clock.seconds).stage, "member")

    def patched(self, write: Callable[[str, bytes], None]) -> AbstractContextManager[Any]:
        return patch.object(self.state, "write", write)


class RenewalTests(JoiningCase):
    def setUp(self) -> None:
        super().setUp()
        self.node.admitted(self.admission())
        self.news: list[None] = []
        self.notes = Notes(self.clock, Events(self.clock.seconds))
        self.renewal = Renewal(self.node, MAC, self.clock, self.sent.append, lambda: self.news.append(None), self.notes)
        self.addCleanup(self.renewal.stop)

    def test_itAsksAfterAThird(self) -> None:
        """
        A new certificate is asked for after a third of the life of the present one, again and again until it comes.
        """
        self.renewal.start()
        self.clock.advance(999)
        self.assertEqual(self.sent, [])
        self.clock.pump([1, 30, 30])
        self.assertEqual(self.sent, [Renew(MAC)] * 3)
        self.renewal.received(Renewed(self.admission(1000).certificate))
        self.assertEqual(len(self.news), 1)
        self.clock.advance(900)
        self.assertEqual(len(self.sent), 3)

    def test_aNewTapAsksAtOnce(self) -> None:
        """
        A node whose tap has an address that its certificate does not name asks at once.
        """
        renewal = Renewal(self.node, macFrom("new"), self.clock, self.sent.append, lambda: None, self.notes)
        renewal.start()
        self.assertEqual(self.sent, [Renew(macFrom("new"))])
        renewal.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_whatIsNoNewsIsNotTold(self) -> None:
        """
        The same certificate, a wrong one or a refusal changes nothing.
        """
        self.renewal.start()
        for message in (Renewed(self.node.certificate), Renewed(b""), Refused("no"), NotNow("later")):
            self.renewal.received(message)
        self.assertEqual(self.news, [])

    def test_whatIsNotRenewedIsTold(self) -> None:
        """
        A note says that the server does not renew the certificate, and goes when it does.
        """
        self.renewal.start()
        self.renewal.received(NotNow("the server cannot store anything now"))
        self.assertEqual([note.isHint for note in self.notes], [True])
        self.renewal.received(Refused("this key is not a member"))
        self.assertEqual([note.isHint for note in self.notes], [False])
        self.assertIn("this key is not a member", self.notes.texts[0])
        self.renewal.received(Renewed(self.admission(1000).certificate))
        self.assertEqual(self.notes.texts, [])

    def test_beforeJoiningNothingIsAsked(self) -> None:
        """
        Without a membership there is nothing to renew.
        """
        self.node.own = None
        self.renewal.start()
        self.assertEqual((self.sent, self.clock.getDelayedCalls()), ([], []))
