"""
What waits for a session with one peer, and whether it is worth waiting.
"""

from __future__ import annotations

from math import inf
from typing import Protocol

from wand.sealed.sessions.ciphers import Octets
from wand.sealed.sessions.counterpart import Counterpart
from wand.sealed.sessions.machine import Course
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Account, PeerKey
from wand.sealed.sessions.schedule import Schedule
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.timers import CONFIRMATION, LEFT, QUEUE_LENGTH


class Wanting(Protocol):
    """
    The conversation that wants a session.
    """

    @property
    def counterpart(self) -> Counterpart:
        """
        Who is at the other end.
        """

    @property
    def course(self) -> Course:
        """
        The state machine, which is told that a session is wanted.
        """

    @property
    def state(self) -> str:
        """
        Its state, for people.
        """

    @property
    def next(self) -> Session | None:
        """
        The session that the peer began and does not use yet.
        """


class Outbox:
    """
    Keeps frames and messages, L{QUEUE_LENGTH} at most; the oldest makes room.  What is dropped is counted.
    """

    __slots__ = ("_account", "_leftUntil", "_place", "_schedule", "_shared", "_waiting", "_wanting")

    def __init__(
        self, shared: Shared, wanting: Wanting, place: PeerPlace, schedule: Schedule, account: Account
    ) -> None:
        self._shared = shared
        self._wanting = wanting
        self._place = place
        self._schedule = schedule
        self._account = account
        self._waiting: list[tuple[int, bytes]] = []
        self._leftUntil = -inf  # until when nothing is begun, because the peer said goodbye

    def __len__(self) -> int:
        return len(self._waiting)

    def keep(self, kind: int, body: Octets) -> None:
        """
        Keep a frame or a message, if a session is possible, and ask for one.

        @param kind: the first octet of its plaintext.
        """
        next, counters = self._wanting.next, self._shared.counters
        if self._isAway:
            counters["sealed-left"] += 1
        elif next is None and not self._wanting.counterpart.mayInitiate:
            self._account.unsent += 1
            counters["drop-sealed-unreachable"] += 1
        elif next is None and not self._place.candidates() and not self._mayBeCalled:
            # Offline, or the name of a server is not resolved yet.
            counters["sealed-absent"] += 1
        else:
            if len(self._waiting) == QUEUE_LENGTH:
                del self._waiting[0]
                self._lost(1)
            self._waiting.append((kind, bytes(body)))
            self.wantSession(self._shared.clock.seconds())

    def wantSession(self, now: float) -> None:
        """
        Begin a handshake for what waits, unless the peer is about to use the session with which we answered its own.
        """
        next = self._wanting.next
        if next is None or now >= next.made + CONFIRMATION:
            self._wanting.course.want()
        else:
            self._schedule.dueBy(next.made + CONFIRMATION)

    def take(self) -> list[tuple[int, bytes]]:
        """
        Everything that waits, each with its kind, in its order; it waits no longer.
        """
        waiting, self._waiting = self._waiting, []
        return waiting

    def discard(self) -> None:
        """
        Drop everything: no session could be made.
        """
        count = len(self.take())
        if self._place.candidates():
            self._lost(count)
        else:
            self._shared.counters["sealed-absent"] += count

    def peerLeft(self) -> None:
        """
        The peer said goodbye: keep nothing for it for L{LEFT} seconds.
        """
        self._leftUntil = self._shared.clock.seconds() + LEFT

    def peerMayBeBack(self) -> None:
        """
        There is word of the peer: if it said goodbye, it may be back.
        """
        self._leftUntil = -inf

    @property
    def _mayBeCalled(self) -> bool:
        return isinstance(self._wanting.counterpart.peer, PeerKey) and self._shared.listener.mayHelp

    @property
    def _isAway(self) -> bool:
        """
        Did the peer say goodbye, and is there no reason to believe that it is back?
        """
        if self._wanting.state != "left" or self._wanting.next is not None:
            return False
        return self._shared.clock.seconds() < self._leftUntil or not self._place.candidates()

    def _lost(self, count: int) -> None:
        self._account.unsent += count
        self._shared.counters["drop-sealed-queue"] += count
