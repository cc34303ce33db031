"""
When something is due in a conversation: a keepalive, a new handshake, the end of a session.
"""

from __future__ import annotations

from math import inf
from typing import Protocol

from wand.sealed.sessions.counterpart import Counterpart
from wand.sealed.sessions.machine import Course
from wand.sealed.sessions.peers import JoinKey
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.timers import (
    IN_USE,
    JOIN_IDLE,
    JOIN_REST,
    KEEPALIVE,
    KEEPALIVE_OWED,
    PROMPT,
    RENEW_INITIATOR,
    RENEW_INITIATOR_SERVER,
    RENEW_RESPONDER,
    RENEW_RESPONDER_SERVER,
    SESSION_END,
    SESSION_END_SERVER,
    SILENCE,
)
from wand.sealed.sessions.vigil import LULL, PATIENCE, Vigil


class Scheduled(Protocol):
    """
    The conversation in which something is due.
    """

    @property
    def counterpart(self) -> Counterpart:
        """
        Who is at the other end.
        """

    @property
    def course(self) -> Course:
        """
        The state machine: it is told of sessions that have to be renewed, or are over.
        """

    @property
    def isWithServer(self) -> bool:
        """
        Is it with a directory server?
        """

    @property
    def frames(self) -> int:
        """
        How many frames went to the peer and came from it.
        """

    @property
    def recent(self) -> Recent:
        """
        What went to the peer lately.
        """

    @property
    def isSought(self) -> bool:
        """
        Does the peer see to it that it reaches us?
        """

    @property
    def session(self) -> Session | None:
        """
        The session in use.
        """

    @property
    def previous(self) -> Session | None:
        """
        The one before, in which something may still arrive.
        """

    @property
    def next(self) -> Session | None:
        """
        The one that the peer began and does not use yet.
        """

    @property
    def vigil(self) -> Vigil:
        """
        Is told when to look at the way in use.
        """

    def silent(self) -> None:
        """
        The peer does not answer.
        """

    def joinerGone(self) -> None:
        """
        A node that joins was not heard for so long that it can be forgotten.
        """

    def keepalive(self) -> None:
        """
        Say that we live.
        """

    def dropOld(self, now: float) -> None:
        """
        Let go of sessions that are too old and not in use, and see to it that what waits gets one.
        """


class Schedule:
    """
    One moment, that of whatever is due first.

    All moments are in the clock's seconds.

    @ivar sentAt: when something was sent last.
    @ivar usedAt: when the last frame or message was sent or received.
    @ivar awaiting: since when the peer owes an answer; infinite if it owes none.
    @ivar owing: since when we owe a sign of life; infinite if we owe none.
    @ivar timerAt: when it looks at what is due; infinite if it does not.
    """

    __slots__ = (
        "_framesAsked",
        "_scheduled",
        "_seconds",
        "_shared",
        "awaiting",
        "owing",
        "sentAt",
        "timerAt",
        "usedAt",
    )

    def __init__(self, shared: Shared, scheduled: Scheduled) -> None:
        self.sentAt = self.usedAt = -inf
        self.awaiting = self.owing = inf
        self.timerAt = inf
        self._shared = shared
        self._seconds = shared.clock.seconds
        self._scheduled = scheduled
        self._framesAsked = 0

    @property
    def isAwaiting(self) -> bool:
        """
        Was something sent since the peer was last heard?
        """
        return self.awaiting < inf

    def dueBy(self, when: float) -> None:
        """
        Something is due at this moment.
        """
        if when >= self.timerAt:
            return
        self.timerAt = when
        self._shared.due.expireAt(self, when)

    def stop(self) -> None:
        """
        Nothing is due any more.
        """
        self.timerAt = inf
        self._shared.due.discard(self)

    def settle(self) -> None:
        """
        A session began, or ended: nobody owes anybody anything.
        """
        self.awaiting = self.owing = inf

    def wantAnswer(self) -> None:
        """
        Something was sent that the peer should answer.
        """
        if self.awaiting == inf:
            self.awaiting = self.sentAt
            self.dueBy(self.sentAt + (SILENCE if self._scheduled.isSought else PATIENCE))

    def said(self) -> None:
        """
        A message was sent that the peer should answer, unless it is an answer itself.
        """
        if self._scheduled.isSought and self.sentAt < self.usedAt + PROMPT:
            return
        self.usedAt = self.sentAt
        self.wantAnswer()

    def owe(self, now: float) -> None:
        """
        The peer sent something, and we sent nothing since.
        """
        scheduled = self._scheduled
        if scheduled.isWithServer and now < self.sentAt + PROMPT:
            return
        self.owing = now
        if scheduled.isSought:
            self._shared.debts.add(self, now)
        else:
            self.dueBy(now + (LULL if self._isWatched else KEEPALIVE_OWED))

    def pay(self, now: float) -> None:
        """
        See L{wand.sealed.sessions.debts.Debtor}.
        """
        if now >= self.owing + KEEPALIVE_OWED:
            self._scheduled.keepalive()

    def expectAnswer(self) -> None:
        """
        The peer was asked, or another way is used: it owes an answer from this moment on.
        """
        self.sentAt = self._seconds()
        self.awaiting = inf
        self.wantAnswer()

    def isInUse(self, since: float) -> bool:
        """
        Is there a use for a session?

        @param since: what passed before does not count.
        """
        return self.usedAt > since or self._scheduled.isWithServer

    def isDue(self) -> None:
        """
        The moment is here: do what is due.
        """
        self.timerAt = inf
        now = self._seconds()
        self._scheduled.recent.age(now)
        if not self._scheduled.counterpart.mayInitiate:
            self._joinerDue(now)
            return
        try:
            self._doWhatIsDue(now)
        finally:
            following = self._following(now)
            if following < inf:
                self.dueBy(following)

    def _doWhatIsDue(self, now: float) -> None:
        scheduled = self._scheduled
        scheduled.dropOld(now)
        session = scheduled.session
        if session is not None and now >= self._endOf(session):
            scheduled.course.expired()
        elif session is not None:
            if self._isWatched:
                lull = self._lullDue
                self._scheduled.vigil.look(now, self.awaiting, lull)
                if now >= lull:
                    self._framesAsked = self._scheduled.frames
            if now >= self.awaiting + SILENCE:
                self.awaiting = inf
                scheduled.silent()
            elif now >= self._renewalDue(session):
                self.awaiting = inf
                scheduled.course.renew()
            if now >= self._keepaliveDue():
                scheduled.keepalive()

    def _joinerDue(self, now: float) -> None:
        sessions = self._scheduled.session, self._scheduled.next
        made = max((each.made for each in sessions if each is not None), default=-inf)
        due = min(max(made, self.usedAt) + JOIN_IDLE, made + self.life)
        if now < due:
            self.dueBy(due)
        else:
            self._scheduled.joinerGone()

    @property
    def life(self) -> float:
        """
        How many seconds a session with this peer lasts.
        """
        return SESSION_END_SERVER if self._isWithServer else SESSION_END

    @property
    def _isWithServer(self) -> bool:
        """
        Is the peer a directory server, or are we?
        """
        return self._scheduled.isSought or self._scheduled.isWithServer

    def _following(self, now: float) -> float:
        scheduled = self._scheduled
        old = [each.made + self.life for each in (scheduled.previous, scheduled.next) if each is not None]
        session = scheduled.session
        old.append(scheduled.recent.due)
        if session is not None:
            old += [self._endOf(session), self._keepaliveDue(), self.awaiting + SILENCE]
            old += [self._scheduled.vigil.due(self.awaiting, self._lullDue)] if self._isWatched else []
            old += [due for due in (self._renewalDue(session),) if due > now]
        return min(old, default=inf)

    @property
    def _isWatched(self) -> bool:
        return not (self._scheduled.isSought or isinstance(self._scheduled.counterpart.peer, JoinKey))

    @property
    def _lullDue(self) -> float:
        """
        When it is time to ask a peer with which frames passed since the last time: if the NAT in front of us has other
        ports now, nobody reaches us until we send something.
        """
        return inf if self._scheduled.frames == self._framesAsked else self.usedAt + LULL

    def _endOf(self, session: Session) -> float:
        end = session.made + self.life
        if isinstance(self._scheduled.counterpart.peer, JoinKey):
            end = min(end, max(session.made, self.usedAt) + JOIN_REST)
        return end

    def _renewalDue(self, session: Session) -> float:
        if not self.isInUse(session.made):
            return inf
        if self._isWithServer:
            return session.made + (RENEW_INITIATOR_SERVER if session.initiator else RENEW_RESPONDER_SERVER)
        return session.made + (RENEW_INITIATOR if session.initiator else RENEW_RESPONDER)

    def _keepaliveDue(self) -> float:
        isKept = not self._scheduled.isSought and self.isInUse(self._seconds() - IN_USE)
        persistent = self.sentAt + KEEPALIVE if isKept else inf
        return min(persistent, self.owing + KEEPALIVE_OWED)
