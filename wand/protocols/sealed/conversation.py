"""
A conversation: everything between one peer and us.  Its sessions, what waits for one, where the peer is, and when it is
time for a keepalive or for a new handshake.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Final

from twisted.internet.interfaces import IDelayedCall

from wand.endpoint import Endpoint
from wand.membership.member import Member
from wand.protocols.sealed.attempt import Attempt
from wand.protocols.sealed.ciphers import Octets
from wand.protocols.sealed.freshness import Freshness
from wand.protocols.sealed.machine import makeCourse
from wand.protocols.sealed.packets import CONTROL, FRAME, JOIN, MEMBER, PLAINTEXT_MAXIMUM
from wand.protocols.sealed.path import BIG, LOSSY, LOSSY_INTERVAL, Path
from wand.protocols.sealed.peers import Account, Correspondent, JoinKey
from wand.protocols.sealed.replay import TOLERATED
from wand.protocols.sealed.roaming import ANSWER, CHALLENGE, PRESENCE_SIZE, QUESTION, SIGN_OF_LIFE, Roaming, answerOf
from wand.protocols.sealed.search import AGAIN, Search
from wand.protocols.sealed.session import Session
from wand.protocols.sealed.shared import Shared
from wand.protocols.sealed.timers import (
    CONFIRMATION,
    IN_USE,
    JOIN_IDLE,
    JOIN_REST,
    KEEPALIVE,
    KEEPALIVE_OWED,
    LEFT,
    QUEUE_LENGTH,
    RENEW_INITIATOR,
    RENEW_RESPONDER,
    SESSION_END,
    SILENCE,
)
from wand.superframes.fragments import fragmentsOf
from wand.underlay.ports import DatagramSender

#: How many of the places where a peer may be are tried at once; so nobody who says where a peer may be makes us send
#: to many others.  Those beyond have their turn with the repetitions.
CANDIDATES: Final = 4

#: How many of them are remembered.
INTRODUCED: Final = 16


class Conversation:
    """
    What is between one peer and us.

    @ivar peer: who it is.
    @ivar exchangeKey: the public key of the peer's handshakes.
    @ivar member: what its last valid certificate says; C{None} while none was seen, and for a node that joins.
    @ivar course: the state machine.
    @ivar state: its state, for people.
    @ivar session: what we send in; C{None} while there is none.
    @ivar endpoint: where the peer is, and at which address of ours it was heard: by an authenticated datagram, and it
        proved to be there.  It is what the port gave with that, for another of our addresses makes another object that
        is equal.
    @ivar freshness: tells its initiations from repeated ones.
    @ivar cookie: what it wants to see in our initiations until C{cookieUntil}.
    @ivar path: how big datagrams may be.
    @ivar account: what passed.
    """

    def __init__(self, shared: Shared, peer: Correspondent, exchangeKey: bytes, secret: bytes = b"") -> None:
        """
        @param secret: the secret of the invitation, if we redeem one.
        """
        self.peer = peer
        self.exchangeKey = exchangeKey
        self.member: Member | None = None
        self.state = "idle"
        self.session: Session | None = None
        self.endpoint: tuple[str, int] | None = None
        self.freshness = Freshness()
        self.cookie = b""
        self.cookieUntil = -inf
        self.account = Account()
        self.path = Path(shared.clock, self._sendPlain)
        self._shared = shared
        self._secret = secret
        self._introduced: tuple[Endpoint, ...] = ()
        self._port: DatagramSender | None = None
        self._roaming = Roaming(shared.entropy)
        self._answeredAt: tuple[str, int] | None = None  # where the response went from which the next session is
        self._previous: Session | None = None
        self._before: tuple[DatagramSender, tuple[str, int]] | None = None  # where the peer was in the previous one
        self._next: Session | None = None
        self._queue: deque[tuple[int, bytes]] = deque(maxlen=QUEUE_LENGTH)
        self._sentAt = self._usedAt = -inf
        self._awaiting = self._owing = inf  # since when an answer, a sign of life is due
        self._reportAt = -inf  # when we may say again that datagrams are lost
        self._timer: IDelayedCall | None = None
        self._timerAt = inf
        self._leftUntil = -inf  # until when nothing is begun, because the peer said goodbye
        self._search: Search | None = None
        self.course = makeCourse(self)

    @property
    def isIdle(self) -> bool:
        """
        Is there neither a session nor a handshake?
        """
        return self.session is None and self._next is None and self.state in ("idle", "silent", "left", "ended")

    @property
    def mayInitiate(self) -> bool:
        """
        Is it for us to begin handshakes?  With a node that joins it is not: it comes back if it has something to say.
        """
        return not isinstance(self.peer, JoinKey) or bool(self._secret)

    @property
    def isAwaiting(self) -> bool:
        """
        Was something sent since the peer was last heard?
        """
        return self._awaiting < inf

    # What a handshake needs to know.

    @property
    def purpose(self) -> int:
        """
        Why we initiate.
        """
        return JOIN if isinstance(self.peer, JoinKey) else MEMBER

    @property
    def credential(self) -> bytes:
        """
        What we present.
        """
        return self.peer.invitation if isinstance(self.peer, JoinKey) else self._shared.membership.certificate

    @property
    def psk(self) -> bytes:
        """
        The pre-shared key of the handshakes that we initiate.
        """
        return self._secret if isinstance(self.peer, JoinKey) else self._shared.membership.secret

    def introduce(self, endpoints: Iterable[Endpoint]) -> None:
        """
        Somebody says where the peer may be, the best first.  One with which we talk, and which is said to be elsewhere,
        is searched there; so both open their NATs for each other.
        """
        before, self._introduced = self._introduced, tuple(dict.fromkeys(endpoints))[:INTRODUCED]
        if self._introduced:
            self.welcome()
        elif self.state == "left":
            self._port = self.endpoint = None
        if self.endpoint not in self._introduced and not set(self._introduced) <= set(before):
            self.search(everywhere=True)

    def welcome(self) -> None:
        """
        If the peer said goodbye, it may be back.
        """
        self._leftUntil = -inf

    def candidates(self, turn: int = 0) -> list[tuple[str, int]]:
        """
        Where to try: where the peer was heard last, and a few of the places where it is said to be.

        @param turn: how often it was tried before; the others have their turn then.
        """
        told = self._introduced
        start = turn * CANDIDATES % len(told) if len(told) > CANDIDATES else 0
        heard = [] if self.endpoint is None else [self.endpoint]
        return list(dict.fromkeys([*heard, *(told[start:] + told[:start])[:CANDIDATES]]))

    # Sending.

    def send(self, kind: int, body: Octets) -> None:
        """
        Send a message at once, or let it wait for a session.  What cannot be sent is dropped and counted.

        @param kind: the first octet of the plaintext.
        """
        if self.session is None:
            self._keep(kind, body)
        elif len(body) >= PLAINTEXT_MAXIMUM:
            self._shared.counters["drop-sealed-too-long"] += 1
        elif self._sendPlain(bytes([kind]) + body):
            self._usedAt = self._sentAt
            self._wantAnswer()

    def sendBefore(self, kind: int, body: Octets) -> None:
        """
        Send a message in the session before this one, to where the peer was heard then, if there is such a session.
        """
        if self._previous is not None and self._before is not None:
            plaintext = memoryview(bytes([kind]) + body)
            self._shared.train.add(self._previous, [plaintext], *self._before)
            self._shared.train.send()

    @property
    def endpointBefore(self) -> tuple[str, int] | None:
        """
        Where the peer was heard before the present session began.
        """
        return None if self._before is None else self._before[1]

    def sendFrame(self, frame: Octets) -> None:  # HOT PATH
        """
        Send a frame, or let it wait for a session; in fragments if it is too big for the path.  What cannot be sent is
        dropped and counted.  It may stay in the train until L{Train.send}.
        """
        session, shared = self.session, self._shared
        size = len(frame) + 1
        if session is None:
            self._keep(FRAME, frame)
        elif size <= self.path.room:
            self.sendFrames(session, (shared.plaintext(FRAME, frame),), 1, size - 1)
        elif size > PLAINTEXT_MAXIMUM:
            shared.counters["drop-sealed-too-long"] += 1
        else:
            shared.frames += 1
            fragments = fragmentsOf(memoryview(frame), shared.frames, self.path.room)
            self.sendFrames(session, [memoryview(each) for each in fragments], 1, size - 1)

    def sendFrames(self, session: Session, plaintexts: Sequence[memoryview], frames: int, octets: int) -> None:
        # HOT PATH
        """
        Send the plaintexts of a frame: whole, in chunks or in fragments.

        @param session: ours.
        @param frames: how many packets it stands for, for the account.
        @param octets: its length.
        """
        if not self._transmit(session, plaintexts):
            return
        self._usedAt = self._sentAt
        if self._awaiting == inf:
            self._wantAnswer()
        if self._sentAt >= self.path.due and len(plaintexts[0]) > BIG:
            self._shared.train.send()
            self.path.probe()
        account = self.account
        account.framesSent += frames
        account.bytesSent += octets

    def _wantAnswer(self) -> None:
        if self._awaiting == inf:
            self._awaiting = self._sentAt
            self._dueBy(self._sentAt + SILENCE)

    def keepalive(self) -> None:
        """
        Say that we live.
        """
        if self._sendPlain(SIGN_OF_LIFE):
            self._shared.counters["sealed-keepalives-sent"] += 1

    def renew(self) -> None:
        """
        Begin a new handshake while the session lasts.
        """
        self.course.renew()

    def search(self, everywhere: bool = False) -> None:
        """
        The way to the peer may be another: if we talk with it, look for it, and if we try to, try at once.

        @param everywhere: ask at once wherever it may be, not only where it was heard.
        """
        now = self._shared.clock.seconds()
        self.course.hasten()
        if self._search is not None and now < self._search.began + AGAIN:
            return
        self._endSearch()
        if self.session is not None and self.mayInitiate and self._inUse(now - IN_USE):
            self.path.forget()
            self._search = Search(self._shared.clock, self, everywhere)

    def ask(self, everywhere: bool) -> None:
        """
        See L{wand.protocols.sealed.search.Searched}.
        """
        session = self.session
        if session is None:
            return
        self._shared.counters["sealed-searches"] += 1
        for endpoint in self.candidates() if everywhere else self.candidates()[:1]:
            # From the address that the system chooses now; and last from the one that the peer knows, if it is another.
            known = self._port if endpoint is self.endpoint else None
            for port in dict.fromkeys((self._shared.portFor(endpoint), known)):
                if port is not None and self._shared.train.add(session, [memoryview(QUESTION)], port, endpoint):
                    self._shared.train.send()
        self._sentAt = self._shared.clock.seconds()
        self._awaiting = inf
        self._wantAnswer()

    def _endSearch(self) -> None:
        if self._search is not None:
            self._search.stop()
            self._search = None

    def left(self, index: int, answer: bytes) -> bool:
        """
        The peer says goodbye: end the session, and begin none before there is a reason, or some time has passed.

        @param index: of the session that it ends; only the one that we use is ended, so that a goodbye that was held
            up on its way does not end a later session.
        @param answer: the last control message in it.
        """
        if self.session is None or self.session.ours != index:
            return False
        self.send(CONTROL, answer)
        if self.member is None or not self.member.isServer:
            self._leftUntil = self._shared.clock.seconds() + LEFT
        self.course.left()
        return True

    def _sendPlain(self, plaintext: bytes) -> bool:
        """
        Send a plaintext now, if there is a session.
        """
        session = self.session
        return session is not None and self._transmit(session, [memoryview(plaintext)]) and self._shared.train.send()

    def _transmit(self, session: Session, plaintexts: Sequence[memoryview]) -> bool:  # HOT PATH
        self._sentAt = self._shared.clock.seconds()
        self._owing = inf
        port, endpoint = self._port, self.endpoint
        if port is None or endpoint is None:
            self._shared.counters["drop-sealed-unreachable"] += 1
            return False
        return self._shared.train.add(session, plaintexts, port, endpoint)

    def _keep(self, kind: int, body: Octets) -> None:
        if self._isAway:
            self._shared.counters["sealed-left"] += 1
            return
        if self._next is None and not self.mayInitiate:
            self.account.unsent += 1
            self._shared.counters["drop-sealed-unreachable"] += 1
            return
        if self._next is None and not self.candidates():  # offline, or the name of a server is not resolved yet
            self._shared.counters["sealed-absent"] += 1
            return
        if len(self._queue) == QUEUE_LENGTH:
            self._lost(1)
        self._queue.append((kind, bytes(body)))
        self._wantSession(self._shared.clock.seconds())

    def _wantSession(self, now: float) -> None:
        """
        Begin a handshake for what waits, unless the peer is about to use the session with which we answered its own.
        """
        if self._next is None or now >= self._next.made + CONFIRMATION:
            self.course.want()
        else:
            self._dueBy(self._next.made + CONFIRMATION)

    @property
    def _isAway(self) -> bool:
        """
        Did the peer say goodbye, and is there no reason to believe that it is back?
        """
        if self.state != "left" or self._next is not None:
            return False
        return self._shared.clock.seconds() < self._leftUntil or not self.candidates()

    def _lost(self, count: int) -> None:
        self.account.unsent += count
        self._shared.counters["drop-sealed-queue"] += count

    # Receiving.

    def heard(self, session: Session, counter: int, sender: tuple[str, int], size: int) -> None:  # HOT PATH
        """
        A datagram opened.

        @param size: the length of its plaintext.
        """
        if session is not self.session:
            if session is self._next:
                self._arrived(session, sender, size)
        elif sender is not self.endpoint and counter == session.window.highest:
            self._notAsBefore(session, sender, size)
        self._awaiting = inf
        if size and size != PRESENCE_SIZE:  # no frame is so short; a message that is does not make a session stay
            now = self._usedAt = self._shared.clock.seconds()
            if self._owing == inf:
                self._owing = now
                if now + KEEPALIVE_OWED < self._timerAt:
                    self._dueBy(now + KEEPALIVE_OWED)
        if session.window.loss >= TOLERATED:
            self._reportLoss(session)

    def _reportLoss(self, session: Session) -> None:
        now = self._shared.clock.seconds()
        if now >= self._reportAt:
            self._reportAt = now + LOSSY_INTERVAL
            session.window.loss = -TOLERATED
            self._shared.counters["sealed-losses-reported"] += 1
            self._sendPlain(bytes([LOSSY]))

    def _arrived(self, session: Session, sender: tuple[str, int], size: int) -> None:
        self._keepPlace()
        if self._answeredAt is not None:  # who sends in this session has read our response, and it went there
            self._settle(self._answeredAt)
        self.course.confirmed(session)
        if sender is not self.endpoint:
            self._notAsBefore(session, sender, size)

    def _keepPlace(self) -> None:
        if self._port is not None and self.endpoint is not None:
            self._before = self._port, self.endpoint

    def _notAsBefore(self, session: Session, sender: tuple[str, int], size: int) -> None:
        if sender == self.endpoint:
            self._use(sender)  # it was heard at another address of ours
        else:
            self._challenge(session, sender, size)

    def _challenge(self, session: Session, place: tuple[str, int], size: int) -> None:
        """
        The peer was heard elsewhere; see L{wand.protocols.sealed.roaming}.

        @param size: octets of the plaintext that came from there, for no more may go there.
        """
        port = self._shared.portFor(place)
        if port is None or size < PRESENCE_SIZE:
            return
        challenge = self._roaming.challenge(place, self._shared.clock.seconds())
        train = self._shared.train
        if challenge is not None and train.add(session, [memoryview(challenge)], port.answering(place), place):
            train.send()
            self._shared.counters["sealed-challenges-sent"] += 1

    def presenceReceived(self, plaintext: memoryview, sender: tuple[str, int]) -> None:
        """
        A sign of life came, a challenge or an answer to ours.
        """
        if len(plaintext) != PRESENCE_SIZE:
            return
        if plaintext[1] == CHALLENGE:
            self._sendPlain(answerOf(plaintext))
        elif plaintext[1] == ANSWER and self._roaming.isProven(sender, plaintext):
            self._settle(sender)

    def _settle(self, place: tuple[str, int]) -> None:
        """
        The peer proved that it is there.
        """
        self._roaming.forget()
        before = self.endpoint
        self._use(place)
        if before is not None and before != self.endpoint:
            self._shared.counters["sealed-roamed"] += 1
            self.path.forget()

    def _use(self, place: tuple[str, int]) -> None:
        port = self._shared.portFor(place)
        if port is not None:
            if place != self.endpoint:
                self._shared.indices.places.moved(self.endpoint, place)
            self._port, self.endpoint = port.towards(place), place

    def forgotten(self) -> None:
        """
        We keep the conversation no longer.
        """
        self._shared.indices.places.moved(self.endpoint, None)

    # Sessions.

    def answer(self, session: Session, member: Member | None, place: tuple[str, int]) -> None:
        """
        We answered an initiation of the peer's: use the session once the peer does.

        @param place: where the response goes.
        """
        self._answeredAt = place
        self.member = member or self.member
        self._forget(self._next)
        self._next = session
        self._shared.indices.sessions[session.ours] = session
        self._dueBy(session.made + (SESSION_END if self.mayInitiate else JOIN_IDLE))

    def answered(
        self, session: Session, member: Member, place: tuple[str, int], sender: tuple[str, int], size: int
    ) -> None:
        """
        The peer answered our initiation.

        @param place: where the initiation went that it read.
        @param sender: where the response came from.
        @param size: octets of the response.
        """
        self.member = member
        self._shared.indices.sessions[session.ours] = session
        self._keepPlace()
        self._settle(sender if sender == place else place)  # it says at which address of ours the peer was heard
        self.course.answered(session)
        if sender != place and self.session is session:
            self._challenge(session, sender, size)

    def begin(self, gaveUp: Callable[[], None]) -> Attempt:
        """
        See L{wand.protocols.sealed.machine.Verbs}.
        """
        return Attempt(self._shared, self, gaveUp)

    def adopt(self, session: Session) -> None:
        """
        See L{wand.protocols.sealed.machine.Verbs}.
        """
        isFirst = self.session is None
        self._forget(self._previous)
        self._previous, self.session = self.session, session
        if self._next is session:
            self._next = None
        self._shared.counters["sealed-sessions"] += 1
        self._awaiting = self._owing = inf
        self._sentAt = self._shared.clock.seconds()
        self._dueBy(self._sentAt)
        if session.initiator and not self._queue:
            self.keepalive()
        if isFirst:  # before the frames that wait, for the peer takes none before it knows our claim
            self._shared.listener.sessionUp(self)
        self._sendQueue()
        if session.ahead is not None:
            self._shared.listener.clockTold(self, session.ahead)

    def lapse(self) -> None:
        """
        See L{wand.protocols.sealed.machine.Verbs}.
        """
        wasUp = self.session is not None
        self._forget(self.session)
        self._forget(self._previous)
        self.session = self._previous = None
        self.path.forget()
        self._endSearch()
        self._roaming.forget()
        self._awaiting = self._owing = inf
        if wasUp:
            self._shared.listener.sessionDown(self)

    def discard(self) -> None:
        """
        See L{wand.protocols.sealed.machine.Verbs}.
        """
        self._lost(len(self._queue))
        self._queue.clear()
        self._forget(self._next)
        self._next = None
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timerAt = None, inf

    def enter(self, state: str) -> None:
        """
        See L{wand.protocols.sealed.machine.Verbs}.
        """
        self.state = state

    def _sendQueue(self) -> None:
        waiting, self._queue = self._queue, deque(maxlen=QUEUE_LENGTH)
        for kind, body in waiting:
            if kind == FRAME:
                self.sendFrame(body)
            else:
                self.send(kind, body)
        self._shared.train.send()

    def _forget(self, session: Session | None) -> None:
        if session is not None:
            self._shared.indices.sessions.pop(session.ours, None)

    # Time.

    def _dueBy(self, when: float) -> None:
        if when >= self._timerAt:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timerAt = when
        self._timer = self._shared.clock.callLater(max(0.0, when - self._shared.clock.seconds()), self._due)

    def _due(self) -> None:
        self._timer, self._timerAt = None, inf
        now = self._shared.clock.seconds()
        if not self.mayInitiate:
            self._joinerDue(now)
            return
        try:
            self._doWhatIsDue(now)
        finally:
            following = self._following(now)
            if following < inf:
                self._dueBy(following)

    def _doWhatIsDue(self, now: float) -> None:
        self._dropOld(now)
        session = self.session
        if session is not None and now >= self._endOf(session):
            self.course.expired()
        elif session is not None:
            if now >= min(self._renewalDue(session), self._awaiting + SILENCE):
                self._awaiting = inf
                self.course.renew()
            if now >= self._keepaliveDue():
                self.keepalive()

    def _joinerDue(self, now: float) -> None:
        made = max((each.made for each in (self.session, self._next) if each is not None), default=-inf)
        due = min(max(made, self._usedAt) + JOIN_IDLE, made + SESSION_END)
        if now < due:
            self._dueBy(due)
        else:
            self._shared.listener.joinerGone(self)

    def _dropOld(self, now: float) -> None:
        if self._previous is not None and now >= self._previous.made + SESSION_END:
            self._forget(self._previous)
            self._previous = None
        if self._next is not None and now >= self._next.made + SESSION_END:
            self._forget(self._next)
            self._next = None
        if self._queue and self.session is None:
            self._wantSession(now)

    def _following(self, now: float) -> float:
        old = [each.made + SESSION_END for each in (self._previous, self._next) if each is not None]
        session = self.session
        if session is not None:
            old += [self._endOf(session), self._keepaliveDue(), self._awaiting + SILENCE]
            old += [due for due in (self._renewalDue(session),) if due > now]
        return min(old, default=inf)

    def _endOf(self, session: Session) -> float:
        end = session.made + SESSION_END
        return min(end, max(session.made, self._usedAt) + JOIN_REST) if isinstance(self.peer, JoinKey) else end

    def _renewalDue(self, session: Session) -> float:
        if not self._inUse(session.made):
            return inf
        return session.made + (RENEW_INITIATOR if session.initiator else RENEW_RESPONDER)

    def _keepaliveDue(self) -> float:
        persistent = self._sentAt + KEEPALIVE if self._inUse(self._shared.clock.seconds() - IN_USE) else inf
        return min(persistent, self._owing + KEEPALIVE_OWED)

    def _inUse(self, since: float) -> bool:
        return self._usedAt > since or (self.member is not None and self.member.isServer)
