"""
Whatever arrives, in whatever state a node is: nothing is raised, the port stays open, and what is good still passes.
Everything goes through real reception, on a simulated network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final
from unittest import mock

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.membership import TestNetwork, entropyFrom, octetsFrom
from simulated.sealed import MTU, SealedNetwork, SealedNode
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, Endpoint
from wand.ethernet import OVERHEAD
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import Admitted
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.noise import SUITES, Initiator
from wand.sealed.sessions.own_handshake import OwnHandshake
from wand.sealed.sessions.packets import (
    CONTROL,
    COOKIE,
    DATA,
    FRAME,
    INITIATION,
    JOIN,
    MEMBER,
    PLAINTEXT_MAXIMUM,
    RESPONSE,
    Greeting,
    macKey,
    packGreeting,
    packInitiation,
    packResponse,
)
from wand.sealed.sessions.path import LOSSY, PROBE
from wand.sealed.sessions.transport import SealedTransport
from wand.state import StateDirectory
from wand.superframes.cutting import CHUNK
from wand.superframes.fragments import FRAGMENT
from wand.superframes.parity import PARITY
from wand.testing.context import simulatedContext
from wand.testing.network import Network

KINDS: Final = (CONTROL, FRAME, CHUNK, FRAGMENT, PROBE, PARITY, LOSSY, 7, 255)

NETWORK = TestNetwork()
SERVER = NodeKey.fromSeed(octetsFrom("server"))
TOKEN = NETWORK.token(SERVER, "192.0.2.100:44444")


def raised(node: SealedNode) -> dict[str, int]:
    """
    What a node counted of exceptions.
    """
    counters = node.transport._counters
    return {name: count for name, count in counters.items() if name.startswith("drop-raised") and count}


class PlaintextCase(SynchronousTestCase):
    """
    Two members in session, of whom one may use every source address, as with the bridge right, and sends what it likes.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.victim, self.enemy = self.net.pair()
        self.victim.transport.admitSources(lambda identity, mac, toGroup: True)
        self.enemy.send(self.victim.peer, self.enemy.frameTo(self.victim))
        self.net.run()
        self.assertGoodFramePasses()

    def inflict(self, plaintexts: Sequence[bytes]) -> None:
        """
        Have datagrams arrive in one batch, and in trains where they have one length.
        """
        conversation = self.enemy.transport._find(self.victim.key.identity)
        assert conversation is not None
        for each in plaintexts:
            conversation.link.sendPlain(each)
        self.net.clock.pump([0.0, 0.0, 0.01])

    def assertGoodFramePasses(self) -> None:
        """
        The next frame arrives.
        """
        before = len(self.victim.frames)
        self.enemy.send(self.victim.peer, self.enemy.frameTo(self.victim))
        self.net.clock.pump([0.0, 0.0])
        self.assertEqual(self.victim.frames[before:], [(self.enemy.peer, self.enemy.frameTo(self.victim))])
        self.assertEqual(raised(self.victim), {})


class EveryPlaintextTests(PlaintextCase):
    def test_everyLengthOfFrame(self) -> None:
        """
        Frames of every length from nothing to more than the MTU allows do no harm, each alone and all in trains.
        """
        for length in [*range(MTU + OVERHEAD + 50), 9000, PLAINTEXT_MAXIMUM - 1]:
            self.inflict([bytes([FRAME]) + bytes(length)])
            if length < 100:
                self.inflict([bytes([FRAME]) + bytes(length)] * 3)
        self.assertGoodFramePasses()
        self.assertEqual(self.victim.transport._counters["drop-sealed-runt"], 4 * 14)

    def test_everyKindOfEveryShortLength(self) -> None:
        """
        Plaintexts of every kind, also of those that nobody knows, and of every length up to that of all headers.
        """
        for kind in range(256):
            for length in range(64 if kind in KINDS else 4):
                for filling in (b"\0", b"\xff"):
                    self.inflict([bytes([kind]) + filling * length])
        self.assertGoodFramePasses()

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=300)), max_size=12))
    def test_anyPlaintexts(self, messages: list[tuple[int, bytes]]) -> None:
        """
        Any plaintexts, in any order.
        """
        self.inflict([bytes([kind]) + body for kind, body in messages])
        self.assertGoodFramePasses()

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(KINDS), st.binary(min_size=80, max_size=80)), min_size=2, max_size=20))
    def test_anyTrain(self, messages: list[tuple[int, bytes]]) -> None:
        """
        Any plaintexts of one length, which come in one train.
        """
        self.inflict([bytes([kind]) + body for kind, body in messages])
        self.assertGoodFramePasses()

    @settings(max_examples=100, deadline=None)
    @given(st.integers(1, 40), st.integers(0, 40), st.binary(max_size=40))
    def test_fragmentsOfShortFrames(self, total: int, offset: int, piece: bytes) -> None:
        """
        Frames that are too short, made of fragments.
        """
        fragment = bytes([FRAGMENT, 0, 1]) + total.to_bytes(2, "big") + offset.to_bytes(2, "big") + piece
        self.inflict([fragment])
        self.assertGoodFramePasses()

    def test_aFaultCostsOneDatagram(self) -> None:
        """
        Where there is a fault all the same, only the datagram is lost that meets it: those of its train arrive.
        """
        before, receive = len(self.victim.frames), self.victim.frameReceived

        def faulty(peer: object, frame: bytes) -> None:
            if bytes(frame).endswith(b"2"):
                raise KeyError("deliberately")
            receive(peer, frame)

        self.patch(self.victim, "frameReceived", faulty)
        self.inflict([bytes([FRAME]) + self.enemy.frameTo(self.victim, b"%d" % number) for number in range(5)])
        self.assertEqual([frame[-1:] for _, frame in self.victim.frames[before:]], [b"0", b"1", b"3", b"4"])
        self.assertEqual(raised(self.victim), {"drop-raised-datagram": 1})
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_aFaultInASuperframeIsForgotten(self) -> None:
        """
        Superframes that cannot be joined because of a fault are dropped, and not tried again with every batch.
        """
        waiting = self.victim.transport.reception._waiting
        self.patch(waiting, "joinFinished", lambda: 1 / 0)
        self.inflict([bytes([CHUNK]) + bytes(80)] * 2)
        self.assertEqual((waiting.taken, waiting._chunks), (0, []))
        self.assertEqual(raised(self.victim), {"drop-raised-superframe": 1})
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_aReaderThatRaises(self) -> None:
        """
        Who reads control messages or is told of sessions may fail: the others are told, and the session goes on.
        """
        told: list[bytes] = []
        self.victim.transport.onControl(lambda *_: 1 / 0)
        self.victim.transport.onControl(lambda peer, member, message: told.append(message))
        self.inflict([bytes([CONTROL]) + b"hello"])
        self.assertEqual(told, [b"hello"])
        self.assertEqual(raised(self.victim), {"drop-raised-reader-of-messages-or-sessions": 1})
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class TimerTests(PlaintextCase):
    """
    What is done after a while, and fails.
    """

    def test_aHandshakeThatFailsIsTriedAgain(self) -> None:
        """
        An initiation that cannot be made because of a fault does not end the attempt: the next repetition is due.
        """
        third = self.net.node("three", "192.0.2.3")
        third.meet(self.victim)
        with mock.patch.object(OwnHandshake, "write", side_effect=KeyError("deliberately")):
            third.send(self.victim.peer, third.frameTo(self.victim))
        self.assertEqual(raised(third), {"drop-raised-handshake": 1})
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.net.run(5.0)
        self.assertIn((third.peer, third.frameTo(self.victim)), self.victim.frames)

    def test_aKeepaliveThatFailsIsNotTheLast(self) -> None:
        """
        When what is due in a conversation fails, the next thing is due all the same.
        """
        conversation = self.victim.transport._find(self.enemy.key.identity)
        assert conversation is not None
        with mock.patch.object(Conversation, "keepalive", side_effect=KeyError("deliberately")):
            self.assertRaises(KeyError, self.net.run, 60.0)
        self.assertLess(conversation.schedule.timerAt, inf)
        self.assertGoodFramePasses()


class EveryStateTests(SynchronousTestCase):
    """
    A node in each state of its membership, and everything that somebody may send who knows its key.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.network = Network(self.clock, Random(1))
        self.random = Random(2)

    def node(self, prepare: Callable[[Enrolment], object]) -> SealedTransport:
        """
        The transport of a node whose membership was prepared.
        """
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.enrolment = Enrolment(
            StateDirectory(str(Path(temporary.name) / "state")), self.clock, wallClock=self.clock.seconds
        )
        self.addCleanup(self.enrolment.stop)
        self.context = simulatedContext(self.clock, self.network, "192.0.2.1")
        prepare(self.enrolment)
        transport = SealedTransport("0.0.0.0", NODE_PORT, self.context, self.enrolment, entropyFrom("transport"), MTU)
        self.addCleanup(transport.stop)
        return transport

    def become(self, enrolment: Enrolment) -> None:
        """
        Make a member of the node.
        """
        enrolment.begin(TOKEN)
        certificate = NETWORK.certificate(enrolment.key, "alice", issued=1000)
        server = NETWORK.certificate(SERVER, "server", (), server=True)
        self.assertTrue(enrolment.admitted(Admitted(certificate, NETWORK.descriptor, NETWORK.secret, server)))

    def revoked(self, enrolment: Enrolment) -> None:
        """
        Make a member, and revoke it.
        """
        self.become(enrolment)
        assert enrolment.trust is not None
        enrolment.trust.revoke(NETWORK.revocation(enrolment.identity, 1000))
        self.assertEqual(enrolment.stage, "revoked")

    def expired(self, enrolment: Enrolment) -> None:
        """
        Make a member, and let its certificate expire.
        """
        self.become(enrolment)
        self.clock.advance(1_000_000)

    def refused(self, enrolment: Enrolment) -> None:
        """
        Begin to redeem an invitation, in vain.
        """
        enrolment.begin(TOKEN)
        enrolment.invitation.forget()

    def handshakes(self) -> list[bytes]:
        """
        Initiations of members and joiners that open at the node, as far as it is in a network, for all ciphers and
        prologues that it may have; and answers with the right mac1 to everything that it may have sent.
        """
        theirs = self.enrolment.key.exchangePublic
        key, made = macKey(theirs), []
        peer = NodeKey.fromSeed(self.random.randbytes(32))
        for ours, credential, purpose in (
            (peer.exchange, NETWORK.certificate(peer, "eve", expires=10_000_000), MEMBER),
            (SERVER.exchange, NETWORK.certificate(SERVER, "server", (), server=True, expires=10_000_000), MEMBER),
            (self.enrolment.key.exchange, self.enrolment.certificate, MEMBER),
            (peer.exchange, TOKEN.invitation, JOIN),
            (peer.exchange, b"", 7),
        ):
            for cipher in SUITES:
                for network in (NETWORK.key.network, b""):
                    ephemeral = X25519PrivateKey.from_private_bytes(self.random.randbytes(32))
                    noise = Initiator(cipher, b"wand 1" + network, ours, theirs, ephemeral)
                    greeting = Greeting(1, int(self.clock.seconds() * 1000) + len(made), purpose, credential)
                    made.append(packInitiation(len(made), noise.write(packGreeting(greeting)), key, b""))
        for index in (*self.transport._shared.indices.attempts, 0):
            made.append(packResponse(7, index, self.random.randbytes(len(made[0]) - 44), key))
            made.append(bytes([COOKIE, 0, 0, 0]) + index.to_bytes(4, "big") + self.random.randbytes(44))
        return made

    def attack(self, prepare: Callable[[Enrolment], object], *, joins: bool = False) -> None:
        """
        Send everything, more than once and damaged, and see that nothing happened.
        """
        self.transport = transport = self.node(prepare)
        if joins:
            server = transport.join(
                SERVER.exchangePublic, [Endpoint("192.0.2.100", 44444)], TOKEN.invitation, TOKEN.secret
            )
            transport.sendControl(server, b"join")
        sender = self.network.host("192.0.2.2").bind("0.0.0.0", 4711, self)
        datagrams = self.handshakes()
        datagrams += [each[:-1] + bytes([each[-1] ^ 1]) for each in datagrams] + [each[:-1] for each in datagrams]
        datagrams += [bytes([kind]) * size for kind in (0, INITIATION, RESPONSE, COOKIE, DATA, 9) for size in range(70)]
        datagrams += [b"", *(self.random.randbytes(832) for _ in range(20))]
        for at, datagram in enumerate(datagrams * 2):
            sender.send(datagram, ("192.0.2.1", NODE_PORT))
            self.clock.advance(0.0 if at % 3 else 0.05)
        self.clock.pump([1.0] * 5)
        raisedThere = {name for name in self.context.counters if name.startswith("drop-raised")}
        self.assertEqual(raisedThere, set())
        self.assertFalse(any(port._closed for port in transport.ways.ports.values()))
        before = self.context.counters["drop-sealed-malformed"]
        sender.send(bytes([INITIATION]), ("192.0.2.1", NODE_PORT))
        self.clock.advance(0)
        self.assertEqual(self.context.counters["drop-sealed-malformed"], before + bool(self.enrolment.cipher))

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        The node answers.
        """

    def batchReceived(self) -> None:
        """
        It answers no more for now.
        """

    def test_new(self) -> None:
        """
        A node that has no invitation yet drops handshakes and counts them.
        """
        self.attack(lambda enrolment: None)
        self.assertGreater(self.context.counters["drop-sealed-newcomer"], 0)

    def test_joining(self) -> None:
        """
        A node that redeems an invitation, and one whose request is pending.
        """
        self.attack(lambda enrolment: enrolment.begin(TOKEN), joins=True)

    def test_refused(self) -> None:
        """
        A node that was refused knows the network and not its cipher: handshakes are dropped and counted.
        """
        self.attack(self.refused)
        self.assertGreater(self.context.counters["drop-sealed-newcomer"], 0)

    def test_refusedInTheMiddle(self) -> None:
        """
        The same while an initiation is on its way.
        """
        self.attack(lambda enrolment: enrolment.begin(TOKEN), joins=True)
        self.enrolment.invitation.forget()
        for datagram in self.handshakes():
            self.transport.reception.datagramReceived(memoryview(datagram), ("192.0.2.2", 4711))
        self.clock.pump([1.0] * 20)

    def test_member(self) -> None:
        """
        A member, whose peers get answers.
        """
        self.attack(self.become)
        self.assertGreater(self.context.counters["sealed-initiations-answered"], 0)

    def test_revoked(self) -> None:
        """
        A member that was revoked.
        """
        self.attack(self.revoked)

    def test_expired(self) -> None:
        """
        A member whose certificate has expired.
        """
        self.attack(self.expired)
