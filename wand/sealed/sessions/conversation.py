"""
A conversation: everything between one peer and us.  Sessions come and go in it, as L{wand.sealed.sessions.machine}
says; its parts know who the peer is, where it is, what waits for a session, and when something is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf

from wand.endpoint import Endpoint
from wand.interfaces.membership import Member
from wand.interfaces.sessions import CALL, DIRECTORY, MEMBER_CALL
from wand.sealed.sessions.answered import Answered
from wand.sealed.sessions.attempt import Attempt
from wand.sealed.sessions.counterpart import Counterpart
from wand.sealed.sessions.link import PeerLink
from wand.sealed.sessions.machine import makeCourse
from wand.sealed.sessions.outbox import Outbox
from wand.sealed.sessions.packets import CONTROL
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Account, Correspondent
from wand.sealed.sessions.presence import ALIVE, ANSWER, CHALLENGE, PRESENCE_SIZE, SIGN_OF_LIFE, UNHEARD
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.replay import TOLERATED
from wand.sealed.sessions.schedule import Schedule
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.timers import (
    ATTEMPT_END,
    ATTEMPT_END_CALLED,
    ATTEMPTS_SOUGHT,
    IN_USE,
    JOIN_IDLE,
    SESSION_END,
)
from wand.sealed.sessions.vigil import PATIENCE
from wand.sealed.sessions.wayfinding import Wayfinding


class Conversation:
    """
    What is between one peer and us.

    @ivar peer: who it is.
    @ivar member: what its last valid certificate says; C{None} while none was seen, and for a node that joins.
    @ivar counterpart: what handshakes with it need to know.
    @ivar course: the state machine; the conversation provides its L{wand.sealed.sessions.machine.Verbs}.
    @ivar state: its state, for people.
    @ivar previous: the session before the one in use.
    @ivar next: the session with which we answered the peer, and which it does not use yet.
    @ivar answeredLast: the initiation that we answered with it.
    @ivar place: where the peer is.
    @ivar path: how big datagrams may be.
    @ivar wayfinding: sees to it that there is a way to the peer.
    @ivar link: sends to the peer.
    @ivar outbox: what waits for a session.
    @ivar schedule: when something is due.
    @ivar account: what passed.
    @ivar recent: what went to the peer lately.
    """

    def __init__(
        self,
        shared: Shared,
        end: Callable[[Correspondent], object],
        peer: Correspondent,
        exchangeKey: bytes,
        secret: bytes = b"",
    ) -> None:
        """
        @param end: ends the conversation with a peer for good.
        @param secret: the secret of the invitation, if we redeem one.
        """
        self.peer = peer
        self.member: Member | None = None
        self.counterpart = Counterpart(shared.membership, peer, exchangeKey, secret)
        self.state = "idle"
        self.previous: Session | None = None
        self.next: Session | None = None
        self.account = Account()
        self.recent = Recent()
        self.path = Path(shared.clock, self._sendPlain)
        self.place = PeerPlace(shared, self.path)
        self.wayfinding = Wayfinding(shared, self, self.place)
        self.schedule = Schedule(shared.clock, self, self.wayfinding.vigil, partial(end, peer))
        self.outbox = Outbox(shared, self, self.place, self.schedule, self.account)
        self.link = PeerLink(shared, self.path, self.place, self.schedule, self.account, self.outbox.keep)
        self._shared = shared
        self._seconds = shared.clock.seconds
        self.answeredLast: Answered | None = None
        self._framesBefore = 0  # how many were sent when the peer last said that it hears nothing
        self.course = makeCourse(self)

    @property
    def session(self) -> Session | None:
        """
        What we send in; C{None} while there is none.
        """
        return self.link.session

    @property
    def isIdle(self) -> bool:
        """
        Is there neither a session nor a handshake?
        """
        return self.session is None and self.next is None and self.state in ("idle", "silent", "left", "ended")

    @property
    def frames(self) -> int:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        return self.account.framesSent + self.account.framesReceived

    @property
    def isWithServer(self) -> bool:
        """
        Is the peer a directory server?
        """
        return self.member is not None and self.member.isServer

    @property
    def isSought(self) -> bool:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        return self._shared.isSought and not self.isWithServer

    # What others say of the peer, and what it says itself.

    def introduce(self, endpoints: Iterable[Endpoint], source: str) -> None:
        """
        Somebody says where the peer may be, the best first.  One with which we talk, and which is said to be elsewhere,
        is searched there; so both open their NATs for each other.
        """
        places = list(endpoints)
        if source == DIRECTORY and not places:  # it is offline: where it was when it called is of no use any more
            self._forgetCalls()
        news = self.place.introduce(places, source)
        if self.place.told:
            self.outbox.peerMayBeBack()
        elif self.state == "left":
            self.place.forget()
        if not news:
            return
        for way in news:
            self.course.tryAt(way.place)
        self.course.hasten()
        if self._isTalking:
            self.wayfinding.introduced(news)

    def _forgetCalls(self) -> None:
        for source in (CALL, MEMBER_CALL):
            self.place.introduce([], source)

    def search(self) -> None:
        """
        This host has other addresses or routes: if we talk with the peer, look for it, and if we try to, try at once.
        """
        self.course.hasten()
        self.place.ways.rankAgain()
        if self._isTalking:
            self.path.forget()
            self.wayfinding.moved()

    def seek(self) -> None:
        """
        The peer was called, or calls us: it tries at the same time.
        """
        if self.session is not None:
            self.wayfinding.seek()
        elif self.counterpart.mayInitiate:
            self.outbox.wantSession(self._shared.clock.seconds())
        self.course.hasten()

    @property
    def isInUse(self) -> bool:
        """
        See L{wand.sealed.sessions.wayfinding.WayUser}.
        """
        return self.schedule.isInUse(self._shared.clock.seconds() - IN_USE)

    @property
    def isReached(self) -> bool:
        """
        See L{wand.sealed.sessions.attempt.Target}.
        """
        return self.session is not None and not self.schedule.isAwaiting

    @property
    def patience(self) -> float:
        """
        See L{wand.sealed.sessions.attempt.Target}.
        """
        isWorthIt = self.session is not None or (bool(self.outbox) and bool(self.place.candidates()))
        return ATTEMPT_END if isWorthIt and not self.isSought else ATTEMPT_END_CALLED

    @property
    def _isTalking(self) -> bool:
        return self.session is not None and self.counterpart.mayInitiate and self.isInUse

    def renew(self) -> None:
        """
        Begin a new handshake while the session lasts.
        """
        self.course.renew()

    def left(self, index: int, answer: bytes) -> bool:
        """
        The peer says goodbye: end the session, and begin none before there is a reason, or some time has passed.

        @param index: of the session that it ends; only the one that we use is ended, so that a goodbye that was held
            up on its way does not end a later session.
        @param answer: the last control message in it.
        """
        if self.session is None or self.session.ours != index:
            return False
        self.link.send(CONTROL, answer)
        if not self.isWithServer:
            self.outbox.peerLeft()
            self._forgetCalls()
        self.course.left()
        return True

    # Data that arrives.

    def heard(self, session: Session, counter: int, sender: tuple[str, int], size: int) -> None:  # HOT PATH
        """
        See L{wand.sealed.sessions.session.SessionOwner}.
        """
        schedule, place = self.schedule, self.place
        if session is not self.link.session:
            if session is self.next or self._isCopy(session):
                self._arrived(session, sender, size)
        elif sender is not place.endpoint and counter == session.window.highest:
            self.wayfinding.questions.heardFrom(sender, size)
        if size != PRESENCE_SIZE:
            schedule.awaiting = inf
            if size:  # no frame is so short; a message that is does not make a session stay
                now = schedule.usedAt = self._seconds()
                if schedule.owing == inf:
                    schedule.owe(now)
        if session.window.loss >= TOLERATED and self.path.reportLoss():
            session.window.loss = -TOLERATED
            self._shared.counters["sealed-losses-reported"] += 1

    def _arrived(self, session: Session, sender: tuple[str, int], size: int) -> None:
        # Who sends in it has read our response, and it went there.
        place = None if self.answeredLast is None else self.answeredLast.placeOf(session)
        self._forgetNext(but=session)
        self.next = session
        self.wayfinding.choice.begin(place, self.schedule.isAwaiting)
        self.course.confirmed(session)
        if sender is not self.place.endpoint:
            self.wayfinding.questions.heardFrom(sender, size)

    def presenceReceived(self, plaintext: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.sealed.sessions.session.SessionOwner}.
        """
        if len(plaintext) != PRESENCE_SIZE:
            return
        questions = self.wayfinding.questions
        if plaintext[1] in (CHALLENGE, UNHEARD):
            questions.questionReceived(plaintext, sender)
            if plaintext[1] == UNHEARD and self._framesBefore != self.account.framesSent:
                self._framesBefore = self.account.framesSent
                if self.wayfinding.unheard():
                    self.schedule.dueBy(self._seconds() + PATIENCE)
            return  # it wants to know whether we are there: that is no answer to what we sent
        self.schedule.awaiting = inf
        if plaintext[1] == ANSWER:
            questions.answerReceived(plaintext, sender)
        elif plaintext[1] == ALIVE:
            questions.aliveFrom(sender)

    def refused(self, place: tuple[str, int]) -> None:
        """
        See L{wand.sealed.sessions.session.SessionOwner}: what the peer sends meanwhile is no answer to that.
        """
        if place == self.place.endpoint and not self.isSought and self.wayfinding.unheard():
            self.schedule.dueBy(self._seconds() + PATIENCE)

    def _sendPlain(self, plaintext: bytes) -> bool:
        return self.link.sendPlain(plaintext)

    # Sessions that come and go.

    def answer(self, answered: Answered, session: Session, member: Member | None) -> None:
        """
        We answer an initiation of the peer's: use the session once the peer does.

        @param session: the one for which the first answer stands.
        """
        self.member = member or self.member
        self._forgetNext()
        self.answeredLast, self.next = answered, session
        self._shared.indices.sessions[session.ours] = session
        self.schedule.dueBy(session.made + (SESSION_END if self.counterpart.mayInitiate else JOIN_IDLE))

    def mayAnswerCopy(self, initiation: bytes, place: tuple[str, int]) -> bool:
        """
        Did we answer this initiation, and does the peer not use the session yet, and was it not answered there?

        @param initiation: its Noise message.
        """
        return (
            self.next is not None and self.answeredLast is not None and self.answeredLast.mayAnswer(initiation, place)
        )

    def answerCopy(self, session: Session, place: tuple[str, int]) -> None:
        """
        The initiation that we answered came over another way, too, and is answered there.

        @param session: the one for which that answer stands.
        """
        assert self.answeredLast is not None
        self.answeredLast.sessions[place] = session
        self._shared.indices.sessions[session.ours] = session

    def _isCopy(self, session: Session) -> bool:
        answered = self.answeredLast
        return self.next is not None and answered is not None and answered.placeOf(session) is not None

    def _forgetNext(self, but: Session | None = None) -> None:
        """
        Forget the sessions that the peer does not use yet.

        @param but: the one that it begins to use.
        """
        for session in self.answeredLast.sessions.values() if self.answeredLast is not None else ():
            if session is not but:
                self._shared.indices.forget(session)
        self.next = self.answeredLast = None

    def answered(
        self, session: Session, member: Member, place: tuple[str, int], sender: tuple[str, int], size: int
    ) -> None:
        """
        See L{wand.sealed.sessions.attempt.Target}.
        """
        self.member = member
        self._shared.indices.sessions[session.ours] = session
        heard = sender if sender == place else place  # it says at which of our addresses it was heard
        self.wayfinding.choice.begin(heard, self.schedule.isAwaiting)
        self.course.answered(session)
        if sender != place and self.session is session:
            self.wayfinding.questions.heardFrom(sender, size)

    def begin(self, gaveUp: Callable[[], None]) -> Attempt:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        return Attempt(self._shared, self, gaveUp)

    def adopt(self, session: Session) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        shared, schedule, before = self._shared, self.schedule, self.session
        shared.indices.forget(self.previous)
        self.previous, self.link.session = before, session
        if self.next is session:
            self._forgetNext(but=session)
        shared.counters["sealed-sessions"] += 1
        schedule.settle()
        schedule.sentAt = shared.clock.seconds()
        schedule.dueBy(schedule.sentAt)
        if session.initiator and not self.outbox:
            self.keepalive()
        if before is None:  # before the frames that wait, for the peer takes none before it knows our claim
            shared.listener.sessionUp(self.peer, self.member, self.place.endpoint)
            self.wayfinding.sessionBegan()
        self.link.sendAll(self.outbox.take())
        if session.ahead is not None and self.member is not None:
            shared.listener.clockTold(self.member, session.ahead)

    def lapse(self) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        before = self.session
        self._shared.indices.forget(before)
        self._shared.indices.forget(self.previous)
        self.link.session = self.previous = None
        self.path.forget()
        self.wayfinding.sessionEnded()
        self.recent.forget()
        self.schedule.settle()
        if before is not None:
            self._shared.listener.sessionDown(self.peer, self.member, self.place.endpoint)

    def discard(self) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        self.outbox.discard()
        if self.state == "silent" and self.next is not None:  # it answers nothing, but began a session itself just now
            return
        self._forgetNext()
        self.schedule.stop()

    def enter(self, state: str) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        self.state = state

    # What is due.

    def expectAnswer(self) -> None:
        """
        See L{wand.sealed.sessions.wayfinding.WayUser}.
        """
        self.schedule.expectAnswer()

    def repeat(self) -> None:
        """
        See L{wand.sealed.sessions.choice.Probed}.
        """
        self._shared.train.send()
        port, endpoint = self.place.port, self.place.endpoint
        if port is not None and endpoint is not None:
            count = self.recent.repeat(self._seconds(), port, endpoint)
            self._shared.counters["sealed-repeated"] += count

    def silent(self) -> None:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        if self.isSought and len(self._shared.indices.attempts) >= ATTEMPTS_SOUGHT:
            self.course.expired()
        else:
            self.course.renew()

    def keepalive(self) -> None:
        """
        Say that we live.
        """
        if self._sendPlain(SIGN_OF_LIFE):
            self._shared.counters["sealed-keepalives-sent"] += 1
        elif self.session is not None:  # nothing gets out there any more: is there another way?
            self.schedule.wantAnswer()

    def dropOld(self, now: float) -> None:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        if self.previous is not None and now >= self.previous.made + SESSION_END:
            self._shared.indices.forget(self.previous)
            self.previous = None
        if self.next is not None and now >= self.next.made + SESSION_END:
            self._forgetNext()
        if self.outbox and self.session is None:
            self.outbox.wantSession(now)
