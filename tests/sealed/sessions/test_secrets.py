"""
Handshakes in a network whose secret was changed.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import msgspec
from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.rotation import Rotation
from wand.sealed.credentials.signed import signed
from wand.sealed.sessions import answering, own_handshake
from wand.sealed.sessions.noise import Initiator
from wand.sealed.sessions.own_handshake import GUESSES_MAXIMUM
from wand.sealed.sessions.packets import (
    RESPONSE,
    Greeting,
    Reply,
    macKey,
    packGreeting,
    packReply,
    packResponse,
    parseGreeting,
)
from wand.testing.inbox import Datagram


class SecretsCase(SynchronousTestCase):
    """
    Two members that know where the other is, and what the network signs.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.net.clock.advance(1000.0)
        self.one, self.two = self.net.pair()

    def rotation(self, number: int, former: int = 0, until: int = 0) -> bytes:
        content = Rotation(self.net.key.network, number, former, until, number.to_bytes(32, "big"))
        return signed(self.net.key.signing, content)

    def meets(self, one: SealedNode, other: SealedNode, seconds: float = 4.0) -> bool:
        """
        Does a frame come through?
        """
        before = len(other.frames)
        one.meet(other)
        other.meet(one)
        one.send(other.peer, one.frameTo(other))
        self.net.run(seconds)
        return len(other.frames) > before


class SecretsTests(SecretsCase):
    def test_bothHaveTheNewest(self) -> None:
        """
        The newest secret is used that both have, and both know which one that is of the other.
        """
        told: list[int] = []
        self.one.transport.sessions.onSecret(lambda member, number: told.append(number))
        for node in (self.one, self.two):
            node.papers.secrets.take([self.rotation(900)])
        self.assertTrue(self.meets(self.one, self.two))
        self.assertEqual(told, [900])
        self.assertEqual(self.two.transport.sessions.secretOf(self.one.peer), 900)
        self.assertIsNone(self.two.transport.sessions.secretOf(b"nobody"))

    def test_oneLags(self) -> None:
        """
        While the former one counts a member that lags begins sessions, and is reached, in either direction.
        """
        for ahead, begins in ((0, 0), (0, 1), (1, 0), (1, 1)):
            with self.subTest(ahead=ahead, begins=begins):
                self.setUp()
                nodes = self.one, self.two
                nodes[ahead].papers.secrets.take([self.rotation(900, until=2000)])
                self.assertTrue(self.meets(nodes[begins], nodes[1 - begins]))

    def test_afterTheOverlap(self) -> None:
        """
        After that a member that lags is reached by nobody, whoever begins, and the reason is counted.
        """
        for begins in (0, 1):
            with self.subTest(begins=begins):
                self.setUp()
                nodes = self.one, self.two
                self.one.papers.secrets.take([self.rotation(900, until=999)])
                self.assertFalse(self.meets(nodes[begins], nodes[1 - begins]))
                self.assertEqual((self.one.sessions, self.two.sessions), ([], []))
        self.assertGreater(self.one.transport._counters["drop-sealed-secret"], 0)

    def test_aServerTakesEverybody(self) -> None:
        """
        A member that lags reaches a server, and a server that lags reaches members: both were given another secret
        while they were away.
        """
        for lags in ("member", "server"):
            with self.subTest(lags=lags):
                self.setUp()
                server = self.net.node("server", "192.0.2.9", isServer=True)
                (self.one if lags == "server" else server).papers.secrets.take([self.rotation(900, until=999)])
                self.assertTrue(self.meets(self.one, server))
                self.assertTrue(self.meets(server, self.one))

    def test_eachMissedWhatTheOtherHas(self) -> None:
        """
        Of several secrets the newest is used that both have, also if each has some that the other has not.
        """
        every = [self.rotation(number, number - 1, until=2000) for number in range(901, 905)]
        self.one.papers.secrets.take(every[1:])
        self.two.papers.secrets.take(every[:2])
        self.assertTrue(self.meets(self.one, self.two))

    def test_aRelease(self) -> None:
        """
        A member whose program knows of one secret meets one that has several, in both directions, while that one
        counts; nobody tells it of another one.
        """
        told: list[Any] = []
        for begins in (0, 1):
            with self.subTest(begins=begins):
                self.setUp()
                self.one.papers.secrets.take([self.rotation(900, until=2000)])
                self.one.transport.sessions.onSecret(lambda *said: told.append(said))
                nodes = self.one, self.two
                with self.former():
                    self.assertTrue(self.meets(nodes[begins], nodes[1 - begins]))
                self.assertEqual(told, [])
                self.assertIsNone(self.one.transport.sessions.secretOf(self.two.peer))

    def former(self) -> ExitStack:
        """
        Have the second one say what an earlier release says.
        """
        certificate = self.two.papers.certificate

        def greeting(said: Greeting) -> bytes:
            return packGreeting(msgspec.structs.replace(said, secrets=None) if said.credential == certificate else said)

        def reply(said: Reply) -> bytes:
            return packReply(msgspec.structs.replace(said, secrets=None) if said.credential == certificate else said)

        patches = ExitStack()
        patches.enter_context(patch.object(own_handshake, "packGreeting", greeting))
        patches.enter_context(patch.object(answering, "packReply", reply))
        return patches

    def test_sessionsGoOn(self) -> None:
        """
        Sessions that there are go on when the secret changes, and are renewed with the new one.
        """
        self.assertTrue(self.meets(self.one, self.two))
        for node in (self.one, self.two):
            node.papers.secrets.take([self.rotation(1001, until=1001)])
        for _ in range(30):
            self.one.send(self.two.peer, self.one.frameTo(self.two))
            self.net.run(10.0)
        self.assertEqual(len(self.two.frames), 31)
        self.assertEqual(self.one.sessions, [(self.two.peer, True)])
        self.assertEqual(self.one.transport.sessions.secretOf(self.two.peer), 1001)

    def test_forgedAnswersCostLittle(self) -> None:
        """
        Somebody on the path who forges answers makes an initiator try its other secrets a few times only, and the real
        answer is taken all the same.
        """
        for node in (self.one, self.two):
            for number in range(901, 904):
                node.papers.secrets.take([self.rotation(number, number - 1, until=2000)])
        tried: list[bytes] = []
        read = Initiator.read

        def counted(noise: Initiator, message: bytes, psk: bytes) -> Any:
            tried.append(psk)
            return read(noise, message, psk)

        self.net.underlay.drop(self.replaced)
        with patch.object(Initiator, "read", counted):
            self.assertTrue(self.meets(self.one, self.two))
        self.assertLessEqual(len(tried), 20 + GUESSES_MAXIMUM + 1)

    def replaced(self, datagram: Datagram) -> bool:
        """
        Send 20 forged ones in front of each answer.
        """
        if datagram.payload[0] == RESPONSE and datagram.sender == self.two.endpoint:
            key = macKey(self.one.key.exchangePublic)
            theirs, ours = (int.from_bytes(datagram.payload[at : at + 4], "big") for at in (4, 8))
            for number in range(20):
                noise = bytes([number]) * (len(datagram.payload) - 12 - 32)
                forged = packResponse(theirs, ours, noise, key)
                self.one.transport.reception.datagramReceived(memoryview(forged), self.two.endpoint)
        return False

    def test_greetings(self) -> None:
        """
        A greeting says which secrets there are; more than are kept make it none.
        """
        greeting = Greeting(1, 1, 0, b"certificate", secrets=(0, 1, 2, 3))
        self.assertEqual(parseGreeting(packGreeting(greeting)), greeting)
        self.assertIsNone(parseGreeting(packGreeting(msgspec.structs.replace(greeting, secrets=(0,) * 17))))
        self.assertIsNone(parseGreeting(packGreeting(msgspec.structs.replace(greeting, secrets=(-1,)))))
