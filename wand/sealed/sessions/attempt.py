"""
An attempt to reach a peer: an initiation, sent again and again until it is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall

from wand.interfaces.membership import Member
from wand.interfaces.sessions import CALL, GOSSIP, MEMBER_CALL
from wand.sealed.sessions.cookies import openCookie
from wand.sealed.sessions.counterpart import Counterpart
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.own_handshake import OwnHandshake
from wand.sealed.sessions.packets import (
    HANDSHAKE_SIZE,
    VERSION,
    CookieMessage,
    Reply,
    Response,
    macKey,
    macOne,
    packInitiation,
)
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Correspondent, JoinKey
from wand.sealed.sessions.session import Session, SessionOwner
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.timers import (
    COOKIE_LIFE,
    GIVE_WAY,
    HASTEN_INTERVAL,
    RESEND_FIRST,
    RESEND_JITTER,
    RESEND_MAXIMUM,
    RESEND_QUICK,
    TRIED_AT_ONCE,
)
from wand.underlay.place_kinds import subscriberOf

#: Who may name somebody else's address, so that we send there: callers, and members that tell where they are.
_HEARSAY: Final = frozenset((CALL, MEMBER_CALL, GOSSIP))


class Target(SessionOwner, Protocol):
    """
    Whom an attempt is to reach; it gets the session that comes of it.
    """

    @property
    def counterpart(self) -> Counterpart:
        """
        What handshakes with the peer need to know.
        """

    @property
    def place(self) -> PeerPlace:
        """
        Where the peer may be.
        """

    @property
    def patience(self) -> float:
        """
        Seconds after which an attempt ends that nobody answered.
        """

    @property
    def isReached(self) -> bool:
        """
        Is there a session in which the peer answers?
        """

    def answered(
        self, session: Session, member: Member, place: tuple[str, int], sender: tuple[str, int], size: int
    ) -> None:
        """
        The peer answered our initiation.

        @param place: where the initiation went that it read.
        @param sender: where the response came from.
        @param size: octets of the response.
        """


class Attempt:
    """
    An attempt at work.  Every repetition is a handshake of its own, because the peer answers none twice.  What goes to
    each place has a number of its own, so that the answer tells at which of them the peer read it, wherever it may seem
    to come from.

    @ivar peer: whom it is to reach.
    """

    def __init__(self, shared: Shared, target: Target, gaveUp: Callable[[], None]) -> None:
        """
        @param gaveUp: called when nobody answered.
        """
        self.peer: Correspondent = target.peer
        self._turn = 0  # how often an initiation was sent, but whoever demands a cookie is not left out of the answer
        self._shared = shared
        self._target = target
        self._gaveUp = gaveUp
        self._places: dict[tuple[str, int], int] = {}
        self._began = self._freshAt = shared.clock.seconds()
        self._hastenedAt, self._hastenAgain = -inf, HASTEN_INTERVAL
        self._waits = _waits()
        self._triesLeft = TRIED_AT_ONCE
        self._initiation = b"", b""
        self._sentAt = 0.0
        self._timer: IDelayedCall | None = None
        self._handshake = OwnHandshake(shared, target.counterpart)
        self._macs: dict[int, bytes] = {}
        self._repeat()

    def stop(self) -> None:
        """
        End the attempt; leaves no timer and no index behind.
        """
        self.withdraw()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    @property
    def isFresh(self) -> bool:
        """
        Did it begin just now, or was it hastened?
        """
        return self._shared.clock.seconds() < self._freshAt + GIVE_WAY

    def withdraw(self) -> None:
        """
        Take back what was sent last, because the peer's own handshake goes first.  If nothing comes of that one, the
        next repetition is due as after a first attempt.
        """
        self._handshake.drop()
        if self._timer is not None and self._timer.active():
            soonest = self._shared.clock.seconds() + RESEND_FIRST
            if self._timer.getTime() < soonest:
                self._timer.reset(RESEND_FIRST)
        for index in self._places.values():
            self._shared.indices.attempts.pop(index, None)

    def hasten(self) -> None:
        """
        Something changed on the way, or the peer tries, too: repeat it soon, and often.  Less and less often it begins
        again so: each repetition calls the peer, which calls back, and where nothing gets through that has no end.
        """
        now = self._shared.clock.seconds()
        if self._timer is None or not self._timer.active() or now < self._hastenedAt + self._hastenAgain:
            return
        if self._hastenedAt > -inf:
            self._hastenAgain = min(RESEND_MAXIMUM, 2 * self._hastenAgain)
        self._hastenedAt = self._freshAt = now
        self._waits = _waits(*RESEND_QUICK)
        if self._handshake.isOpen:
            self._timer.cancel()
            wait = max(0.0, self._sentAt + next(self._waits) - now)
            self._timer = self._shared.clock.callLater(wait, self._repeat)

    def tryAt(self, place: tuple[str, int]) -> None:
        """
        The peer may be at a place: what was sent to the others goes there, too, unless there were too many.
        """
        message, cookie = self._initiation
        if self._handshake.isOpen and message and self._triesLeft > 0:
            self._triesLeft -= 1
            self._sendTo(place, message, cookie)

    def responseReceived(self, response: Response, sender: tuple[str, int]) -> None:
        """
        Take a response.  One that does not open, or says nothing that we understand, is counted; the attempt goes on.
        """
        opened = self._handshake.read(response)
        if opened is None:
            self._shared.counters["drop-sealed-handshake"] += 1
            return
        reply, keys, number = opened
        counterpart = self._target.counterpart
        member = self._shared.membership.admit(reply.credential, counterpart.exchangeKey)
        if member is None or not _isExpected(self.peer, member) or not counterpart.mayUse(number, member):
            self._shared.counters["drop-sealed-refused"] += 1
            return
        counterpart.opened = number
        place = next(place for place, index in self._places.items() if index == response.receiver)
        self._target.place.ways.at(place).handshake = self._shared.clock.seconds() - self._sentAt
        self._target.answered(self._session(response, reply, keys), member, place, sender, HANDSHAKE_SIZE)

    def _session(self, response: Response, reply: Reply, keys: TransportKeys) -> Session:
        return Session(
            self._target,
            self._shared.membership.cipher,
            keys,
            response.receiver,
            response.sender,
            self._shared.clock.seconds(),
            initiator=True,
            version=min(VERSION, reply.version),
            ahead=self._shared.timeOfDay.ahead(reply.clock),
            secret=max(reply.secrets, default=0) if reply.secrets is not None else None,
        )

    def cookieDemanded(self, message: CookieMessage) -> None:
        """
        The peer wants a cookie: send the initiation again, with it.
        """
        mac, counterpart = self._macs.get(message.receiver), self._target.counterpart
        cookie = openCookie(message, counterpart.exchangeKey, mac) if mac else None
        if cookie is None:
            self._shared.counters["drop-sealed-cookie"] += 1
            return
        self._shared.counters["sealed-cookies-received"] += 1
        counterpart.cookie = cookie
        counterpart.cookieUntil = self._shared.clock.seconds() + COOKIE_LIFE
        self._turn -= 1
        self._send()
        self._turn += 1
        self._macs = {}  # one cookie for one initiation, lest somebody on the path make us send without end

    def _repeat(self) -> None:
        now = self._shared.clock.seconds()
        if now >= self._end():
            self._timer = None
            self._gaveUp()
            return
        try:
            self._send()
        except Exception:  # the next repetition may do better, and somebody waits for the end of it
            self._shared.failures.caught("handshake")
        turn, self._turn = self._turn, self._turn + 1
        wait = next(self._waits) * (1 + RESEND_JITTER * self._shared.random.random())
        self._timer = self._shared.clock.callLater(max(0.0, min(wait, self._end() - now)), self._repeat)
        if turn or not self._target.isReached:
            self._shared.listener.wanted(self.peer, turn)

    def _end(self) -> float:
        return self._began + self._target.patience

    def _send(self) -> None:
        cookie = self._cookie()
        message = self._handshake.write(cookie)
        if message is None:
            return
        self._sentAt = self._shared.clock.seconds()
        self._initiation = message, cookie
        for place in self._target.place.candidates(self._turn):
            self._sendTo(place, message, cookie)

    def _sendTo(self, place: tuple[str, int], message: bytes, cookie: bytes) -> None:
        """
        Send from the address at which the peer was heard, if it was: nothing else may get through to it.  Every other
        time from the one that the system chooses: that may not lead there any more.
        """
        port = self._shared.portFor(place)
        if port is None:
            return
        if self._isRumour(place) and not self._shared.rumours.take(subscriberOf(place[0]).hex()):
            self._shared.counters["sealed-calls-ignored"] += 1
            return
        index = self._indexFor(place)
        datagram = packInitiation(index, message, macKey(self._target.counterpart.exchangeKey), cookie)
        self._macs[index] = macOne(datagram)
        if (port if self._turn % 2 else port.answering(place)).send(datagram, place):
            self._shared.counters["sealed-initiations-sent"] += 1
            way = self._target.place.ways.get(place)
            if way is not None:
                way.tried(self._shared.clock.seconds())

    def _isRumour(self, place: tuple[str, int]) -> bool:
        """
        Do only calls and gossip say that the peer is there?
        """
        where = self._target.place
        way = where.ways.get(place)
        if way is None or way.isProven or place == where.endpoint:
            return False
        return way.isTold and _HEARSAY.issuperset(where.ways.sourcesOf(place))

    def _indexFor(self, place: tuple[str, int]) -> int:
        indices = self._shared.indices
        if place not in self._places:
            self._places[place] = indices.free()
        indices.attempts[self._places[place]] = self
        return self._places[place]

    def _cookie(self) -> bytes:
        counterpart = self._target.counterpart
        return counterpart.cookie if self._shared.clock.seconds() < counterpart.cookieUntil else b""


def _waits(*first: float) -> Iterator[float]:
    """
    The waits between repetitions.

    @param first: those before the usual ones.
    """
    yield from first
    wait = RESEND_FIRST
    while True:
        yield wait
        wait = min(RESEND_MAXIMUM, 2 * wait)


def _isExpected(peer: Correspondent, member: Member) -> bool:
    return member.isServer or member.admission if isinstance(peer, JoinKey) else member.identity == peer
