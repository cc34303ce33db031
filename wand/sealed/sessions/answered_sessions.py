"""
The sessions with which we answered a peer, and which it does not use yet.
"""

from __future__ import annotations

from wand.sealed.sessions.answered import Answered
from wand.sealed.sessions.indices import Indices
from wand.sealed.sessions.session import Session


class AnsweredSessions:
    """
    Those for the initiation that was answered last.

    @ivar next: the one for which the first answer stands, or that the peer uses first; C{None} if there is none.
    @ivar last: what we answered with it.
    """

    __slots__ = ("_indices", "last", "next")

    def __init__(self, indices: Indices) -> None:
        self.next: Session | None = None
        self.last: Answered | None = None
        self._indices = indices

    def begin(self, answered: Answered, session: Session) -> None:
        """
        We answer an initiation.

        @param session: the one for which the first answer stands.
        """
        self.forget()
        self.last, self.next = answered, session
        self._indices.sessions[session.ours] = session

    def mayAnswerCopy(self, initiation: bytes, place: tuple[str, int]) -> bool:
        """
        Did we answer this initiation, and does the peer not use the session yet, and was it not answered there?

        @param initiation: its Noise message.
        """
        return self.next is not None and self.last is not None and self.last.mayAnswer(initiation, place)

    def answerCopy(self, session: Session, place: tuple[str, int]) -> None:
        """
        The initiation came over another way, too, and is answered there.

        @param session: the one for which that answer stands.
        """
        assert self.last is not None
        self.last.sessions[place] = session
        self._indices.sessions[session.ours] = session

    def has(self, session: Session) -> bool:
        """
        Is a session one of these?
        """
        return self.next is not None and (session is self.next or self._placeOf(session) is not None)

    def use(self, session: Session) -> tuple[str, int] | None:
        """
        The peer sends in one of them, so it has read our response: forget the others.

        @return: where that response went.
        """
        place = self._placeOf(session)
        self.forget(but=session)
        self.next = session
        return place

    def forget(self, but: Session | None = None) -> None:
        """
        Forget them.

        @param but: the one that the peer begins to use.
        """
        for session in self.last.sessions.values() if self.last is not None else ():
            if session is not but:
                self._indices.forget(session)
        self.next = self.last = None

    def dropOld(self, now: float, life: float) -> None:
        """
        Forget them if they are too old.

        @param life: how many seconds a session lasts.
        """
        if self.next is not None and now >= self.next.made + life:
            self.forget()

    def _placeOf(self, session: Session) -> tuple[str, int] | None:
        return None if self.last is None else self.last.placeOf(session)
