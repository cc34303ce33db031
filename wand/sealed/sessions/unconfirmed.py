"""
The answers whose sessions are not used yet.  What a member sends first in its session waits in the port's queue behind
all that came before; while much does, more sessions would only make it longer, until datagrams are lost.
"""

from __future__ import annotations

from collections import Counter, deque

from twisted.internet.interfaces import IReactorTime

from wand.sealed.sessions.indices import Indices
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.timers import UNCONFIRMED_LASTS, UNCONFIRMED_MAXIMUM, UNCONFIRMED_SUBSCRIBER
from wand.underlay.place_kinds import subscriberOf


class Unconfirmed:
    """
    Says whether more initiations may be answered now.  Of a session its index alone is kept, so that its keys go when
    it does.
    """

    def __init__(self, clock: IReactorTime, indices: Indices) -> None:
        self._clock = clock
        self._indices = indices
        self._answers: deque[tuple[float, int, bytes]] = deque()  # when, with which session, whom; the oldest first

    def __len__(self) -> int:
        return len(self._answers)

    def add(self, session: Session, host: str) -> None:
        """
        A session was made with whoever asks for one there.
        """
        self._dropOld()
        self._answers.append((session.made, session.ours, subscriberOf(host)))

    def mayMore(self, subscriber: bytes) -> bool:
        """
        May one more of a subscriber's be answered now?  Nobody has all the room.
        """
        self._dropOld()
        self._answers = deque(each for each in self._answers if self._isUnused(each[1]))
        taken = Counter(each for _, _, each in self._answers)
        return len(self._answers) < UNCONFIRMED_MAXIMUM and taken[subscriber] < UNCONFIRMED_SUBSCRIBER

    def _dropOld(self) -> None:
        answers, since = self._answers, self._clock.seconds() - UNCONFIRMED_LASTS
        while answers and (answers[0][0] <= since or not self._isUnused(answers[0][1])):
            answers.popleft()

    def _isUnused(self, index: int) -> bool:
        session = self._indices.sessions.get(index)
        return session is not None and session.window.highest < 0
