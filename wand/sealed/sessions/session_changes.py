"""
What the state machine of a conversation makes it do when sessions come and go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from wand.interfaces.membership import Member
from wand.sealed.sessions.answered_sessions import AnsweredSessions
from wand.sealed.sessions.attempt import Attempt, Target
from wand.sealed.sessions.link import PeerLink
from wand.sealed.sessions.outbox import Outbox
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.schedule import Schedule
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.wayfinding import Wayfinding


class Changing(Target, Protocol):
    """
    The conversation in which sessions come and go: all that is its own.

    @ivar state: its state, for people.
    @ivar previous: the session before the one in use.
    @ivar isUnreachable: was the peer tried in vain since there was a session?
    """

    state: str
    previous: Session | None
    isUnreachable: bool
    link: PeerLink
    schedule: Schedule
    answers: AnsweredSessions
    member: Member | None

    @property
    def session(self) -> Session | None: ...

    @property
    def next(self) -> Session | None: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def path(self) -> Path: ...

    @property
    def recent(self) -> Recent: ...

    @property
    def wayfinding(self) -> Wayfinding: ...

    def keepalive(self) -> None:
        """
        Say that we live.
        """


class SessionChanges:
    """
    Provides L{wand.sealed.sessions.machine.Verbs} for a conversation.
    """

    __slots__ = ("_conversation", "_shared")

    def __init__(self, shared: Shared, conversation: Changing) -> None:
        self._shared = shared
        self._conversation = conversation

    def begin(self, gaveUp: Callable[[], None]) -> Attempt:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        return Attempt(self._shared, self._conversation, gaveUp)

    def adopt(self, session: Session) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        shared, conversation = self._shared, self._conversation
        schedule, before = conversation.schedule, conversation.session
        shared.indices.forget(conversation.previous)
        conversation.previous, conversation.link.session = before, session
        if conversation.next is session:
            conversation.answers.forget(but=session)
        shared.counters["sealed-sessions"] += 1
        schedule.settle()
        schedule.sentAt = shared.clock.seconds()
        schedule.dueBy(schedule.sentAt)
        if session.initiator and not conversation.outbox:
            conversation.keepalive()
        if before is None:  # before the frames that wait, for the peer takes none before it knows our claim
            if conversation.isUnreachable:
                conversation.isUnreachable = False
            shared.listener.sessionUp(conversation.peer, conversation.member, conversation.place.endpoint)
            conversation.wayfinding.sessionBegan()
        conversation.link.sendAll(conversation.outbox.take())
        if session.ahead is not None and conversation.member is not None:
            shared.listener.clockTold(conversation.member, session.ahead)
        if session.secret is not None and conversation.member is not None:
            shared.listener.secretTold(conversation.member, session.secret)

    def lapse(self) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        conversation, indices = self._conversation, self._shared.indices
        before = conversation.session
        indices.forget(before)
        indices.forget(conversation.previous)
        conversation.link.session = conversation.previous = None
        conversation.path.forget()
        conversation.wayfinding.sessionEnded()
        conversation.recent.forget()
        conversation.schedule.settle()
        if before is not None:
            self._shared.listener.sessionDown(conversation.peer, conversation.member, conversation.place.endpoint)

    def discard(self) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        conversation = self._conversation
        conversation.outbox.discard()
        if conversation.state == "silent" and conversation.next is not None:
            return  # it answers nothing, but began a session itself just now
        if conversation.state == "silent" and not conversation.isUnreachable:
            conversation.isUnreachable = True
            self._shared.listener.unreachable(conversation.peer)
        conversation.answers.forget()
        conversation.schedule.stop()

    def enter(self, state: str) -> None:
        """
        See L{wand.sealed.sessions.machine.Verbs}.
        """
        self._conversation.state = state
