"""
A conversation: everything between one peer and us.  Sessions come and go in it, as L{wand.sealed.sessions.machine}
says; its parts know who the peer is, where it is, what waits for a session, and when something is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from wand.endpoint import Endpoint
from wand.interfaces.membership import Member
from wand.interfaces.sessions import CALL, DIRECTORY, MEMBER_CALL
from wand.sealed.sessions.answered import Answered
from wand.sealed.sessions.answered_sessions import AnsweredSessions
from wand.sealed.sessions.counterpart import Counterpart
from wand.sealed.sessions.link import PeerLink
from wand.sealed.sessions.machine import Course, makeCourse
from wand.sealed.sessions.outbox import Outbox
from wand.sealed.sessions.packets import CONTROL
from wand.sealed.sessions.parts import MadeAtUse
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Account, Correspondent
from wand.sealed.sessions.presence import ALIVE, ANSWER, CHALLENGE, PRESENCE_SIZE, SIGN_OF_LIFE, UNHEARD
from wand.sealed.sessions.recent import NOT_KEPT, Recent
from wand.sealed.sessions.replay import TOLERATED
from wand.sealed.sessions.schedule import Schedule
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.session_changes import SessionChanges
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.timers import (
    ATTEMPT_END,
    ATTEMPT_END_CALLED,
    ATTEMPTS_SOUGHT,
    IN_USE,
    JOIN_IDLE,
)
from wand.sealed.sessions.vigil import PATIENCE, Vigil
from wand.sealed.sessions.wayfinding import Wayfinding


def _answersOf(conversation: Conversation) -> AnsweredSessions:
    return AnsweredSessions(conversation.shared.indices)


def _courseOf(conversation: Conversation) -> Course:
    course = makeCourse(SessionChanges(conversation.shared, conversation))
    if conversation.session is not None:  # it was at rest
        course.resume()
    return course


def _outboxOf(conversation: Conversation) -> Outbox:
    shared, place, schedule = conversation.shared, conversation.place, conversation.schedule
    return Outbox(shared, conversation, place, schedule, conversation.account)


def _pathOf(conversation: Conversation) -> Path:
    return Path(conversation.shared.clock, conversation.link.sendPlain)


def _recentOf(conversation: Conversation) -> Recent:
    return Recent()


def _wayfindingOf(conversation: Conversation) -> Wayfinding:
    return Wayfinding(conversation.shared, conversation, conversation.place)


class Conversation(MadeAtUse):
    """
    What is between one peer and us.  Its parts are made when they are used.

    @ivar shared: what all conversations have in common.
    @ivar peer: who it is.
    @ivar member: what its last valid certificate says; C{None} while none was seen, and for a node that joins.
    @ivar counterpart: what handshakes with it need to know.
    @ivar course: the state machine; the conversation provides its L{wand.sealed.sessions.machine.Verbs}.
    @ivar state: its state, for people.
    @ivar previous: the session before the one in use.
    @ivar isUnreachable: was it tried in vain since there was a session?
    @ivar answers: the sessions with which we answered the peer, and which it does not use yet.
    @ivar place: where the peer is.
    @ivar path: how big datagrams may be.
    @ivar wayfinding: sees to it that there is a way to the peer.
    @ivar link: sends to the peer.
    @ivar outbox: what waits for a session.
    @ivar schedule: when something is due.
    @ivar account: what passed.
    @ivar recent: what went to the peer lately.
    """

    __slots__ = (
        "_end",
        "_framesBefore",
        "_seconds",
        "account",
        "answers",
        "counterpart",
        "course",
        "isUnreachable",
        "link",
        "member",
        "outbox",
        "path",
        "peer",
        "place",
        "previous",
        "recent",
        "schedule",
        "shared",
        "state",
        "wayfinding",
    )

    makers = {
        "answers": _answersOf,
        "course": _courseOf,
        "outbox": _outboxOf,
        "path": _pathOf,
        "recent": _recentOf,
        "wayfinding": _wayfindingOf,
    }

    answers: AnsweredSessions
    course: Course
    outbox: Outbox
    path: Path
    recent: Recent
    wayfinding: Wayfinding

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
        super().__init__()
        self.isUnreachable = False
        self.peer = peer
        self.member: Member | None = None
        self.counterpart = Counterpart(shared.membership, peer, exchangeKey, secret)
        self.state = "idle"
        self.previous: Session | None = None
        self.account = Account()
        self.place = PeerPlace(shared, self)
        self.schedule = Schedule(shared, self)
        self.link = PeerLink(shared, self, self.place, self.schedule, self.account)
        self.shared = shared
        if shared.isSought:
            self.recent = NOT_KEPT  # nothing is made of it, so there is nothing to let go of after each message
        self._seconds = shared.clock.seconds
        self._end = end
        self._framesBefore = 0  # how many were sent when the peer last said that it hears nothing

    @property
    def session(self) -> Session | None:
        """
        What we send in; C{None} while there is none.
        """
        return self.link.session

    @property
    def next(self) -> Session | None:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        return self.answers.next if "answers" in self.made else None

    @property
    def vigil(self) -> Vigil:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        return self.wayfinding.vigil

    def joinerGone(self) -> None:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        self._end(self.peer)

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
        return self.shared.isSought and not self.isWithServer

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
            self.outbox.wantSession(self.shared.clock.seconds())
        self.course.hasten()

    @property
    def isInUse(self) -> bool:
        """
        See L{wand.sealed.sessions.wayfinding.WayUser}.
        """
        return self.schedule.isInUse(self.shared.clock.seconds() - IN_USE)

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
            if self.answers.has(session):
                self._arrived(session, sender, size)
        elif sender is not place.endpoint and counter == session.window.highest:
            if sender == place.endpoint:  # perhaps at another address of ours; a server hears from thousands in turn
                place.use(sender)
            else:
                self.wayfinding.questions.heardFrom(sender, size)
        if size != PRESENCE_SIZE:
            schedule.awaiting = inf
            if size:  # no frame is so short; a message that is does not make a session stay
                now = schedule.usedAt = self._seconds()
                if schedule.owing == inf:
                    schedule.owe(now)
        if session.window.loss >= TOLERATED and self.path.reportLoss():
            session.window.loss = -TOLERATED
            self.shared.counters["sealed-losses-reported"] += 1

    def _arrived(self, session: Session, sender: tuple[str, int], size: int) -> None:
        place = self.answers.use(session)
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
        if plaintext[1] in (CHALLENGE, UNHEARD):
            self.wayfinding.questions.questionReceived(plaintext, sender)
            if plaintext[1] == UNHEARD and self._framesBefore != self.account.framesSent:
                self._framesBefore = self.account.framesSent
                if self.wayfinding.unheard():
                    self.schedule.dueBy(self._seconds() + PATIENCE)
            return  # it wants to know whether we are there: that is no answer to what we sent
        self.schedule.awaiting = inf
        if plaintext[1] == ANSWER:
            self.wayfinding.questions.answerReceived(plaintext, sender)
        elif plaintext[1] == ALIVE and sender != self.place.endpoint:
            self.wayfinding.questions.aliveFrom(sender)

    def refused(self, place: tuple[str, int]) -> None:
        """
        See L{wand.sealed.sessions.session.SessionOwner}: what the peer sends meanwhile is no answer to that.
        """
        if place == self.place.endpoint and not self.isSought and self.wayfinding.unheard():
            self.schedule.dueBy(self._seconds() + PATIENCE)

    # Sessions that come and go.

    def answer(self, answered: Answered, session: Session, member: Member | None) -> None:
        """
        We answer an initiation of the peer's: use the session once the peer does.

        @param session: the one for which the first answer stands.
        """
        self.member = member or self.member
        self.answers.begin(answered, session)
        self.schedule.dueBy(session.made + (self.schedule.life if self.counterpart.mayInitiate else JOIN_IDLE))

    def answered(
        self, session: Session, member: Member, place: tuple[str, int], sender: tuple[str, int], size: int
    ) -> None:
        """
        See L{wand.sealed.sessions.attempt.Target}.
        """
        self.member = member
        self.shared.indices.sessions[session.ours] = session
        heard = sender if sender == place else place  # it says at which of our addresses it was heard
        self.wayfinding.choice.begin(heard, self.schedule.isAwaiting)
        self.course.answered(session)
        if sender != place and self.session is session:
            self.wayfinding.questions.heardFrom(sender, size)

    def woke(self, session: Session) -> bool:
        """
        See L{wand.sealed.sessions.session.SessionOwner}.  A directory server hears little of each of thousands: to
        make a cipher each time costs less than to put another session to rest.
        """
        isKept = not self.isSought
        if isKept or self._hasParts:  # of which it lets go at rest
            self.shared.indices.awake.add(session)
        return isKept

    def rest(self, session: Session) -> None:
        """
        See L{wand.sealed.sessions.session.SessionOwner}.  A directory server lets go of all that is of no use before
        the member says something: it looks for none itself.
        """
        session.rest()
        if not self._hasParts or not self.shared.isSought or self._isBusy:
            return
        if self.state == "established" and self.next is None:
            self.place.rest()
            self.link.rest()
            if "wayfinding" in self.made:
                self.wayfinding.takeApart()
            self.drop("answers", "course", "outbox", "path", "wayfinding")

    @property
    def _hasParts(self) -> bool:
        return bool(self.made or self.place.made)

    @property
    def _isBusy(self) -> bool:
        return (
            ("outbox" in self.made and len(self.outbox) > 0)
            or ("path" in self.made and self.path.isSearching)
            or ("wayfinding" in self.made and self.wayfinding.isBusy)
        )

    # What is due.

    def doubtPath(self) -> None:
        """
        See L{wand.sealed.sessions.wayfinding.WayUser}.
        """
        if "path" in self.made:
            self.path.doubt()

    def expectAnswer(self) -> None:
        """
        See L{wand.sealed.sessions.wayfinding.WayUser}.
        """
        self.schedule.expectAnswer()

    def repeat(self) -> None:
        """
        See L{wand.sealed.sessions.choice.Probed}.
        """
        self.shared.train.send()
        port, endpoint = self.place.port, self.place.endpoint
        if port is not None and endpoint is not None:
            count = self.recent.repeat(self._seconds(), port, endpoint)
            self.shared.counters["sealed-repeated"] += count

    def silent(self) -> None:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        if self.isSought and len(self.shared.indices.attempts) >= ATTEMPTS_SOUGHT:
            self.course.expired()
        else:
            self.course.renew()

    def keepalive(self) -> None:
        """
        Say that we live.
        """
        if self.link.sendPlain(SIGN_OF_LIFE):
            self.shared.counters["sealed-keepalives-sent"] += 1
        elif self.session is not None:  # nothing gets out there any more: is there another way?
            self.schedule.wantAnswer()

    def dropOld(self, now: float) -> None:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        if self.previous is not None and now >= self.previous.made + self.schedule.life:
            self.shared.indices.forget(self.previous)
            self.previous = None
        if self.next is not None:
            self.answers.dropOld(now, self.schedule.life)
        if self.session is None and self.outbox:
            self.outbox.wantSession(now)
