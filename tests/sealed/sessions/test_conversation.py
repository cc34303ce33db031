"""
Tests for the sessions of the sealed protocol in simulated time: L{wand.sealed.sessions.conversation} and its machine.
"""

from __future__ import annotations

import gc
from itertools import pairwise

from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, Endpoint
from wand.sealed.sessions import unconfirmed
from wand.sealed.sessions.known_ways import CANDIDATES
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.packets import COOKIE, DATA, INITIATION, RESPONSE
from wand.sealed.sessions.peers import PeerKey
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.timers import UNCONFIRMED_LASTS, UNCONFIRMED_MAXIMUM
from wand.testing.inbox import Datagram


class SealedTestCase(SynchronousTestCase):
    """
    Two members, and a network between them.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.low, self.high = self.net.pair()

    def connect(self) -> None:
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run()
        self.assertEqual(len(self.high.frames), 1)
        self.net.underlay.sent.clear()

    def kinds(self, sender: SealedNode | None = None) -> list[int]:
        return [each.payload[0] for each in self.net.underlay.sent if sender is None or each.sender == sender.endpoint]

    def counter(self, node: SealedNode, name: str) -> int:
        return node.transport._counters[name]

    def state(self, node: SealedNode, other: SealedNode) -> str:
        return node.transport.peerStatus(other.peer).state

    def frames(self, sender: SealedNode, receiver: SealedNode, count: int = 1) -> int:
        """
        Send frames, and say how many arrive soon.
        """
        before = len(receiver.frames)
        for _ in range(count):
            sender.send(receiver.peer, sender.frameTo(receiver))
        self.net.run()
        return len(receiver.frames) - before


class BeginningTests(SealedTestCase):
    """
    A session comes about when there is something to send.
    """

    def test_nothingWithoutNeed(self) -> None:
        """
        Members who have nothing to say send nothing.
        """
        self.net.run(600.0, 1.0)
        self.assertEqual(self.kinds(), [])

    def test_firstFrame(self) -> None:
        """
        The first frame makes the session, waits for it, and arrives; both are told.
        """
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run()
        self.assertEqual(self.kinds()[:3], [INITIATION, RESPONSE, DATA])
        self.assertEqual(self.high.frames, [(self.low.peer, self.low.frameTo(self.high))])
        self.assertEqual((self.low.sessions, self.high.sessions), ([(self.high.peer, True)], [(self.low.peer, True)]))

    def test_whoIsToldSpeaksBeforeTheFrames(self) -> None:
        """
        What is said when a session begins, as our claim is, goes before the frames that waited for it: a peer takes
        none from whom it does not know.
        """
        order: list[str] = []
        self.low.transport.sessions.onSession(lambda peer, *_: self.low.transport.sendControl(peer, b"\x91\x1f"))
        self.high.transport.onControl(lambda *_: order.append("control"))
        received = self.high.frameReceived
        self.high.frameReceived = lambda *each: order.append("frame") or received(*each)  # type: ignore[method-assign, func-returns-value]  # append gives None
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run()
        self.assertEqual(order, ["control", "frame"])

    def test_bothCiphers(self) -> None:
        """
        A network with ChaCha20-Poly1305 works as one with AES-256-GCM does.
        """
        self.net = SealedNetwork("chacha20-poly1305")
        self.low, self.high = self.net.pair()
        self.connect()
        self.assertEqual(self.frames(self.high, self.low), 1)

    def test_controlMessages(self) -> None:
        """
        Control messages travel in the same session, and come with the member that sent them.
        """
        self.low.transport.sendControl(self.high.peer, b"\x91\x01")
        self.net.run()
        [(peer, member, message)] = self.high.controls
        self.assertEqual((peer, member.name, message), (self.low.peer, str(peer), b"\x91\x01"))

    def test_IPv6(self) -> None:
        """
        Members with IPv6 addresses talk like others.
        """
        six, other = self.net.node("six", "2001:db8::6"), self.net.node("other", "2001:db8::7")
        six.meet(other)
        self.assertEqual(self.frames(six, other), 1)
        self.assertEqual(self.frames(other, six), 1)

    def test_queueIsBounded(self) -> None:
        """
        While a handshake is under way the newest 64 frames are kept, the others are counted.
        """
        undo = self.net.underlay.drop(lambda datagram: True)
        for number in range(100):
            self.low.send(self.high.peer, self.low.frameTo(self.high, b"%d" % number))
        undo()
        self.net.run(2.0)
        self.assertEqual([frame[14:] for _, frame in self.high.frames], [b"%d" % number for number in range(36, 100)])
        self.assertEqual(self.counter(self.low, "drop-sealed-queue"), 36)

    def test_unknownPeers(self) -> None:
        """
        A frame for somebody whom nobody introduced is dropped and counted. One of whom nobody says that it is anywhere
        is offline, as a node that was switched off, or a server whose name is not resolved yet: that is not a drop.
        """
        other = self.net.node("other", "192.0.2.3")
        self.low.send(other.peer, b"x" * 20)
        self.low.transport.sendControl(other.peer, b"x")
        self.low.transport.introduce(other.peer, other.key.exchangePublic, [])
        self.low.send(other.peer, b"x" * 20)
        self.low.transport.sendControl(other.peer, b"x")
        self.assertEqual(self.counter(self.low, "drop-sealed-unknown-peer"), 2)
        self.assertEqual(self.counter(self.low, "drop-sealed-unreachable"), 0)
        self.assertEqual(self.counter(self.low, "sealed-absent"), 2)

    def test_tooLong(self) -> None:
        """
        What fits into no datagram is dropped and counted.
        """
        self.connect()
        self.assertEqual(self.frames(self.low, self.high), 1)
        self.low.send(self.high.peer, bytes(65_500))
        self.assertEqual(self.counter(self.low, "drop-sealed-too-long"), 1)

    def test_threeMembers(self) -> None:
        """
        Each two of three members talk by a session of their own.
        """
        third = self.net.node("three", "192.0.2.3")
        nodes = [self.low, self.high, third]
        pairs = [(one, other) for one in nodes for other in nodes if one is not other]
        for one, other in pairs:
            one.meet(other)
        for one, other in pairs:
            one.send(other.peer, one.frameTo(other))
        self.net.run(5.0)
        for one, other in pairs:
            self.assertIn((one.peer, one.frameTo(other)), other.frames)

    def test_framesToAGroup(self) -> None:
        """
        A frame to a group reaches members with a session, and those with whom one has to be made first; peers that
        nobody knows are counted, and keep no other from it.
        """
        third = self.net.node("three", "192.0.2.3")
        self.low.meet(third)
        self.connect()
        group = b"\xff" * 6 + bytes(self.low.mac) + b"\x08\x00"
        stranger = PeerKey(b"s" * 32)
        for frame in (group + b"small", group + b"big" * 450):
            self.low.transport.sendEach([stranger, third.peer, self.high.peer], frame)
            self.low.transport.flush()
            self.net.run()
            for each in (third, self.high):
                self.assertEqual(each.frames[-1], (self.low.peer, frame))
        self.assertEqual(self.counter(self.low, "drop-sealed-unknown-peer"), 2)

    def test_overlayAddressesAreNoEndpoints(self) -> None:
        """
        The tunnel never runs inside itself: what must not be reached is not sent to.
        """
        self.low.transport.mayReach = lambda host: not host.startswith("192.0.2.")
        self.low.meet(self.high)
        self.assertEqual(self.frames(self.low, self.high), 0)
        self.assertEqual(self.kinds(), [])


class RepetitionTests(SealedTestCase):
    """
    Handshakes get through bad networks, and end if nobody answers.
    """

    def test_everyCandidateHasItsTurn(self) -> None:
        """
        A few of the places where a peer may be are tried at once, the best of them first; then the others, within
        seconds.
        """
        places = [Endpoint(f"192.0.2.{number}", NODE_PORT) for number in range(100, 111)]
        self.low.transport.introduce(self.high.key.identity, self.high.key.exchangePublic, places)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(8.0)
        tried = [each.destination for each in self.net.underlay.sent]
        self.assertEqual(tried[:CANDIDATES], places[:CANDIDATES])
        self.assertEqual(set(tried), set(places))
        times = [each.time for each in self.net.underlay.sent]
        self.assertLessEqual(max(times.count(each) for each in times), CANDIDATES)

    def test_manyCandidatesAndACookie(self) -> None:
        """
        Whoever demands a cookie gets it, however many other places the peer may be at.
        """
        self.patch(self.high.transport._handshakes.answering._hurry, "countOne", lambda now: True)
        others = [Endpoint(f"192.0.2.{number}", NODE_PORT) for number in range(100, 110)]
        places = [*others[:3], self.high.endpoint, *others[3:]]
        self.low.transport.introduce(self.high.key.identity, self.high.key.exchangePublic, places)
        self.assertEqual(self.frames(self.low, self.high), 1)

    def test_unusedSessionsLetOthersWait(self) -> None:
        """
        While many come, no more are answered than use their sessions; when those do, everybody gets in.
        """
        self.patch(self.high.transport._handshakes.answering._hurry, "countOne", lambda now: True)
        self.patch(unconfirmed, "UNCONFIRMED_MAXIMUM", 2)
        many = [self.net.node(f"node-{number}", f"192.0.2.{number}") for number in range(50, 56)]
        undo = self.net.underlay.drop(lambda datagram: datagram.payload[0] == DATA)
        self.callTo(many)
        self.net.run(UNCONFIRMED_LASTS - 0.05, 0.01)
        self.assertEqual(self.counter(self.high, "sealed-initiations-answered"), 2)
        undo()
        self.net.run(10.0, 0.01)
        for each in many:  # what the first two sent before was lost
            each.send(self.high.peer, each.frameTo(self.high))
        self.net.run(10.0, 0.01)
        self.assertEqual({peer for peer, _ in self.high.frames}, {each.peer for each in many})

    def test_whoeverUsesNoSessionHoldsUpNobodyForLong(self) -> None:
        """
        Members that use no session with which they were answered, as many as fill the room and more, keep honest ones
        out for no longer than what they sent may be in the queue.
        """
        self.patch(self.high.transport._handshakes.answering._hurry, "countOne", lambda now: True)
        idle = [self.net.node(f"idle-{number}", f"203.0.113.{number}") for number in range(1, 41)]
        self.net.underlay.drop(lambda datagram: datagram.destination.host.startswith("203.0.113."))
        cookies = self.high.transport._handshakes.answering._jar
        self.patch(cookies, "isProven", lambda datagram, sender, now: True)
        self.callTo(idle)
        self.net.run(0.1, 0.01)
        self.assertEqual(self.counter(self.high, "sealed-initiations-answered"), UNCONFIRMED_MAXIMUM)
        honest = [self.net.node(f"node-{number}", f"192.0.2.{number}") for number in range(50, 60)]
        self.callTo(honest)
        self.net.run(0.5, 0.01)
        self.assertEqual({peer for peer, _ in self.high.frames}, {each.peer for each in honest})

    def test_peersTakeNoRoom(self) -> None:
        """
        A peer that begins anew at its place waits for nobody, and nobody waits for it.
        """
        self.connect()
        self.net.run(2.0)
        self.patch(self.high.transport._handshakes.answering._hurry, "countOne", lambda now: True)
        self.patch(unconfirmed, "UNCONFIRMED_MAXIMUM", 1)
        answered = self.counter(self.high, "sealed-initiations-answered")
        self.net.underlay.drop(lambda each: each.destination == self.low.endpoint and each.payload[0] == RESPONSE)
        self.low.transport.sessions.renew(self.high.peer)
        self.net.run(0.05, 0.01)
        self.assertEqual(self.counter(self.high, "sealed-initiations-answered"), answered + 1)
        other = self.net.node("other", "192.0.2.50")
        self.callTo([other])
        self.net.run(UNCONFIRMED_LASTS - 0.05, 0.01)
        self.assertIn(other.peer, {peer for peer, _ in self.high.frames})

    def test_sessionsThatWereAnsweredAreNotKept(self) -> None:
        """
        Whoever answers for days, and is in no hurry, keeps nothing of the sessions that are over.
        """
        self.connect()
        for _ in range(21):
            self.low.transport.sessions.renew(self.high.peer)
            self.assertEqual(self.frames(self.low, self.high), 1)
            self.net.run(1.0)
        self.assertGreater(self.counter(self.high, "sealed-initiations-answered"), 20)
        self.assertLessEqual(len(self.high.transport._handshakes.answering._unconfirmed), 1)
        gc.collect()
        ours = self.high.transport._conversations.members[self.low.peer]
        sessions = [each for each in gc.get_objects() if isinstance(each, Session) and each.owner is ours]
        self.assertLessEqual(len(sessions), 3)

    def callTo(self, nodes: list[SealedNode]) -> None:
        """
        Each has a frame for the member that answers.
        """
        for each in nodes:
            each.transport.introduce(self.high.key.identity, self.high.key.exchangePublic, [self.high.endpoint])
            each.send(self.high.peer, each.frameTo(self.high))

    def test_backsOff(self) -> None:
        """
        Initiations without an answer come after 1, 2, 4 and then every 8 seconds and up to a fifth more, for a minute.
        """
        self.net.underlay.drop(lambda datagram: datagram.sender == self.high.endpoint)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(200.0)
        times = [each.time for each in self.net.underlay.sent if each.sender == self.low.endpoint]
        waits = [after - before for before, after in pairwise(times)]
        for wait, least in zip(waits, [1, 2, 4, 8, 8, 8, 8], strict=False):
            self.assertTrue(least - 0.01 <= wait <= least * 1.2 + 0.01, waits)
        self.assertLessEqual(times[-1], 60.0)
        self.assertEqual(self.state(self.low, self.high), "silent")
        self.assertEqual(self.counter(self.low, "drop-sealed-queue"), 1)

    def test_nextFrameTriesAgain(self) -> None:
        """
        After a minute without an answer, the next frame starts another attempt.
        """
        undo = self.net.underlay.drop(lambda datagram: True)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(100.0)
        undo()
        self.assertEqual(self.frames(self.low, self.high), 1)

    def test_everyInitiationIsFresh(self) -> None:
        """
        A repeated initiation is a handshake of its own: the peer answers it though it answered the one before.
        """
        undo = self.net.underlay.drop(lambda datagram: datagram.payload[0] == RESPONSE)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(1.5)
        undo()
        self.net.run(5.0)
        self.assertEqual(len(self.high.frames), 1)

    def test_loss(self) -> None:
        """
        With a third of all datagrams lost, late and doubled, sessions are made and renewed for an hour.
        """
        self.net.underlay.loss = 0.3
        self.net.underlay.duplication = 0.1
        self.net.underlay.delay = 0.02
        self.net.underlay.jitter = 0.1
        for _ in range(360):
            self.low.send(self.high.peer, self.low.frameTo(self.high))
            self.high.send(self.low.peer, self.high.frameTo(self.low))
            self.net.run(10.0, 0.5)
        for node in (self.low, self.high):
            self.assertGreater(len(node.frames), 200)
            self.assertLess(len(node.frames), 360)
        self.net.underlay.loss = 0.0
        self.net.run(10.0)
        self.assertLessEqual(len(self.low.transport._shared.indices.sessions), 3)
        self.assertEqual(len(self.low.transport._shared.indices.attempts), 0)


class CollisionTests(SealedTestCase):
    """
    Both may begin at once.
    """

    def test_lowerIdentityGoesFirst(self) -> None:
        """
        The node with the lower identity keeps its own handshake, the other answers it, and all frames arrive.
        """
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.high.send(self.low.peer, self.high.frameTo(self.low))
        self.net.run(0.9)
        self.assertEqual((len(self.low.frames), len(self.high.frames)), (1, 1))
        self.assertEqual(self.counter(self.low, "sealed-collisions"), 1)
        self.assertEqual(sorted(self.kinds(self.low))[:1], [INITIATION])
        self.assertNotIn(RESPONSE, self.kinds(self.low))
        self.assertIn(RESPONSE, self.kinds(self.high))
        self.net.run(5.0)
        self.assertEqual((self.state(self.low, self.high), self.state(self.high, self.low)), ("established",) * 2)
        self.assertEqual(
            (len(self.low.transport._shared.indices.sessions), len(self.high.transport._shared.indices.sessions)),
            (1, 1),
        )

    def test_lowerIdentityThatIsNotHeardGivesWay(self) -> None:
        """
        If only the other's initiations arrive, the node with the lower identity answers after it had to repeat its own.
        """
        self.low.transport.introduce(
            self.high.peer, self.high.key.exchangePublic, [self.high.endpoint._replace(port=9)]
        )
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.high.send(self.low.peer, self.high.frameTo(self.low))
        self.net.run(8.0)
        self.assertEqual((len(self.low.frames), len(self.high.frames)), (1, 1))

    def test_collisionsUnderLoss(self) -> None:
        """
        Whatever is lost while both begin at once, both frames arrive in the end.
        """
        for seed in range(20):
            self.net = SealedNetwork(seed=seed)
            self.low, self.high = self.net.pair()
            self.net.underlay.loss = 0.4
            self.low.transport.sendControl(self.high.peer, b"x")
            self.high.transport.sendControl(self.low.peer, b"x")
            self.net.run(20.0)
            self.net.underlay.loss = 0.0
            self.net.run(20.0)
            self.assertEqual(self.frames(self.low, self.high), 1, seed)
            self.assertEqual(self.frames(self.high, self.low), 1, seed)


class RenewalTests(SealedTestCase):
    """
    Sessions are renewed, and nobody notices.
    """

    def test_byTime(self) -> None:
        """
        A session in use is renewed by its initiator after two minutes, and no frame is lost.
        """
        self.connect()
        for _ in range(130):
            self.assertEqual(self.frames(self.low, self.high), 1)
            self.net.run(0.5, 0.5)
        self.assertEqual(self.kinds().count(INITIATION), 1)
        self.assertEqual(self.kinds(self.low).count(INITIATION), 1)
        [initiation] = [each for each in self.net.underlay.sent if each.payload[0] == INITIATION]
        self.assertApproximates(initiation.time, 120.0, 1.0)

    def test_byCount(self) -> None:
        """
        A session is renewed when it has carried 2**32 messages.
        """
        self.connect()
        session = self.low.transport._conversations.members[self.high.peer].session
        assert session is not None
        session.sent = (1 << 32) - 1
        self.frames(self.low, self.high)
        self.assertNotIn(INITIATION, self.kinds())
        self.assertEqual(self.frames(self.low, self.high), 1)
        self.assertIn(INITIATION, self.kinds())
        self.assertIsNot(self.low.transport._conversations.members[self.high.peer].session, session)

    def test_byTheResponder(self) -> None:
        """
        If the initiator does not renew the session, the responder does, before it ends.
        """
        self.connect()
        self.net.underlay.drop(
            lambda datagram: datagram.sender == self.low.endpoint and datagram.payload[0] == INITIATION
        )
        lost = 0
        for _ in range(170):
            lost += 1 - self.frames(self.high, self.low)
            self.net.run(0.5, 0.5)
        self.assertEqual(lost, 0)
        self.assertIn(INITIATION, self.kinds(self.high))

    def test_lateDatagrams(self) -> None:
        """
        What was sent in the session before arrives after the renewal too, and does not move the endpoint.
        """
        self.connect()
        late: list[Datagram] = []
        undo = self.net.underlay.drop(lambda each: each.payload[0] == DATA and (late.append(each) or True))  # type: ignore[func-returns-value]  # append gives None
        self.low.send(self.high.peer, self.low.frameTo(self.high, b"late"))
        self.net.run(0.1)
        undo()
        self.low.transport._conversations.members[self.high.peer].renew()
        self.net.run()
        port = self.high.transport.ways.ports["4"]
        self.high.transport.reception.datagramReceived(memoryview(late[0].payload), ("198.51.100.9", 9))
        self.assertEqual(self.high.frames[-1][1][14:], b"late")
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), self.low.endpoint)
        self.assertIsNotNone(port)

    def test_unusedSessionsEnd(self) -> None:
        """
        A session that nobody uses is not renewed; after three minutes it is gone, and both are told.
        """
        self.connect()
        self.net.run(200.0)
        self.assertNotIn(INITIATION, self.kinds())
        self.assertEqual(self.low.sessions[-1], (self.high.peer, False))
        self.assertEqual(self.high.sessions[-1], (self.low.peer, False))
        self.assertEqual(
            (len(self.low.transport._shared.indices.sessions), len(self.high.transport._shared.indices.sessions)),
            (0, 0),
        )
        self.net.run(600.0, 1.0)
        self.assertEqual(self.net.clock.getDelayedCalls(), [])
        self.assertEqual(self.frames(self.high, self.low), 1)

    def test_hours(self) -> None:
        """
        In ten hours of a frame every half minute, no frame is lost and nothing is left behind.
        """
        self.connect()
        for _ in range(1200):
            self.low.send(self.high.peer, self.low.frameTo(self.high))
            self.net.run(30.0, 2.5)
        self.assertEqual(len(self.high.frames), 1201)
        self.assertLessEqual(len(self.high.transport._shared.indices.sessions), 2)
        self.assertLessEqual(len(self.net.clock.getDelayedCalls()), 2)


class LifeTests(SealedTestCase):
    """
    Peers know whether the other lives.
    """

    def test_keepaliveIsOwed(self) -> None:
        """
        Who got something and had nothing to send asks after a second whether the other still hears it, and says after
        ten seconds that it lives.
        """
        self.connect()
        self.net.run(12.0)
        question, answer, alive = self.net.underlay.sent
        self.assertEqual({len(each.payload) for each in (question, answer, alive)}, {46})
        self.assertEqual([each.sender for each in (question, alive)], [self.high.endpoint] * 2)
        self.assertEqual(answer.sender, self.low.endpoint)
        self.assertApproximates(question.time, 1.0, 0.1)
        self.assertApproximates(alive.time, 10.0, 0.5)

    def test_noKeepaliveForKeepalive(self) -> None:
        """
        Keepalives are not answered: two members who used their session keep it with one each in twenty seconds, after
        one question and its answer.
        """
        self.connect()
        self.net.run(100.0)
        self.assertLessEqual(len(self.net.underlay.sent), 13)

    def test_serversAreKeptAlive(self) -> None:
        """
        A session with a server is kept and renewed without any frame.
        """
        server = self.net.node("server", "192.0.2.9", isServer=True)
        self.low.meet(server)
        self.low.transport.sendControl(server.peer, b"hello")
        self.net.run(3600.0, 1.0)
        self.assertTrue(self.low.transport.isUp(server.peer))
        self.assertEqual(self.low.sessions, [(server.peer, True)])
        times = [each.time for each in self.net.underlay.sent if each.sender == self.low.endpoint]
        self.assertLess(max(after - before for before, after in pairwise(times)), 22.0)

    def test_silentPeerIsTriedAnew(self) -> None:
        """
        A second and a half after something was sent and nothing came, not even answers to two questions, a new
        handshake is tried; after a minute more the session is down.
        """
        self.connect()
        self.net.run(15.0)
        self.high.transport.stop()
        self.net.underlay.sent.clear()
        start = self.net.clock.seconds()
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(100.0)
        first = next(each for each in self.net.underlay.sent if each.payload[0] == INITIATION)
        self.assertApproximates(first.time - start, 1.5, 0.5)
        self.assertEqual(self.low.sessions[-1], (self.high.peer, False))

    def test_anAttemptThatEndsTakesNothingAway(self) -> None:
        """
        An attempt of ours ends without an answer just when the peer began a session itself: that one stays.
        """
        self.low.meet(self.high)
        self.high.meet(self.low)
        self.net.underlay.drop(lambda datagram: True)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(1.0)
        conversation = self.low.transport.sessions.find(self.high.peer)
        assert conversation is not None
        conversation.answers.next = answered = Session(
            conversation,
            "aes-256-gcm",
            TransportKeys(bytes(32), bytes(32)),
            7,
            8,
            self.net.clock.seconds(),
            initiator=False,
            version=1,
        )
        self.net.run(70.0)
        self.assertEqual(self.state(self.low, self.high), "silent")
        self.assertIs(conversation.next, answered)

    def multihomed(self, *, guarded: bool = False) -> tuple[SealedNode, SealedNode]:
        """
        A member that is known at its host's second address only, and one that knows it.

        @param guarded: is the latter behind a stateful firewall?
        """
        self.net = SealedNetwork()
        server = self.net.node("server", "192.0.2.1", more=("192.0.2.2",))
        client = self.net.node("client", "192.0.2.9")
        if guarded:
            self.net.underlay.guard("192.0.2.9")
        client.transport.introduce(server.key.identity, server.key.exchangePublic, [Endpoint("192.0.2.2", NODE_PORT)])
        return server, client

    def test_answersFromTheAddressThatWasAsked(self) -> None:
        """
        A member with several addresses is heard behind a stateful firewall: handshakes, frames and renewals come from
        the address that was asked, for hours.
        """
        server, client = self.multihomed(guarded=True)
        self.assertEqual(self.frames(client, server), 1)
        for _ in range(20):
            self.assertEqual((self.frames(client, server), self.frames(server, client, 3)), (1, 3))
            self.net.run(300.0, 1.0)
        self.assertEqual({each.sender.host for each in self.net.underlay.sent}, {"192.0.2.2", "192.0.2.9"})

    def test_movedWithSeveralAddresses(self) -> None:
        """
        When something changes at a host with several addresses, its peers hear from the one that they know, through a
        stateful firewall, too; and from the one that the system chooses, where that one leads nowhere.
        """
        server, client = self.multihomed(guarded=True)
        self.assertEqual(self.frames(client, server), 1)
        self.net.underlay.sent.clear()
        server.transport.moved()
        self.net.run(5.0)
        self.assertNotIn(INITIATION, {each.payload[0] for each in self.net.underlay.sent})
        self.assertEqual(self.frames(server, client), 1)
        server, client = self.multihomed()
        self.assertEqual(self.frames(client, server), 1)
        self.net.underlay.drop(lambda each: "192.0.2.2" in (each.sender.host, each.destination.host))
        server.transport.moved()
        self.net.run(0.2)
        self.assertEqual((self.frames(server, client), self.frames(client, server)), (1, 1))

    def test_theAddressThatWasAskedGoesAway(self) -> None:
        """
        When the host loses the address at which a conversation was, the peer finds it at the next one, at once.
        """
        server, client = self.multihomed()
        self.assertEqual(self.frames(client, server), 1)
        server.transport.ways.ports["4"].lose("192.0.2.2")  # type: ignore[attr-defined]  # of the simulated port only
        self.assertEqual((self.frames(server, client), self.frames(client, server)), (1, 1))
        self.assertEqual(client.transport.peerStatus(server.peer).endpoint, "192.0.2.1:22222")

    def test_theAddressThatWasAskedLeadsNowhere(self) -> None:
        """
        When nothing gets through any more from the address at which a conversation was, another one is tried.
        """
        server, client = self.multihomed()
        self.assertEqual(self.frames(client, server), 1)
        self.net.underlay.drop(lambda each: "192.0.2.2" in (each.sender.host, each.destination.host))
        server.send(client.peer, server.frameTo(client))
        self.net.run(30.0)
        self.assertEqual(self.frames(server, client), 1)

    def test_killedAndRestarted(self) -> None:
        """
        A member that was killed and started again talks at once, with the same key: nothing locks it out.
        """
        self.connect()
        self.high.transport.ways.ports["4"].close()  # SIGKILL: nothing is said
        again = self.net.node("two", self.high.host, key=self.high.key)
        again.meet(self.low)
        start = self.net.clock.seconds()
        again.send(self.low.peer, again.frameTo(self.low))
        self.net.run(0.3)
        self.assertEqual(len(self.low.frames), 1)
        self.low.send(again.peer, self.low.frameTo(again))
        self.net.run(0.3)
        self.assertEqual(len(again.frames), 1)
        self.assertLess(self.net.clock.seconds() - start, 1.0)

    def test_peerHeard(self) -> None:
        """
        The table is told of a peer that lives, at most every half minute.
        """
        self.connect()
        for _ in range(60):
            self.frames(self.low, self.high)
            self.net.run(0.5, 0.5)
        self.assertEqual(self.high.heard, [self.low.peer] * 2)


class RoamingTests(SealedTestCase):
    """
    A peer is followed to where it is.
    """

    def test_followsAuthenticatedDatagrams(self) -> None:
        """
        A member whose address changed is reached at the new one as soon as it sent something.
        """
        self.connect()
        moved = self.net.underlay.host("198.51.100.7").bind("0.0.0.0", 22222, self.low.transport.reception)
        peer = self.low.transport._conversations.members[self.high.peer]
        self.low.transport.ways.ports["4"] = peer.place.port = moved
        self.assertEqual(self.frames(self.low, self.high), 1)
        self.assertEqual(self.high.transport.peerStatus(self.low.peer).endpoint, "198.51.100.7:22222")
        self.assertEqual(self.frames(self.high, self.low), 1)
        sent = [each for each in self.net.underlay.sent if each.sender == self.high.endpoint]
        self.assertEqual(sent[-1].destination, ("198.51.100.7", 22222))

    def test_olderDatagramMovesNothing(self) -> None:
        """
        A datagram that was overtaken by a newer one does not move the endpoint, though it is authentic.
        """
        self.connect()
        held: list[Datagram] = []
        undo = self.net.underlay.drop(lambda each: held.append(each) or True)  # type: ignore[func-returns-value]  # append gives None
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        undo()
        self.frames(self.low, self.high)
        before = len(self.high.frames)
        self.high.transport.reception.datagramReceived(memoryview(held[0].payload), ("198.51.100.9", 9))
        self.assertEqual(len(self.high.frames), before + 1)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), self.low.endpoint)


class EndTests(SealedTestCase):
    """
    What ends leaves nothing behind.
    """

    def test_revoked(self) -> None:
        """
        The sessions of a revoked member end at once, and it gets no new one.
        """
        self.connect()
        self.assertTrue(self.low.papers.trust.revoke(self.net.revocation(self.high)))
        self.low.transport.sessions.end(self.high.peer)
        self.assertEqual(self.low.sessions[-1], (self.high.peer, False))
        self.assertEqual(self.frames(self.high, self.low), 0)
        self.net.run(100.0)
        self.assertEqual(self.frames(self.high, self.low), 0)
        self.assertGreater(self.counter(self.low, "drop-sealed-refused"), 0)
        self.assertEqual(self.low.transport._shared.indices.sessions, {})

    def test_expiredCertificate(self) -> None:
        """
        When a certificate has expired, the session is not renewed: it ends within three minutes.
        """
        self.low.papers.certificate = self.net.certificate(self.low.key, "low", expires=60)
        self.connect()
        self.net.run(240.0)
        self.assertEqual(self.frames(self.low, self.high), 0)

    def test_stop(self) -> None:
        """
        A stopped transport leaves no timer, says nothing, and takes nothing.
        """
        self.connect()
        third = self.net.node("three", "192.0.2.3")
        self.low.meet(third)
        third.transport.stop()
        self.low.send(third.peer, b"x" * 20)
        self.low.transport.stop()
        self.high.transport.stop()
        self.low.transport.stop()
        self.assertEqual(self.net.clock.getDelayedCalls(), [])

    def test_cookiesUnderLoad(self) -> None:
        """
        While handshakes come fast, a member gets its session with one more round trip.
        """
        jam = self.high.transport._handshakes.answering._hurry
        for _ in range(60):
            jam.countOne(self.net.clock.seconds())
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(0.5)
        self.assertEqual(self.kinds()[:5], [INITIATION, COOKIE, INITIATION, RESPONSE, DATA])
        self.assertEqual(len(self.high.frames), 1)
