"""
Tests for L{wand.sealed.sessions.freshness}, and for hosts whose clocks were ahead.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.cookies import openCookie
from wand.sealed.sessions.freshness import INITIATIONS_MAXIMUM, INITIATIONS_MEMORY, Freshness
from wand.sealed.sessions.noise import Initiator
from wand.sealed.sessions.packets import (
    COOKIE,
    COOKIE_SIZE,
    MEMBER,
    CookieMessage,
    Greeting,
    macKey,
    macOne,
    packGreeting,
    packInitiation,
)
from wand.sealed.sessions.timers import CONFIRMATION
from wand.testing.context import WallClock
from wand.testing.inbox import Datagram

#: Where somebody is who recorded what members sent.
ATTACKER = ("198.51.100.66", 6666)


class FreshnessTests(SynchronousTestCase):
    """
    What is remembered of a peer.
    """

    def test_latestNeverFalls(self) -> None:
        """
        What was recorded before a clock was set back is not later than the latest, and stays so.
        """
        freshness = Freshness()
        self.assertTrue(freshness.isLater(0))
        for time in (5000, 1000, 2000):
            freshness.take(time, 0.0)
        self.assertEqual(freshness.latest, 5000)
        self.assertFalse(freshness.isLater(5000))
        self.assertTrue(freshness.isLater(5001))

    def test_remembersWhatWasTaken(self) -> None:
        """
        A time is remembered for longer than a cookie is good, and then forgotten.
        """
        freshness = Freshness()
        freshness.take(1000, 0.0)
        freshness.take(2000, INITIATIONS_MEMORY - 1)
        self.assertTrue(freshness.isRepeated(1000))
        freshness.take(3000, INITIATIONS_MEMORY)
        self.assertEqual([freshness.isRepeated(each) for each in (1000, 2000, 3000, 4000)], [False, True, True, False])

    def test_memoryIsBounded(self) -> None:
        """
        However many a peer makes.
        """
        freshness = Freshness()
        for time in range(1000):
            freshness.take(time, 0.0)
        self.assertEqual(sum(freshness.isRepeated(time) for time in range(1000)), INITIATIONS_MAXIMUM)


class SetBackTests(SynchronousTestCase):
    """
    Two members, one of which has a clock of its own.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.net.clock.advance(1_000_000.0)
        self.wallClock = WallClock(self.net.clock, 3600.0)
        self.one = self.net.node("one", "192.0.2.1", wallClock=self.wallClock)
        self.other = self.net.node("two", "192.0.2.2")
        self.one.meet(self.other)
        self.assertEqual(self.reached(), 1)

    def reached(self, seconds: float = 0.5) -> int:
        """
        Send a frame, and say how many arrive soon.
        """
        before = len(self.other.frames)
        self.one.send(self.other.peer, self.one.frameTo(self.other))
        self.net.run(seconds)
        return len(self.other.frames) - before

    def restart(self, ahead: float) -> None:
        """
        Start the one again, with another time.
        """
        self.one.transport.stop()
        self.wallClock.ahead = ahead
        self.one = self.net.node("one", "192.0.2.1", key=self.one.key, wallClock=self.wallClock)
        self.one.meet(self.other)

    def counted(self, name: str) -> int:
        return self.other.transport._counters[name]

    def throw(self, datagram: bytes, sender: tuple[str, int]) -> list[Datagram]:
        """
        Send a datagram to the other.

        @return: what anybody sent because of it.
        """
        self.net.underlay.sent.clear()
        self.other.transport.reception.datagramReceived(memoryview(datagram), sender)
        self.net.run(0.2)
        return list(self.net.underlay.sent)

    def initiation(self, node: SealedNode, time: int, cookie: bytes = b"") -> bytes:
        """
        A handshake of a member, made by hand.
        """
        theirs = self.other.key.exchangePublic
        ephemeral = X25519PrivateKey.generate()
        noise = Initiator("aes-256-gcm", b"wand 1" + self.net.key.network, node.key.exchange, theirs, ephemeral)
        greeting = Greeting(1, time, MEMBER, node.papers.certificate, 0, cookie)
        return packInitiation(9, noise.write(packGreeting(greeting)), macKey(theirs), cookie)

    def test_clockSetBackIsProven(self) -> None:
        """
        A member that starts again with an earlier time is reached at once, and as often as it likes.
        """
        for ahead in (3000.0, 0.0, -250.0, -2 * 86_400.0):
            self.restart(ahead)
            self.assertEqual(self.reached(), 1, ahead)
        self.assertEqual(self.counted("sealed-handshakes-proven"), 4)
        self.assertEqual(self.counted("sealed-cookies-demanded"), 4)
        for _ in range(40):
            self.net.run(10.0, 1.0)
            self.assertEqual(self.reached(), 1)

    def test_clockSetBackDuringAFlood(self) -> None:
        """
        While cookies are demanded of everybody, the one cookie proves both where the member is and that it is new: it
        takes no more than one round trip either.
        """
        self.patch(self.other.transport._handshakes.answering._hurry, "countOne", lambda now: True)
        for ahead in (3000.0, 0.0, -2 * 86_400.0):
            self.restart(ahead)
            self.assertEqual(self.reached(), 1, ahead)
        self.assertEqual(self.counted("sealed-handshakes-proven"), 3)
        self.assertEqual(self.counted("sealed-cookies-demanded"), 3)
        self.assertEqual(self.counted("drop-sealed-stale"), 0)

    def test_latePeerIsReachedBothWays(self) -> None:
        """
        Also if the other begins.
        """
        self.restart(0.0)
        self.net.run(200.0, 1.0)
        self.other.meet(self.one)
        self.other.send(self.one.peer, self.other.frameTo(self.one))
        self.net.run()
        self.assertEqual(len(self.one.frames), 1)

    def test_aRecordingIsNeverProven(self) -> None:
        """
        Whoever recorded an initiation, and gets and opens the cookie, makes nothing of it: the proof is under the seal.
        """
        self.net.run(2.0)
        recorded = self.initiation(self.one, self.one.transport._shared.timeOfDay.milliseconds() - 10_000)
        answered = self.counted("sealed-initiations-answered")
        for _ in range(3):
            answers = self.throw(recorded, ATTACKER)
            self.assertEqual([(each.payload[0], len(each.payload)) for each in answers], [(COOKIE, COOKIE_SIZE)])
            message = CookieMessage.parse(answers[0].payload)
            assert message is not None
            cookie = openCookie(message, self.other.key.exchangePublic, macOne(recorded))
            assert cookie is not None
            again = packInitiation(9, recorded[8:-32], macKey(self.other.key.exchangePublic), cookie)
            self.assertEqual([each.payload[0] for each in self.throw(again, ATTACKER)], [COOKIE])
        self.assertEqual(self.counted("sealed-initiations-answered"), answered)

    def test_aProofIsGoodOnce(self) -> None:
        """
        An initiation that was taken with its proof is taken only once, and a cookie is good for its address alone.
        """
        early = 1000
        self.throw(self.initiation(self.one, early), ATTACKER)
        # The member itself, at that address: it can open the cookie and seal it.
        demanded = self.initiation(self.one, early + 1)
        answers = self.throw(demanded, ATTACKER)
        message = CookieMessage.parse(answers[0].payload)
        assert message is not None
        cookie = openCookie(message, self.other.key.exchangePublic, macOne(demanded))
        assert cookie is not None
        proven = self.initiation(self.one, early + 2, cookie)
        self.assertNotIn(2, [each.payload[0] for each in self.throw(proven, ("198.51.100.67", 6666))])
        self.assertEqual([each.payload[0] for each in self.throw(proven, ATTACKER)], [2])
        for _ in range(3):
            self.assertEqual(self.throw(proven, ATTACKER), [])
        self.assertEqual(self.counted("sealed-handshakes-proven"), 1)

    def test_noMoreThanCookiesAreDemanded(self) -> None:
        """
        A flood of recordings is answered as seldom as any other.
        """
        recordings = [self.initiation(self.one, time) for time in range(30)]
        self.net.underlay.sent.clear()
        for each in recordings:
            self.other.transport.reception.datagramReceived(memoryview(each), ATTACKER)
        octets = sum(len(each.payload) for each in self.net.underlay.sent)
        self.assertLessEqual(octets, COOKIE_SIZE * len(recordings))

    def test_unconfirmedAnswerDelaysNothing(self) -> None:
        """
        If somebody does not use the session with which its initiation was answered, because our certificate looks
        expired to it, or the answer was lost, what we have for it soon begins a handshake of our own.
        """
        self.net.run(400.0, 1.0)
        self.other.meet(self.one)
        latest = self.one.transport._shared.timeOfDay.milliseconds()
        self.throw(self.initiation(self.one, latest), self.one.endpoint)
        self.other.send(self.one.peer, self.other.frameTo(self.one))
        self.net.run(0.5)
        self.assertEqual(self.one.frames, [])
        self.net.run(CONFIRMATION)
        self.assertEqual(len(self.one.frames), 1)

    def test_clockIsTold(self) -> None:
        """
        Both ends of a handshake know by how much the clocks differ.
        """
        told: list[tuple[str, float]] = []
        for node in (self.one, self.other):
            node.transport.sessions.onClock(lambda member, ahead: told.append((member.name, round(ahead))))
        self.one.transport.sessions.renew(self.other.peer)
        self.net.run(2.0)
        self.one.transport.sessions.renew(self.other.peer)
        self.net.run(2.0)
        self.assertEqual(set(told), {("one", 3600), ("two", -3600)})
