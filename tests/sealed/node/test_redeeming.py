"""
Tests for L{wand.sealed.node.redeeming}: which server of an invitation is asked, and for how long.
"""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

import wand.sealed.node.redeeming
from wand.ethernet import MAC
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import NotNow, Pending, pack
from wand.sealed.credentials.token import Token, TokenServer
from wand.sealed.node.redeeming import SERVER_PATIENCE, Redeeming
from wand.testing.context import simulatedContext
from wand.testing.network import Network

TOKEN = Token(
    b"n" * 32,
    b"1" * 32,
    b"first".ljust(32),
    ("one.example:44444",),
    b"i" * 16,
    b"s" * 32,
    "aes-256-gcm",
    (TokenServer(b"2" * 32, b"second".ljust(32), ("two.example:44444",)),),
)


class Sessions:
    """
    Sessions in which a join session is the exchange key of its server.
    """

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.answer: Any = None

    def join(self, server: bytes, endpoints: list[Any], invitation: bytes, secret: bytes) -> bytes:
        return server.strip()

    def onJoin(self, reader: Any) -> None:
        self.answer = reader

    def sendControl(self, server: bytes, octets: bytes) -> None:
        self.asked.append(server)

    def introduceServer(self, server: bytes, endpoints: list[Any]) -> None:
        pass

    def end(self, server: bytes) -> None:
        pass


class RedeemingTests(SynchronousTestCase):
    """
    An invitation that names two servers, by names that are resolved a moment later.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.patch(wand.sealed.node.redeeming, "resolverOf", lambda clock: self.resolve)
        self.sessions = Sessions()
        wanted = SimpleNamespace(addresses=())
        enrolment = SimpleNamespace(token=TOKEN, own=None, invitation=wanted, key=NodeKey.fromSeed(b"k" * 32))
        context = simulatedContext(self.clock, Network(self.clock, Random(1)), "192.0.2.1")
        tap = SimpleNamespace(mac=MAC(b"\2\0\0\0\0\1"))
        self.redeeming = Redeeming(
            cast(Any, enrolment), cast(Any, self.sessions), cast(Any, tap), context, "bob", lambda *said: None
        )
        self.addCleanup(self.redeeming.stop)

    def resolve(self, name: str) -> Deferred[list[str]]:
        found: Deferred[list[str]] = Deferred()
        self.clock.callLater(0.1, succeed(["192.0.2.9"]).chainDeferred, found)
        return found

    def go(self, seconds: float) -> bytes:
        """
        @return: who was asked last.
        """
        self.clock.pump([0.1] * round(10 * seconds))
        return self.sessions.asked[-1]

    def test_aSlowServerIsGivenTime(self) -> None:
        """
        A server is not left before it had time to answer, also if it was asked again because its name was resolved.
        """
        self.redeeming.begin()
        self.assertEqual(self.go(SERVER_PATIENCE - 0.5), b"first")
        self.assertEqual(self.sessions.asked.count(b"first"), 3)
        self.assertEqual(self.go(1.0), b"second")

    def test_whoAnswersIsKept(self) -> None:
        """
        A server that answers is asked again, however long that takes; one that cannot now is left.
        """
        self.redeeming.begin()
        self.go(1.0)
        for _ in range(3):
            self.sessions.answer(b"first", pack(Pending()))
            self.assertEqual(self.go(21.0), b"first")
        self.sessions.answer(b"first", pack(NotNow("busy")))
        self.assertEqual(self.go(2.0), b"second")
