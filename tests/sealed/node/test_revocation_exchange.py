"""
Tests for L{wand.sealed.node.revocation_exchange}, for what a directory server does.
"""

from __future__ import annotations

from random import Random
from typing import Any

from simulated.members import SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces.membership import Member
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Message, Revocations, RevocationsDigest, RevocationsWanted, pack, parse
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.revocation_exchange import COMPARISON_INTERVAL, RevocationExchange
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.timing.pacing import CALLS_AT_A_TIME, PAUSE


class ServerExchangeTests(SynchronousTestCase):
    """
    A server, and members with sessions.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.clock = self.network.clock
        context = simulatedContext(self.clock, Network(self.clock, Random(0)), "203.0.113.1")
        self.trust = Trust(self.network.key.network, self.clock.seconds)
        self.sent: list[tuple[bytes, Message | None]] = []
        self.exchange = RevocationExchange(self.trust, self, self, context, isServer=True)  # type: ignore[arg-type]
        certificate = self.trust.check(self.network.person(1).signedCertificate)
        assert certificate is not None
        self.member: Member = certificate.member

    def onSession(self, reader: Any) -> None:
        self.began = reader

    def read(self, numbers: range, reader: Any) -> Any:
        self.received = reader
        return lambda: None

    def sendControl(self, peer: bytes, message: bytes) -> None:
        self.sent.append((peer, parse(message)))

    def revocation(self, number: int) -> bytes:
        return signed(self.network.key.signing, Revocation(self.network.key.network, bytes([number]) * 32, 1))

    def test_membersBegin(self) -> None:
        """
        A server sends nothing by itself; it answers a member's digest with its own, and asks for what it lacks.
        """
        self.began(b"a", self.member, True)
        self.clock.advance(2 * COMPARISON_INTERVAL)
        self.assertEqual(self.sent, [])
        self.received(b"a", self.member, pack(RevocationsDigest(self.trust.notices.digest)))
        self.assertEqual(self.sent, [(b"a", RevocationsDigest(self.trust.notices.digest))])
        self.received(b"a", self.member, pack(RevocationsDigest(bytes(16))))
        self.assertEqual(
            self.sent[1:], [(b"a", RevocationsDigest(self.trust.notices.digest)), (b"a", RevocationsWanted(b""))]
        )

    def test_newsAreToldAFewAtATime(self) -> None:
        """
        A revocation goes to everybody; several of them, one after the other; and not to whoever is revoked.
        """
        count = 2 * CALLS_AT_A_TIME
        for number in range(count):
            self.began(bytes([number]) * 32, self.member, True)
        for number in (3, 4):
            self.assertTrue(self.trust.revoke(self.revocation(number)))
        self.assertEqual(len(self.sent), CALLS_AT_A_TIME)
        self.clock.pump([PAUSE] * 10)
        told = [peer for peer, message in self.sent if isinstance(message, Revocations)]
        self.assertEqual(len(told), 2 * count - 3)
        self.assertNotIn(Identity(bytes([3]) * 32), told)
        self.exchange.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
