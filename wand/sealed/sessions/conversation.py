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
from wand.sealed.sessions.attempt import Attempt
from wand.sealed.sessions.counterpart import Counterpart
from wand.sealed.sessions.link import PeerLink
from wand.sealed.sessions.machine import makeCourse
from wand.sealed.sessions.outbox import Outbox
from wand.sealed.sessions.packets import CONTROL
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Account, Correspondent
from wand.sealed.sessions.replay import TOLERATED
from wand.sealed.sessions.roaming import ANSWER, CHALLENGE, PRESENCE_SIZE, SIGN_OF_LIFE, answerOf
from wand.sealed.sessions.schedule import Schedule
from wand.sealed.sessions.search import Search
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.timers import IN_USE, JOIN_IDLE, KEEPALIVE_OWED, SESSION_END


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
    @ivar place: where the peer is.
    @ivar path: how big datagrams may be.
    @ivar link: sends to the peer.
    @ivar outbox: what waits for a session.
    @ivar schedule: when something is due.
    @ivar account: what passed.
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
        self.path = Path(shared.clock, self._sendPlain)
        self.place = PeerPlace(shared, self.path)
        self.schedule = Schedule(shared.clock, self, partial(end, peer))
        self.outbox = Outbox(shared, self, self.place, self.schedule, self.account)
        self.link = PeerLink(shared, self.path, self.place, self.schedule, self.account, self.outbox.keep)
        self._search = Search(shared.clock, self.link, self.renew)
        self._shared = shared
        self._seconds = shared.clock.seconds
        self._answeredAt: tuple[str, int] | None = None  # where the response went from which the next session is
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
    def isWithServer(self) -> bool:
        """
        Is the peer a directory server?
        """
        return self.member is not None and self.member.isServer

    # What others say of the peer, and what it says itself.

    def introduce(self, endpoints: Iterable[Endpoint], source: str) -> None:
        """
        Somebody says where the peer may be, the best first.  One with which we talk, and which is said to be elsewhere,
        is searched there; so both open their NATs for each other.
        """
        isElsewhere = self.place.introduce(endpoints, source)
        if self.place.told:
            self.outbox.peerMayBeBack()
        elif self.state == "left":
            self.place.forget()
        if isElsewhere:
            self.search(everywhere=True)

    def search(self, everywhere: bool = False) -> None:
        """
        The way to the peer may be another: if we talk with it, look for it, and if we try to, try at once.

        @param everywhere: ask at once wherever it may be, not only where it was heard.
        """
        self.course.hasten()
        if self._search.hasJustBegun:
            return
        self._search.stop()
        isInUse = self.schedule.isInUse(self._shared.clock.seconds() - IN_USE)
        if self.session is not None and self.counterpart.mayInitiate and isInUse:
            self.path.forget()
            self._search.begin(everywhere)

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
        self.course.left()
        return True

    # Data that arrives.

    def heard(self, session: Session, counter: int, sender: tuple[str, int], size: int) -> None:  # HOT PATH
        """
        See L{wand.sealed.sessions.session.SessionOwner}.
        """
        schedule, place = self.schedule, self.place
        if session is not self.link.session:
            if session is self.next:
                self._arrived(session, sender, size)
        elif sender is not place.endpoint and counter == session.window.highest:
            place.heardFrom(sender, session, size)
        schedule.awaiting = inf
        if size and size != PRESENCE_SIZE:  # no frame is so short; a message that is does not make a session stay
            now = schedule.usedAt = self._seconds()
            if schedule.owing == inf:
                schedule.owing = now
                if now + KEEPALIVE_OWED < schedule.timerAt:
                    schedule.dueBy(now + KEEPALIVE_OWED)
        if session.window.loss >= TOLERATED and self.path.reportLoss():
            session.window.loss = -TOLERATED
            self._shared.counters["sealed-losses-reported"] += 1

    def _arrived(self, session: Session, sender: tuple[str, int], size: int) -> None:
        self.place.beginSession(self._answeredAt)  # who sends in it has read our response, and it went there
        self.course.confirmed(session)
        if sender is not self.place.endpoint:
            self.place.heardFrom(sender, session, size)

    def presenceReceived(self, plaintext: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.sealed.sessions.session.SessionOwner}.
        """
        if len(plaintext) != PRESENCE_SIZE:
            return
        if plaintext[1] == CHALLENGE:
            self._sendPlain(answerOf(plaintext))
        elif plaintext[1] == ANSWER:
            self.place.answerReceived(plaintext, sender)

    def _sendPlain(self, plaintext: bytes) -> bool:
        return self.link.sendPlain(plaintext)

    # Sessions that come and go.

    def answer(self, session: Session, member: Member | None, place: tuple[str, int]) -> None:
        """
        We answered an initiation of the peer's: use the session once the peer does.

        @param place: where the response goes.
        """
        self._answeredAt = place
        self.member = member or self.member
        self._shared.indices.forget(self.next)
        self.next = session
        self._shared.indices.sessions[session.ours] = session
        self.schedule.dueBy(session.made + (SESSION_END if self.counterpart.mayInitiate else JOIN_IDLE))

    def answered(
        self, session: Session, member: Member, place: tuple[str, int], sender: tuple[str, int], size: int
    ) -> None:
        """
        See L{wand.sealed.sessions.attempt.Target}.
        """
        self.member = member
        self._shared.indices.sessions[session.ours] = session
        self.place.beginSession(sender if sender == place else place)  # it says at which of our addresses it was heard
        self.course.answered(session)
        if sender != place and self.session is session:
            self.place.challenge(sender, session, size)

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
            self.next = None
        shared.counters["sealed-sessions"] += 1
        schedule.settle()
        schedule.sentAt = shared.clock.seconds()
        schedule.dueBy(schedule.sentAt)
        if session.initiator and not self.outbox:
            self.keepalive()
        if before is None:  # before the frames that wait, for the peer takes none before it knows our claim
            shared.listener.sessionUp(self.peer, self.member, self.place.endpoint)
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
        self._search.stop()
        self.place.endSession()
        self.schedule.settle()
        if before is not None:
            self._shared.listener.sessionDown(self.peer, self.member, self.place.endpoint)

    def discard(self) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        self.outbox.discard()
        self._shared.indices.forget(self.next)
        self.next = None
        self.schedule.stop()

    def enter(self, state: str) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        self.state = state

    # What is due.

    def keepalive(self) -> None:
        """
        Say that we live.
        """
        if self._sendPlain(SIGN_OF_LIFE):
            self._shared.counters["sealed-keepalives-sent"] += 1

    def dropOld(self, now: float) -> None:
        """
        See L{wand.sealed.sessions.schedule.Scheduled}.
        """
        if self.previous is not None and now >= self.previous.made + SESSION_END:
            self._shared.indices.forget(self.previous)
            self.previous = None
        if self.next is not None and now >= self.next.made + SESSION_END:
            self._shared.indices.forget(self.next)
            self.next = None
        if self.outbox and self.session is None:
            self.outbox.wantSession(now)
