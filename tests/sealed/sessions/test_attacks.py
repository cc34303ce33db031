"""
An attacker's kit against the sealed protocol: everything that went wrong elsewhere, in simulated time.
"""

from __future__ import annotations

import tracemalloc
from hashlib import blake2s
from random import Random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.errors import AddressInvalid, ConfigurationInvalid
from wand.ethernet import MAC
from wand.interfaces import IFrameReceiver, IPeerProtocol, ITransport, TransportRequest
from wand.sealed.credentials.limits import BROADCASTS
from wand.sealed.sessions import gone_joiners, joiners
from wand.sealed.sessions.cookies import CookieJar
from wand.sealed.sessions.freshness import COPIES_LATE
from wand.sealed.sessions.noise import Initiator
from wand.sealed.sessions.packets import (
    COOKIE_SIZE,
    DATA,
    HANDSHAKE_SIZE,
    INITIATION,
    JOIN,
    MEMBER,
    RESPONSE,
    CookieMessage,
    Greeting,
    macKey,
    packGreeting,
    packInitiation,
    packResponse,
)
from wand.sealed.sessions.peers import GROUP_BURST
from wand.sealed.sessions.plugin import Sealed
from wand.sealed.sessions.timers import JOIN_IDLE
from wand.testing.context import WallClock, simulatedContext
from wand.testing.inbox import Datagram

BURST = round(GROUP_BURST * BROADCASTS)
ATTACKER = ("198.51.100.66", 6666)


class AttackTestCase(SynchronousTestCase):
    """
    Two members in session, and somebody who sends what he likes.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.low, self.high = self.net.pair()
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run()
        self.high.send(self.low.peer, self.high.frameTo(self.low))
        self.net.run(2.0)
        self.recorded = list(self.net.underlay.sent)
        self.net.underlay.sent.clear()

    def throw(
        self, datagram: bytes, sender: tuple[str, int] = ATTACKER, at: SealedNode | None = None
    ) -> list[Datagram]:
        """
        Send a datagram to a member.

        @return: what anybody sent because of it.
        """
        self.net.underlay.sent.clear()
        (at or self.high).transport.reception.datagramReceived(memoryview(datagram), sender)
        self.net.run(0.2)
        return list(self.net.underlay.sent)

    def counted(self, name: str) -> int:
        return self.high.transport._counters[name]

    def checkUnharmed(self) -> None:
        """
        Both still talk, and where they are.
        """
        before = len(self.high.frames), len(self.low.frames)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.high.send(self.low.peer, self.high.frameTo(self.low))
        self.net.run()
        self.assertEqual((len(self.high.frames), len(self.low.frames)), (before[0] + 1, before[1] + 1))
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), self.low.endpoint)
        self.assertEqual(self.low.transport.sessions.endpointOf(self.high.peer), self.high.endpoint)

    def initiation(
        self,
        key: X25519PrivateKey,
        credential: bytes,
        purpose: int = MEMBER,
        time: int = 10_000_000,
        version: int = 1,
        at: SealedNode | None = None,
    ) -> bytes:
        """
        A handshake that is right in all that its sender can know.
        """
        theirs = (at or self.high).key.exchangePublic
        ephemeral = X25519PrivateKey.from_private_bytes(Random(time).randbytes(32))
        noise = Initiator("aes-256-gcm", b"wand 1" + self.net.key.network, key, theirs, ephemeral)
        return packInitiation(
            9, noise.write(packGreeting(Greeting(version, time, purpose, credential))), macKey(theirs), b""
        )


class RecordedTests(AttackTestCase):
    """
    The attacker has a recording of everything that the members sent.
    """

    def test_replayed(self) -> None:
        """
        Nothing that is played again has any effect, or any answer.
        """
        frames = len(self.high.frames), len(self.low.frames)
        for each in self.recorded:
            at = self.high if each.destination == self.high.endpoint else self.low
            self.assertEqual(self.throw(each.payload, at=at), [])
            self.assertEqual(self.throw(each.payload, each.sender, at=at), [])
        self.assertEqual((len(self.high.frames), len(self.low.frames)), frames)
        self.assertEqual((self.counted("sealed-copies"), self.counted("drop-sealed-stale")), (2, 0))
        self.assertGreater(self.counted("drop-sealed-replayed"), 0)
        self.checkUnharmed()

    def test_replayedLater(self) -> None:
        """
        What comes again after some time came over no other way: it is stale.
        """
        self.net.run(COPIES_LATE)
        for each in self.recorded:
            if each.destination == self.high.endpoint:
                self.assertEqual(self.throw(each.payload), [])
        self.assertEqual((self.counted("sealed-copies"), self.counted("drop-sealed-stale")), (0, 1))
        self.checkUnharmed()

    def test_replayedToARestartedMember(self) -> None:
        """
        A member that forgot everything may answer an old initiation, with as many octets, but no recorded frame opens.
        """
        self.high.transport.stop()
        again = self.net.node("two", self.high.host, key=self.high.key)
        answers = self.throw(self.recorded[0].payload, at=again)
        self.assertEqual([len(each.payload) for each in answers], [HANDSHAKE_SIZE])
        for each in self.recorded:
            self.throw(each.payload, at=again)
        self.assertEqual((again.frames, again.sessions), ([], []))
        self.assertIsNone(again.transport.sessions.endpointOf(self.low.peer))

    def test_reflected(self) -> None:
        """
        Nothing that comes back to whoever sent it has any effect, or any answer.
        """
        for each in self.recorded:
            at = self.low if each.sender == self.low.endpoint else self.high
            self.assertEqual(self.throw(each.payload, each.destination, at=at), [])
        self.checkUnharmed()

    def test_ownInitiationReflected(self) -> None:
        """
        Nobody can be made to begin a session with himself, not even with a handshake that would open.
        """
        mirrored = self.initiation(self.high.key.exchange, self.high.papers.certificate)
        self.assertEqual(self.throw(mirrored), [])
        self.assertEqual(self.counted("drop-sealed-handshake"), 1)
        self.checkUnharmed()

    def test_truncated(self) -> None:
        """
        No beginning of anything recorded has any effect, or any answer.
        """
        for each in self.recorded:
            for size in {*range(60), *range(0, len(each.payload), 97)}:
                if size < len(each.payload):
                    self.high.transport.reception.datagramReceived(memoryview(each.payload[:size]), ATTACKER)
        self.net.underlay.sent.clear()
        self.net.run()
        self.assertEqual(list(self.net.underlay.sent), [])
        self.checkUnharmed()

    def test_bitFlipped(self) -> None:
        """
        Nothing recorded that was changed in one bit, apart from what is reserved, has any effect.
        """
        random = Random(0)
        frames = len(self.high.frames)
        for each in self.recorded:
            for _ in range(100):
                bad = bytearray(each.payload)
                bad[random.randrange(4, len(bad))] ^= 1 << random.randrange(8)
                self.high.transport.reception.datagramReceived(memoryview(bytes(bad)), ATTACKER)
        self.net.run(0.2)
        self.assertEqual(len(self.high.frames), frames)
        self.checkUnharmed()

    def test_captureShowsNothing(self) -> None:
        """
        What passed on the wire has no octet of the frames, of the names, of the certificates or of the MAC addresses.
        """
        name = b"a-name-that-nobody-has-by-chance"
        third = self.net.node(name.decode(), "192.0.2.3")
        third.meet(self.high)
        third.send(self.high.peer, third.frameTo(self.high, b"a payload like no other"))
        self.net.run()
        self.assertEqual(len(self.high.frames), 2)
        capture = b"|".join(each.payload for each in [*self.recorded, *self.net.underlay.sent])
        for secret in (name, b"payload", self.net.key.network):
            self.assertNotIn(secret, capture)
        for node in (self.low, self.high, third):
            for secret in (node.mac, node.papers.certificate[10:30], node.key.identity, node.key.exchangePublic):
                self.assertNotIn(secret, capture)


class ForgedTests(AttackTestCase):
    """
    The attacker makes datagrams of his own.
    """

    def test_unauthenticatedDatagramMovesNoEndpoint(self) -> None:
        """
        A datagram for a live session that does not open moves neither the endpoint nor the window (OpenVPN,
        CVE-2020-11810).
        """
        header = next(each.payload for each in reversed(self.recorded) if each.payload[0] == DATA)[:8]
        for counter in (0, 5, 1 << 40, (1 << 64) - 1):
            self.assertEqual(self.throw(header + counter.to_bytes(8, "big") + bytes(60)), [])
        self.checkUnharmed()

    def test_noOracle(self) -> None:
        """
        Every kind of wrong handshake is answered in the same way: with nothing (tinc, CVE-2018-16737).  Whoever shows a
        member's, though an old one, is asked for a proof that it is new, with less than what came.
        """
        stranger = X25519PrivateKey.from_private_bytes(b"s" * 32)
        outsider = SealedNetwork(seed=5).node("outsider", "192.0.2.66")
        expired = self.net.certificate(self.low.key, "low", expires=1)
        certificate = self.low.papers.certificate
        cases = {
            "wrong mac": bytes([INITIATION, 1]) + bytes(HANDSHAKE_SIZE - 2),
            "no certificate": self.initiation(stranger, b""),
            "somebody else's certificate": self.initiation(stranger, certificate),
            "another network's certificate": self.initiation(outsider.key.exchange, outsider.papers.certificate),
            "expired certificate": self.initiation(self.low.key.exchange, expired),
            "changed certificate": self.initiation(self.low.key.exchange, certificate[:-1] + b"x"),
            "unknown invitation": self.initiation(stranger, b"i" * 16, JOIN),
            "unknown purpose": self.initiation(stranger, certificate, 7),
        }
        for name, datagram in cases.items():
            self.assertEqual(self.throw(datagram), [], name)
        asked = self.throw(self.initiation(self.low.key.exchange, certificate, time=0))
        self.assertEqual([len(each.payload) for each in asked], [COOKIE_SIZE])
        self.checkUnharmed()

    def test_noNullCipherAndNoDowngrade(self) -> None:
        """
        Nothing in a datagram chooses a cipher, and plain text is never taken for a message (tinc, CVE-2018-16738 and
        CVE-2018-16758).
        """
        frame = b"\1" + self.low.frameTo(self.high)
        header = next(each.payload for each in reversed(self.recorded) if each.payload[0] == DATA)[:8]
        before = len(self.high.frames)
        for tag in (b"", bytes(16)):
            self.throw(header + (99).to_bytes(8, "big") + frame + tag, self.low.endpoint)
        self.assertEqual(len(self.high.frames), before)
        other = SealedNetwork("chacha20-poly1305")
        one, two = other.pair()
        two.papers.cipher = "aes-256-gcm"
        one.send(two.peer, one.frameTo(two))
        other.run(10.0)
        self.assertEqual(two.frames, [])

    def test_memberWithoutTheNetworkSecret(self) -> None:
        """
        A certificate alone is not enough: without the network secret no session comes about.
        """
        third = self.net.node("three", "192.0.2.3")
        third.papers.secrets.begin(third.papers.network, b"x" * 32)
        third.meet(self.high)
        third.send(self.high.peer, third.frameTo(self.high))
        self.net.run(30.0)
        self.assertEqual((third.sessions, [peer for peer, _ in self.high.sessions]), ([], [self.low.peer]))

    def test_spoofedSourceAddress(self) -> None:
        """
        A member cannot send as another: frames with a source address that is not its own are dropped and counted by
        peer.
        """
        before = len(self.high.frames)
        self.low.send(self.high.peer, bytes(self.high.mac) + b"\x02victim" + b"\x08\x00")
        self.low.send(self.high.peer, b"short")
        self.net.run()
        self.assertEqual(len(self.high.frames), before)
        account = self.high.transport.sessions.account(self.low.peer)
        assert account is not None
        self.assertEqual((account.spoofed, self.counted("drop-sealed-spoofed-source")), (1, 1))
        self.assertEqual(self.counted("drop-sealed-runt"), 1)
        self.assertEqual(self.high.transport.peerStatus(self.low.peer).drops, 2)

    def test_floodOfBroadcasts(self) -> None:
        """
        A member that sends broadcasts without end is heard up to its budget, and its frames to us go on; so do the
        broadcasts of others.  What is beyond is counted in the member's account.
        """
        third = self.net.node("three", "192.0.2.3")
        third.meet(self.high)
        frames = len(self.high.frames)
        broadcast = b"\xff" * 6 + bytes(self.low.mac) + b"\x08\x06"
        for _ in range(BURST + 500):
            self.low.send(self.high.peer, broadcast)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        third.send(self.high.peer, b"\xff" * 6 + bytes(third.mac) + b"\x08\x06")
        self.net.clock.pump([0.0] * 8)
        self.assertEqual(len(self.high.frames) - frames, BURST + 2)
        self.assertEqual(self.counted("drop-sealed-flood"), 500)
        self.high.transport.sessions.blame(self.low.peer, "guarded")
        status = self.high.transport.peerStatus(self.low.peer)
        self.assertEqual((status.drops, status.reasons), (501, {"flooded": 500, "guarded": 1}))
        self.net.run(1.0)
        self.low.send(self.high.peer, broadcast)
        self.net.run()
        self.assertEqual(len(self.high.frames) - frames, BURST + 3)

    def test_wholeKeysAreCompared(self) -> None:
        """
        A member whose key begins like another's is not that other (OpenVPN, CVE-2025-13086; ZeroTier, 2021).
        """
        alike = bytes(self.low.key.identity[:31]) + bytes([self.low.key.identity[31] ^ 1])
        self.high.transport.sessions.end(alike)
        self.checkUnharmed()
        self.assertRaises(AddressInvalid, self.high.transport.peerFrom, self.low.key.identity.hex()[:16])
        self.assertEqual(self.high.transport.peerFrom(self.low.key.identity.hex()), self.low.peer)

    def test_answerOfAnotherMember(self) -> None:
        """
        A member cannot answer in the place of another: whoever answers must have the identity that was asked for.
        """
        third = self.net.node("three", "192.0.2.3")
        self.low.transport.introduce(b"v" * 32, third.key.exchangePublic, [third.endpoint])
        self.low.transport.sendControl(type(self.low.peer)(b"v" * 32), b"secret")
        self.net.run(10.0)
        self.assertEqual(third.controls, [])
        self.assertGreater(self.low.transport._counters["drop-sealed-refused"], 0)

    def test_nothingLongerThanWhatCame(self) -> None:
        """
        Whatever a stranger sends, nobody is sent more octets because of it (n2n's supernode was an amplifier).
        """
        member = self.initiation(self.low.key.exchange, self.low.papers.certificate)
        [answer] = self.throw(member)
        self.assertEqual((answer.payload[0], answer.destination), (RESPONSE, ATTACKER))
        self.assertLessEqual(len(answer.payload), len(member))
        hurry = self.high.transport._handshakes.answering._hurry
        for _ in range(100):
            hurry.countOne(self.net.clock.seconds())
        [demand] = self.throw(self.initiation(self.low.key.exchange, self.low.papers.certificate, time=11_000_000))
        self.assertLess(len(demand.payload), HANDSHAKE_SIZE)
        self.checkUnharmed()

    def test_floodedWithHandshakes(self) -> None:
        """
        During 2,000 handshakes in a moment, of strangers who know our key, sessions pass frames, memory stays flat,
        and nothing but demands for cookies is sent.
        """
        stranger = X25519PrivateKey.from_private_bytes(b"s" * 32)
        datagrams = [self.initiation(stranger, b"", time=time) for time in range(200)]
        self.flood(datagrams)
        tracemalloc.start()
        try:
            self.flood(datagrams)
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(9):
                self.flood(datagrams)
            self.assertLess(tracemalloc.get_traced_memory()[0] - before, 200_000)
        finally:
            tracemalloc.stop()
        self.checkUnharmed()
        self.assertGreater(self.counted("sealed-cookies-demanded"), 1500)
        self.assertEqual(self.counted("drop-sealed-hurry"), 0)
        self.assertEqual(len(self.high.transport._conversations.members), 1)

    def flood(self, datagrams: list[bytes]) -> None:
        for number, datagram in enumerate(datagrams):
            self.high.transport.reception.datagramReceived(
                memoryview(datagram), (f"198.51.100.{number}", 1000 + number)
            )
        self.net.underlay.sent.clear()

    def test_forgedAnswersAndCookies(self) -> None:
        """
        Forged answers and cookies do not stop a handshake, and make nobody send more.
        """
        third = self.net.node("three", "192.0.2.3")
        self.high.meet(third)
        undo = self.net.underlay.drop(lambda each: each.destination == third.endpoint)
        self.high.send(third.peer, self.high.frameTo(third))
        self.net.run(0.1)
        [index] = self.high.transport._shared.indices.attempts
        random = Random(0)
        self.net.underlay.sent.clear()
        for _ in range(50):
            noise = random.randbytes(HANDSHAKE_SIZE - 44)
            answer = packResponse(1, index, noise, macKey(self.high.key.exchangePublic))
            cookie = CookieMessage(index, random.randbytes(12), random.randbytes(32)).pack()
            self.high.transport.reception.datagramReceived(memoryview(answer), third.endpoint)
            self.high.transport.reception.datagramReceived(memoryview(cookie), third.endpoint)
        self.assertEqual(list(self.net.underlay.sent), [])
        self.assertEqual((self.counted("drop-sealed-handshake"), self.counted("drop-sealed-cookie")), (50, 50))
        undo()
        self.net.run(10.0)
        self.assertEqual(len(third.frames), 1)

    def test_cookiesMakeNobodySendWithoutEnd(self) -> None:
        """
        Somebody on the path who plays one demand for a cookie again and again gets one initiation more, no flood.
        """
        third = self.net.node("three", "192.0.2.3")
        self.high.meet(third)
        self.net.underlay.drop(lambda each: each.destination == third.endpoint)
        self.high.send(third.peer, self.high.frameTo(third))
        [initiation] = [each.payload for each in self.net.underlay.sent if each.destination == third.endpoint]
        jar = CookieJar(third.key.exchangePublic, Random(0).randbytes)
        self.net.underlay.sent.clear()
        for _ in range(50):
            index = int.from_bytes(initiation[4:8], "big")
            demand = jar.demand(memoryview(initiation), index, self.high.endpoint, self.net.clock.seconds())
            self.high.transport.reception.datagramReceived(memoryview(demand), third.endpoint)
        self.assertEqual(len(self.net.underlay.sent), 1)

    @settings(max_examples=300, deadline=None)
    @given(st.one_of(st.binary(max_size=100), st.binary(min_size=832, max_size=832)), st.integers(0, 6))
    def test_anythingCanArrive(self, octets: bytes, kind: int) -> None:
        """
        Whatever a stranger sends is dropped, counted, and not answered.
        """
        self.net.underlay.sent.clear()
        counters = self.high.transport._counters
        before = sum(value for name, value in counters.items() if name.startswith("drop-"))
        for datagram in (octets, bytes([kind]) + octets[1:]):
            self.high.transport.reception.datagramReceived(memoryview(datagram), ATTACKER)
        self.assertEqual(list(self.net.underlay.sent), [])
        after = sum(value for name, value in counters.items() if name.startswith("drop-"))
        self.assertEqual(after - before, 2)


class JoiningTests(AttackTestCase):
    """
    A session that redeems an invitation is good for nothing else.
    """

    def setUp(self) -> None:
        super().setUp()
        self.server = self.net.node("server", "192.0.2.9", isServer=True)
        self.server.papers.invitations[b"i" * 16] = b"s" * 32
        self.guest = self.net.stranger("192.0.2.10")

    def join(self, invitation: bytes = b"i" * 16, secret: bytes = b"s" * 32, at: SealedNode | None = None) -> None:
        at = at or self.server
        server = self.guest.transport.join(at.key.exchangePublic, [at.endpoint], invitation, secret)
        self.guest.transport.sendControl(server, b"let me in")
        self.net.run(5.0)

    def test_joins(self) -> None:
        """
        Whoever has the secret of an invitation can talk to the server, which knows the invitation and the key.
        """
        self.join()
        [(other, message)] = self.server.joins
        self.assertEqual((other, message), (self.guest.key.exchangePublic, b"let me in"))
        self.assertEqual(other.invitation, b"i" * 16)
        self.server.transport.sendControl(other, b"welcome")
        self.net.run()
        self.assertEqual(self.guest.joins, [(self.server.key.exchangePublic, b"welcome")])
        self.assertEqual((self.server.controls, self.server.sessions), ([], []))
        self.server.transport.sessions.end(other)
        self.assertFalse(self.server.transport.isUp(other))

    def test_wrongSecret(self) -> None:
        """
        The id of an invitation without its secret is worth nothing, and neither is an unknown one.
        """
        self.join(secret=b"x" * 32)
        self.join(invitation=b"j" * 16)
        self.assertEqual(self.server.joins, [])

    def test_onlyServersAnswer(self) -> None:
        """
        A node answers nobody who wants to join, and nobody who joins takes a node for a server.
        """
        self.join(at=self.high)
        self.high.papers.invitations[b"i" * 16] = b"s" * 32
        self.join(at=self.high)
        self.assertEqual(self.high.joins, [])

    def test_noFramesWhileJoining(self) -> None:
        """
        A frame in such a session is dropped and counted.
        """
        self.join()
        [conversation] = self.guest.transport._conversations.joiners.values()
        conversation.link.send(1, self.guest.frameTo(self.server))
        self.guest.transport.flush()
        self.net.run()
        self.assertEqual(self.server.frames, [])
        self.assertEqual(self.server.transport._counters["drop-sealed-joining"], 1)

    def test_joinersAreBounded(self) -> None:
        """
        However many keys redeem one invitation, or come from one address, the server keeps a bounded number of
        conversations, and who comes last gets in.
        """
        conversations = self.server.transport._conversations
        self.patch(joiners, "JOINERS_INVITATION", 5)
        for number in range(20):
            key = X25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)
            self.throw(self.initiation(key, b"i" * 16, JOIN, at=self.server), at=self.server)
        self.assertEqual(len(conversations.joiners), 5)
        self.assertEqual(self.counter("sealed-joiners-replaced"), 15)
        self.join()
        self.assertEqual(len(self.server.joins), 1)
        self.assertEqual(len(conversations.joiners), 5)

    def counter(self, name: str) -> int:
        return self.server.transport._counters[name]

    def test_joinersLeaveNothingBehind(self) -> None:
        """
        Those who redeem an invitation and say nothing more are forgotten, with their groups, and without a word.
        """
        conversations = self.server.transport._conversations
        for number in range(20):
            key = X25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)
            self.throw(self.initiation(key, b"i" * 16, JOIN, at=self.server), at=self.server)
        self.join()
        before = self.counter("sealed-initiations-sent")
        self.net.run(2 * JOIN_IDLE)
        self.assertEqual(
            (len(conversations.joiners), conversations.joiners._groups, conversations.joiners._groupsOf), (0, {}, {})
        )
        self.assertEqual(self.server.transport._shared.indices.sessions, {})
        self.assertEqual(self.counter("sealed-initiations-sent"), before)

    def test_aForgottenJoinerIsNotReplayed(self) -> None:
        """
        Somebody who recorded how a node asked to join gets no answer for it, not even when the node is forgotten.
        """
        key = X25519PrivateKey.from_private_bytes(bytes([1]) * 32)
        recorded = self.initiation(key, b"i" * 16, JOIN, at=self.server)
        self.assertEqual(len(self.throw(recorded, at=self.server)), 1)
        self.net.run(2 * JOIN_IDLE)
        self.assertEqual(len(self.server.transport._conversations.joiners), 0)
        self.assertEqual(self.throw(recorded, at=self.server), [])
        self.assertEqual(self.counter("drop-sealed-stale"), 1)

    def test_aRecordingMakesNoRoomForItself(self) -> None:
        """
        Somebody who recorded how nodes asked to join, and sends it all again when they are forgotten, ends no
        conversation of a node that joins now, takes no place, and makes the server forget nothing.
        """
        conversations = self.server.transport._conversations
        self.patch(joiners, "JOINERS_INVITATION", 5)
        keys = [X25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32) for number in range(10)]
        recorded = [self.initiation(key, b"i" * 16, JOIN, at=self.server) for key in keys]
        for each in recorded:
            self.throw(each, at=self.server)
        self.net.run(2 * JOIN_IDLE)
        self.join()
        for _ in range(2):
            for each in recorded:
                self.throw(each, at=self.server)
        [conversation] = conversations.joiners.values()
        self.assertTrue(self.server.transport.isUp(conversation.peer))
        self.assertEqual((self.counter("drop-sealed-stale"), self.counter("sealed-cookies-demanded")), (20, 0))

    def test_aJoinerWhoseClockWasSetBackIsLetIn(self) -> None:
        """
        A node that joined, is forgotten, and comes again with the same key and an earlier time, is let in at once.
        """
        wallClock = WallClock(self.net.clock, 3600.0)
        for ahead in (3600.0, 0.0, -86_400.0):
            wallClock.ahead = ahead
            self.guest = self.net.node("guest", "192.0.2.11", key=self.guest.key, wallClock=wallClock)
            self.join()
            self.guest.transport.stop()
            self.net.run(2 * JOIN_IDLE)
        self.assertEqual([message for _, message in self.server.joins], [b"let me in"] * 3)
        self.assertEqual(self.counter("sealed-handshakes-proven"), 2)

    def test_whatIsRememberedOfJoinersIsBounded(self) -> None:
        """
        Of the nodes that joined and are gone only so many are remembered.
        """
        self.patch(gone_joiners, "GONE_MAXIMUM", 3)
        for number in range(5):
            key = X25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)
            self.throw(self.initiation(key, b"i" * 16, JOIN, at=self.server), at=self.server)
        self.net.run(2 * JOIN_IDLE)
        self.assertEqual(len(self.server.transport._conversations.joiners._gone), 3)

    def test_anInvitationDoesNotMakeTheServerForgetOthers(self) -> None:
        """
        Whoever holds an invitation and joins with it again and again does not make the server forget a node that came
        with another one, so that a recording of that would be answered.
        """
        self.patch(gone_joiners, "GONE_INVITATION", 3)
        self.patch(gone_joiners, "GONE_MAXIMUM", 6)
        self.server.papers.invitations[b"o" * 16] = b"t" * 32
        keys = [X25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32) for number in range(10)]
        recorded = self.initiation(keys[0], b"o" * 16, JOIN, at=self.server)
        self.assertEqual(len(self.throw(recorded, at=self.server)), 1)
        self.net.run(2 * JOIN_IDLE)
        for key in keys[1:]:
            self.throw(self.initiation(key, b"i" * 16, JOIN, at=self.server), at=self.server)
        self.net.run(2 * JOIN_IDLE)
        self.assertEqual(self.throw(recorded, at=self.server), [])
        self.assertEqual(self.counter("drop-sealed-stale"), 1)

    def test_theServerNeverInitiates(self) -> None:
        """
        A node that joined and is gone, whose last answer nobody confirms, hears nothing more of the server: no
        handshakes and no keepalives, which a healthy node would count as drops.
        """
        self.join()
        [(other, _)] = self.server.joins
        self.server.transport.sendControl(other, b"welcome")
        self.net.run()
        self.guest.transport.sessions.end(self.guest.joins[0][0])
        self.server.transport.sendControl(other, b"once more")
        dropped = self.guest.transport._counters.drops()
        self.net.run(200.0)
        self.assertEqual(self.counter("sealed-initiations-sent"), 0)
        self.assertLessEqual(self.guest.transport._counters.drops(), dropped + 1)
        self.server.transport.sendControl(other, b"too late")
        self.net.run(5.0)
        self.assertEqual(self.counter("sealed-initiations-sent"), 0)

    def test_aRestingJoinerComesBack(self) -> None:
        """
        A node that says nothing for long in its join session lets it go before the server does, so that what it says
        next arrives, in a new one, and nothing is dropped.
        """
        self.join()
        [conversation] = self.guest.transport._conversations.joiners.values()
        self.net.run(2 * JOIN_IDLE)
        self.guest.transport.sendControl(conversation.peer, b"still there")
        self.net.run(2.0)
        self.assertEqual([message for _, message in self.server.joins], [b"let me in", b"still there"])
        self.assertEqual((self.server.transport._counters.drops(), self.guest.transport._counters.drops()), (0, 0))


class UpgradeTests(AttackTestCase):
    """
    An older member and a newer one talk.
    """

    def test_newerMember(self) -> None:
        """
        A handshake of a member that speaks a later version, with more in it, is answered by an older one.
        """
        [answer] = self.throw(self.initiation(self.low.key.exchange, self.low.papers.certificate, version=9))
        self.assertEqual(answer.payload[:2], bytes([RESPONSE, 1]))

    def test_laterThanUs(self) -> None:
        """
        A handshake that only later versions understand is dropped and counted.
        """
        theirs = self.high.key.exchangePublic
        later = bytearray(packInitiation(1, bytes(HANDSHAKE_SIZE - 40), macKey(theirs), b"")[:-32])
        later[1] = 2
        later += blake2s(bytes(later), key=macKey(theirs), digest_size=16).digest() + bytes(16)
        self.assertEqual(self.throw(bytes(later)), [])
        self.assertEqual(self.counted("drop-sealed-version"), 1)

    def test_unknownKinds(self) -> None:
        """
        Messages of a kind that only later versions know, and datagrams of unknown types, are counted and ignored.
        """
        conversation = self.low.transport._conversations.members[self.high.peer]
        for kind in (8, 9, 200):
            conversation.link.send(kind, b"from the future")
        self.net.run()
        self.assertEqual(self.counted("drop-sealed-unknown-kind"), 3)
        self.throw(bytes([5]) + bytes(100))
        self.assertEqual(self.counted("drop-sealed-unknown-type"), 1)
        self.checkUnharmed()

    def test_failingReadersDisturbNobody(self) -> None:
        """
        A reader of control messages that fails is logged, and the others are told.
        """
        heard: list[bytes] = []

        def fail(*arguments: object) -> None:
            raise RuntimeError("bug")

        self.high.transport.onControl(fail)
        self.high.transport.onControl(lambda peer, member, message: heard.append(message))
        self.low.transport.sendControl(self.high.peer, b"x")
        self.net.run()
        self.assertEqual(heard, [b"x"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)


class PluginTests(AttackTestCase):
    """
    The protocol is a plugin like any other.
    """

    def request(self, **changes: object) -> TransportRequest:
        return TransportRequest("0.0.0.0", 22222, MAC(b"\2\0\0\0\0\1"), 1400, **changes)  # type: ignore[arg-type]  # as a test wants it

    def test_interfaces(self) -> None:
        """
        The plugin and the transport provide their interfaces.
        """
        verifyObject(IPeerProtocol, Sealed())
        verifyObject(ITransport, self.low.transport)
        verifyObject(IFrameReceiver, self.low)

    def test_opens(self) -> None:
        """
        With a membership it opens; without one, or with settings, it says what is wrong.
        """
        context = simulatedContext(self.net.clock, self.net.underlay, "192.0.2.77")
        self.assertIsNone(Sealed().unusable())
        self.assertRaises(ConfigurationInvalid, Sealed().open, self.request(), context)
        papers = self.low.papers
        self.assertRaises(
            ConfigurationInvalid, Sealed().open, self.request(membership=papers, settings={"x": 1}), context
        )
        transport = Sealed().open(self.request(membership=papers), context)
        self.assertEqual(transport.listening, "0.0.0.0:22222")
        transport.stop()

    def test_peersByName(self) -> None:
        """
        An operator names a peer by its name or by its whole key.
        """
        transport, peer = self.low.transport, self.high.peer
        name = transport.peerStatus(peer).peer
        self.assertIn(name, ("one", "two"))
        self.assertEqual({transport.peerFrom(name), transport.peerFrom(peer.hex())}, {peer})
        self.assertRaises(AddressInvalid, transport.peerFrom, "nobody")
        self.assertEqual(transport.peerStatus(type(peer)(bytes(32))).state, "unknown")
