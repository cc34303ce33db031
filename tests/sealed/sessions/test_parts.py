"""
Tests for the parts of a conversation: L{wand.sealed.sessions.outbox}, L{wand.sealed.sessions.schedule},
L{wand.sealed.sessions.peer_place}, L{wand.sealed.sessions.counterpart} and what conversations share.
"""

from __future__ import annotations

from math import inf
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.interfaces.membership import Member
from wand.interfaces.sessions import CALL, DIRECTORY
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.sessions.choice import Choice
from wand.sealed.sessions.counterpart import NO_NETWORK_SECRET, Counterpart
from wand.sealed.sessions.delivery import Delivery
from wand.sealed.sessions.known_ways import CANDIDATES, INTRODUCED
from wand.sealed.sessions.machine import Course
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.outbox import Outbox
from wand.sealed.sessions.packets import CONTROL, FRAME, INDEX_AND_COUNTER, JOIN, MEMBER
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Account, Correspondent, JoinKey, PeerKey
from wand.sealed.sessions.plaintexts import Plaintexts
from wand.sealed.sessions.questions import Questions
from wand.sealed.sessions.recent import STEP, STEP_COUNT, Recent
from wand.sealed.sessions.replay import TOLD
from wand.sealed.sessions.schedule import Schedule
from wand.sealed.sessions.session import Session, SessionOwner
from wand.sealed.sessions.shared import ConversationListener, Shared
from wand.sealed.sessions.time_of_day import TimeOfDay
from wand.sealed.sessions.timers import (
    CONFIRMATION,
    JOIN_IDLE,
    KEEPALIVE,
    KEEPALIVE_OWED,
    LEFT,
    QUEUE_LENGTH,
    RENEW_INITIATOR,
    RENEW_RESPONDER,
    SESSION_END,
    SILENCE,
)
from wand.sealed.sessions.vigil import Vigil
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.underlay.ports import DatagramPort

HOME = Endpoint("192.0.2.2", 22222)


class Papers:
    """
    Who we are.
    """

    network = b"n" * 32
    cipher = "aes-256-gcm"
    secrets = NetworkSecrets(lambda: 0.0)
    secrets.begin(network, b"secret of the network")
    exchangeKey = X25519PrivateKey.from_private_bytes(b"x" * 32)
    identity = b"i" * 32
    certificate = b"our certificate"

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        return None

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        return None


class Nobody:
    """
    Helps nobody, and is not interested.
    """

    mayHelp = False

    def wayChanged(self, *arguments: object, hasMoved: bool) -> None:
        pass


class NoVigil:
    """
    Nothing is ever due.
    """

    def due(self, awaiting: float, lull: float) -> float:
        return inf

    def doubt(self, now: float) -> bool:
        return False

    def look(self, now: float, awaiting: float, lull: float) -> None:
        pass


class Talk:
    """
    A conversation that only notes what its parts make it do.
    """

    def __init__(self, counterpart: Counterpart, clock: Clock) -> None:
        self.counterpart = counterpart
        self.peer = counterpart.peer
        self.member: Member | None = None
        self.schedule: Schedule | None = None
        self.frames = 0
        self.course = cast(Course, self)
        self.state = "idle"
        self.isWithServer = False
        self.recent = Recent()
        self.isSought = False
        self.vigil = cast(Vigil, NoVigil())
        self.path = Path(clock, lambda plaintext: None)
        self.gone = 0
        self.session: Session | None = None
        self.previous: Session | None = None
        self.next: Session | None = None
        self.done: list[tuple[float, str]] = []
        self._clock = clock

    def _note(self, what: str) -> None:
        self.done.append((self._clock.seconds(), what))

    def want(self) -> None:
        self._note("want")

    def renew(self) -> None:
        self._note("renew")

    def joinerGone(self) -> None:
        self.gone += 1

    def woke(self, session: Session) -> bool:
        return True

    def silent(self) -> None:
        self._note("silent" if self.isSought else "renew")

    def expired(self) -> None:
        self._note("expired")
        self.session = None

    def keepalive(self) -> None:
        self._note("keepalive")
        assert self.schedule is not None
        self.schedule.sentAt, self.schedule.owing = self._clock.seconds(), inf

    def dropOld(self, now: float) -> None:
        pass

    def repeat(self) -> None:
        self._note("repeat")


class PartsTestCase(SynchronousTestCase):
    """
    The parts of a conversation with one peer.
    """

    peer: Correspondent = PeerKey(b"p" * 32)

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000.0)
        underlay = Network(self.clock, Random(0))
        context = simulatedContext(self.clock, underlay, "192.0.2.1")
        self.counters = context.counters
        self.port: DatagramPort | None = context.underlay.bind("192.0.2.1", 22222, cast(None, self))
        self.shared = Shared(
            clock=self.clock,
            random=context.random,
            entropy=Random(0).randbytes,
            counters=context.counters,
            membership=Papers(),
            listener=cast(ConversationListener, Nobody()),
            portFor=lambda place: self.port,
            failures=context.failures,
            timeOfDay=TimeOfDay(context.wallClock),
        )
        self.account = Account()
        self.talk = Talk(Counterpart(Papers(), self.peer, b"e" * 32, b""), self.clock)
        self.place = PeerPlace(self.shared, self.talk)
        self.schedule = self.talk.schedule = Schedule(self.shared, self.talk)
        delivery = Delivery(self.talk.recent)
        self.choice = Choice(self.shared, self.talk, self.place, delivery)
        self.questions = Questions(self.shared, self.talk, self.place, delivery, self.choice.answered)
        self.outbox = Outbox(self.shared, self.talk, self.place, self.schedule, self.account)

    def session(self, *, initiator: bool = True) -> Session:
        """
        A session that is made now.
        """
        keys, now = TransportKeys(b"a" * 32, b"b" * 32), self.clock.seconds()
        owner = cast(SessionOwner, self.talk)
        return Session(owner, "aes-256-gcm", keys, 1, 2, now, initiator=initiator, version=1)

    def doneAfter(self) -> list[tuple[float, str]]:
        """
        What was done, and how many seconds after the beginning.
        """
        return [(when - 1_000.0, what) for when, what in self.talk.done]


class OutboxTests(PartsTestCase):
    """
    What cannot be sent yet waits, if a session can come about.
    """

    def test_keepsAndAsks(self) -> None:
        """
        What is kept makes the conversation want a session, and is taken out in its order, once.
        """
        self.place.introduce([HOME], DIRECTORY)
        self.outbox.keep(FRAME, b"frame")
        self.outbox.keep(CONTROL, memoryview(b"message"))
        self.assertEqual(self.doneAfter(), [(0.0, "want")] * 2)
        self.assertEqual(self.outbox.take(), [(FRAME, b"frame"), (CONTROL, b"message")])
        self.assertEqual(self.outbox.take(), [])

    def test_theOldestMakesRoom(self) -> None:
        """
        No more is kept than is worth sending late.
        """
        self.place.introduce([HOME], DIRECTORY)
        for number in range(QUEUE_LENGTH + 2):
            self.outbox.keep(FRAME, bytes([number]))
        self.assertEqual(len(self.outbox), QUEUE_LENGTH)
        self.assertEqual(self.outbox.take()[0], (FRAME, b"\2"))
        self.assertEqual((self.account.unsent, self.counters["drop-sealed-queue"]), (2, 2))

    def test_discarded(self) -> None:
        """
        When no session came about, what waited is counted.
        """
        self.place.introduce([HOME], DIRECTORY)
        self.outbox.keep(FRAME, b"frame")
        self.outbox.discard()
        self.assertEqual((len(self.outbox), self.account.unsent), (0, 1))

    def test_nowhere(self) -> None:
        """
        For a peer of which nobody says where it is nothing is kept.
        """
        self.outbox.keep(FRAME, b"frame")
        self.assertEqual((len(self.outbox), self.counters["sealed-absent"]), (0, 1))

    def test_afterAGoodbye(self) -> None:
        """
        For a peer that said goodbye nothing is kept for a while, unless there is word of it.
        """
        self.place.introduce([HOME], DIRECTORY)
        self.talk.state = "left"
        self.outbox.peerLeft()
        self.outbox.keep(FRAME, b"lost")
        self.assertEqual((len(self.outbox), self.counters["sealed-left"]), (0, 1))
        self.outbox.peerMayBeBack()
        self.outbox.keep(FRAME, b"kept")
        self.outbox.peerLeft()
        self.clock.advance(LEFT)
        self.outbox.keep(FRAME, b"kept, too")
        self.assertEqual(len(self.outbox), 2)

    def test_thePeerBegins(self) -> None:
        """
        While the peer is about to use the session with which we answered it, none is wanted; if it does not, one is.
        """
        self.place.introduce([HOME], DIRECTORY)
        self.talk.next = self.session(initiator=False)
        self.outbox.keep(FRAME, b"frame")
        self.assertEqual(self.doneAfter(), [])
        self.outbox.wantSession(self.clock.seconds() + CONFIRMATION)
        self.assertEqual(self.doneAfter(), [(0.0, "want")])


class ScheduleTestCase(PartsTestCase):
    """
    A session with a schedule.
    """

    def begun(self, *, initiator: bool = True, used: bool = True) -> None:
        """
        A session begins, and is used, or is not.
        """
        self.talk.session = self.session(initiator=initiator)
        self.schedule.sentAt = self.clock.seconds()
        self.schedule.usedAt = self.clock.seconds() + 0.1 if used else self.schedule.usedAt
        self.schedule.dueBy(self.schedule.sentAt)
        self.clock.advance(0.0)


class ScheduleTests(ScheduleTestCase):
    """
    One timer sees to everything.
    """

    def test_unused(self) -> None:
        """
        A session that nobody uses is neither kept alive nor renewed: it ends.
        """
        self.begun(used=False)
        self.clock.pump([1.0] * 300)
        self.assertEqual(self.doneAfter(), [(SESSION_END, "expired")])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_keepalives(self) -> None:
        """
        In a session in use something is sent every 20 seconds, so that NATs remember it.
        """
        self.begun()
        self.clock.pump([0.5] * 39)
        self.assertEqual(self.doneAfter(), [])
        self.clock.advance(0.5)
        self.assertEqual(self.doneAfter(), [(KEEPALIVE, "keepalive")])

    def test_soughtIsQuiet(self) -> None:
        """
        A peer that sees to it itself that it reaches us is sent nothing to keep the way open, and when it owes an
        answer it is not asked at once.
        """
        self.talk.isSought = True
        self.begun()
        self.clock.advance(1.0)
        self.schedule.sentAt = self.clock.seconds()
        self.schedule.wantAnswer()
        self.clock.pump([0.5] * 29)
        self.assertEqual(self.doneAfter(), [])
        self.clock.advance(0.5)
        self.assertEqual(self.doneAfter(), [(1.0 + SILENCE, "silent")])
        self.clock.pump([1.0] * 60)
        self.assertEqual(len(self.doneAfter()), 1)

    def test_signOfLifeIsOwed(self) -> None:
        """
        Who was told something says after a while that it is still there.
        """
        self.begun(used=False)
        self.schedule.owing = self.clock.seconds()
        self.schedule.dueBy(self.clock.seconds() + KEEPALIVE_OWED)
        self.clock.advance(KEEPALIVE_OWED)
        self.assertEqual(self.doneAfter(), [(KEEPALIVE_OWED, "keepalive")])

    def test_silence(self) -> None:
        """
        When an answer is due and does not come there is a new handshake, once.
        """
        self.begun(used=False)
        self.schedule.wantAnswer()
        self.assertTrue(self.schedule.isAwaiting)
        self.clock.pump([SILENCE, SILENCE])
        self.assertEqual(self.doneAfter(), [(SILENCE, "renew")])

    def renewedAt(self, *, initiator: bool) -> float:
        self.begun(initiator=initiator)
        for _ in range(320):
            self.clock.advance(0.5)
            self.schedule.sentAt = self.clock.seconds()
        return next(when for when, what in self.doneAfter() if what == "renew")

    def test_renewedByItsInitiator(self) -> None:
        """
        Who began a session makes the next one.
        """
        self.assertEqual(self.renewedAt(initiator=True), RENEW_INITIATOR)

    def test_renewedByItsResponder(self) -> None:
        """
        If that did not happen, the other end does, later.
        """
        self.assertEqual(self.renewedAt(initiator=False), RENEW_RESPONDER)

    def test_stopped(self) -> None:
        """
        No timer is left behind.
        """
        self.begun()
        self.schedule.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class JoinerScheduleTests(ScheduleTestCase):
    """
    A node that redeems an invitation comes back by itself: with it nothing is due but the end.
    """

    peer = JoinKey(b"j" * 32)

    def test_gone(self) -> None:
        """
        After a while without a message it is forgotten.
        """
        self.begun(initiator=False, used=False)
        self.clock.advance(JOIN_IDLE - 1)
        self.schedule.usedAt = self.clock.seconds()
        self.clock.advance(JOIN_IDLE - 1)
        self.assertEqual(self.talk.gone, 0)
        self.clock.advance(1.0)
        self.assertEqual((self.talk.gone, self.doneAfter()), (1, []))


class PeerPlaceTests(PartsTestCase):
    """
    Where is it?
    """

    def test_nowhere(self) -> None:
        """
        At first nobody knows.
        """
        self.assertEqual(self.place.candidates(), [])
        self.assertIsNone(self.place.endpoint)

    def test_introduced(self) -> None:
        """
        What others say is news once, whoever says it.
        """
        away = Endpoint("198.51.100.2", 1)
        self.assertEqual([way.place for way in self.place.introduce([HOME], DIRECTORY)], [HOME])
        self.assertEqual(self.place.introduce([HOME], DIRECTORY), [])
        self.assertEqual([way.place for way in self.place.introduce([HOME, away], CALL)], [away])
        self.assertEqual(self.place.introduce([away], DIRECTORY), [])
        self.assertEqual(self.place.introduce([], CALL), [])
        self.assertEqual(self.place.told, (away,))

    def test_candidates(self) -> None:
        """
        A few are tried at a time, in turn, and always the one where it was heard.
        """
        told = [Endpoint("198.51.100.1", number) for number in range(1, INTRODUCED + 9)]
        self.place.use(HOME)
        self.place.introduce(told, DIRECTORY)
        self.assertEqual(self.place.candidates(), [HOME, *told[:CANDIDATES]])
        self.assertEqual(self.place.candidates(1), [HOME, *told[CANDIDATES : 2 * CANDIDATES]])
        tried = {each for turn in range(20) for each in self.place.candidates(turn)}
        self.assertEqual(tried, {HOME, *told[:INTRODUCED]})

    def test_sessionsBeginAtPlaces(self) -> None:
        """
        A session begins where the peer read what we sent; where it was in the one before is remembered.
        """
        self.choice.begin(HOME, False)
        self.assertEqual((self.place.endpoint, self.place.before), (HOME, None))
        self.choice.begin(Endpoint("198.51.100.2", 1), False)
        self.assertEqual(self.place.before and self.place.before[1], HOME)
        self.assertEqual(self.counters["sealed-roamed"], 1)

    def test_heardElsewhere(self) -> None:
        """
        A peer is followed to another place only when it answered what was sent there.
        """
        elsewhere = ("198.51.100.2", 1)
        self.choice.begin(HOME, False)
        self.talk.session = self.session()
        self.questions.heardFrom(elsewhere, 100)
        self.assertEqual((self.place.endpoint, self.counters["sealed-challenges-sent"]), (HOME, 1))
        [chance] = self.place.ways.at(elsewhere)._open
        self.questions.answerReceived(memoryview(b"\7\2" + bytes(8)), elsewhere)
        self.assertEqual(self.place.endpoint, HOME)
        self.questions.answerReceived(memoryview(b"\7\2" + chance), HOME)
        self.assertEqual(self.place.endpoint, HOME)
        self.questions.answerReceived(memoryview(b"\7\2" + chance), elsewhere)
        self.assertEqual(self.place.endpoint, elsewhere)

    def test_aHandshakeIsAnAnswer(self) -> None:
        """
        A place at which a handshake is answered has answered, whether it is taken or not.
        """
        self.choice.begin(HOME, False)
        self.talk.session = self.session()
        elsewhere = self.place.ways.at(("198.51.100.2", 1))
        elsewhere.tried(self.clock.seconds())
        self.choice.begin(elsewhere.place, False)
        self.assertEqual((self.place.endpoint, elsewhere.isProven, elsewhere.silent), (HOME, True, 0))

    def test_otherPeersMayAsk(self) -> None:
        """
        While a peer is at an endpoint, that one counts as such.
        """
        self.place.use(HOME)
        self.assertTrue(self.shared.places.hasPeer(HOME))
        self.place.forget()
        self.assertFalse(self.shared.places.hasPeer(HOME))

    def test_unreachable(self) -> None:
        """
        A place to which no datagram may go is none.
        """
        self.port = None
        self.choice.begin(HOME, False)
        self.assertIsNone(self.place.endpoint)


class DeliveryTests(PartsTestCase):
    """
    What went before a question.
    """

    def send(self, session: Session, size: int = 100) -> None:
        """
        A datagram of a session goes alone.
        """
        self.talk.recent.keep(INDEX_AND_COUNTER.pack(session.theirs, session.sent).ljust(size, b"\0"))
        session.sent += 1

    def test_theLastFewCount(self) -> None:
        """
        The last four that may be told of count, but none that is too long, and none from before the last question.
        """
        session, delivery = self.session(), Delivery(self.talk.recent)
        for size in (100, 100, 100, 1400, 100, 100):
            self.send(session, size)
        self.assertEqual(0b11011, delivery._before(session))
        delivery.asked(b"chance", session)
        self.assertEqual((0, True), (delivery._before(session), delivery.wantsSamples(session)))
        self.send(session)
        self.assertEqual((1, False), (delivery._before(session), delivery.wantsSamples(session)))
        session.sent += TOLD
        self.assertEqual(0, delivery._before(session))

    def test_trains(self) -> None:
        """
        Of a train each datagram counts.
        """
        session, delivery = self.session(), Delivery(self.talk.recent)
        self.send(session)
        self.talk.recent.keepTrain(INDEX_AND_COUNTER.pack(session.theirs, session.sent).ljust(250, b"\0"), 100)
        session.sent += 3
        self.assertEqual(0b1111, delivery._before(session))
        session.sent += 1
        self.assertEqual(0b11110, delivery._before(session))

    def test_fewAreLookedAt(self) -> None:
        """
        However much is kept, only the newest is looked at.
        """
        session, recent = self.session(), self.talk.recent
        for second in range(5):
            for _ in range(STEP_COUNT):
                self.send(session)
            recent.age(self.clock.seconds() + second * STEP)
        looked: list[int] = []
        newest = recent.newest
        spy: Any = SimpleNamespace(newest=lambda: (looked.append(1) or each for each in newest()))
        delivery = Delivery(spy)
        self.assertEqual(0b1111, delivery._before(session))
        delivery.asked(b"chance", session)
        self.assertEqual(0, delivery._before(session))
        self.assertLess(len(looked), 20)


class CounterpartTests(PartsTestCase):
    """
    What is presented to whom?
    """

    def test_member(self) -> None:
        """
        Members present their certificates to each other, and either may begin.
        """
        member = self.talk.counterpart
        self.assertEqual(
            (member.purpose, member.credential, list(member.psks), member.mayInitiate),
            (MEMBER, Papers.certificate, Papers.secrets.kept, True),
        )

    def test_server(self) -> None:
        """
        Who joins presents the invitation.
        """
        key = JoinKey(b"s" * 32)
        key.invitation = b"invitation"
        server = Counterpart(Papers(), key, bytes(key), b"secret of the invitation")
        self.assertEqual(
            (server.purpose, server.credential, list(server.psks), server.mayInitiate),
            (JOIN, b"invitation", [(NO_NETWORK_SECRET, b"secret of the invitation")], True),
        )

    def test_joiner(self) -> None:
        """
        A server never begins a handshake with who joins.
        """
        self.assertFalse(Counterpart(Papers(), JoinKey(b"j" * 32), b"j" * 32, b"").mayInitiate)


class SharedTests(SynchronousTestCase):
    """
    What conversations have in common.
    """

    def test_timeOfDayGoesOn(self) -> None:
        """
        Each initiation is later than the one before, whatever the clock says.
        """
        now = [1_000.0]
        timeOfDay = TimeOfDay(lambda: now[0])
        first = timeOfDay.milliseconds()
        now[0] = 500.0
        self.assertEqual((first, timeOfDay.milliseconds()), (1_000_000, 1_000_001))

    def test_clocksAreCompared(self) -> None:
        """
        Who does not tell what its clock says is not judged.
        """
        timeOfDay = TimeOfDay(lambda: 1_000.0)
        self.assertEqual((timeOfDay.ahead(1_060), timeOfDay.ahead(0)), (60.0, None))

    def test_plaintexts(self) -> None:
        """
        A frame is whole where there is room for it, and else in fragments that tell whose they are.
        """
        plaintexts = Plaintexts()
        frame = bytes(range(200)) * 10
        self.assertEqual(plaintexts.whole(frame), bytes([FRAME]) + frame)
        one, other = plaintexts.fragments(frame, 1_100), plaintexts.fragments(frame, 1_100)
        self.assertEqual(len(one), 2)
        self.assertNotEqual([bytes(each) for each in one], [bytes(each) for each in other])
