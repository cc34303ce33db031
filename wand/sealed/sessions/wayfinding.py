"""
Wayfinding: sees to it that there is a way to one peer, and that it is the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Protocol

from wand.sealed.sessions.choice import NO_ANSWER, SWALLOWED, Choice, Probed
from wand.sealed.sessions.delivery import STRIKES, Delivery
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.questions import Questions
from wand.sealed.sessions.rounds import Rounds
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.vigil import Vigil
from wand.sealed.sessions.way import Way


class WayUser(Probed, Protocol):
    """
    The conversation whose datagrams need a way.
    """

    @property
    def isInUse(self) -> bool:
        """
        Is there a use for the session?
        """

    def doubtPath(self) -> None:
        """
        What was sent is not answered: are datagrams too long for the path?
        """

    def expectAnswer(self) -> None:
        """
        The peer owes an answer, from this moment on.
        """

    def renew(self) -> None:
        """
        Begin a new handshake while the session lasts.
        """


class Wayfinding:
    """
    Finds ways for one conversation.

    @ivar questions: asks the peer, and answers it.
    @ivar choice: chooses the way.
    @ivar vigil: sees when the way in use carries nothing any more.
    """

    __slots__ = ("_delivery", "_place", "_rounds", "_shared", "_user", "choice", "questions", "vigil")

    def __init__(self, shared: Shared, user: WayUser, place: PeerPlace) -> None:
        self._shared = shared
        self._user = user
        self._place = place
        self._delivery = Delivery(user.recent)
        self.choice = Choice(shared, user, place, self._delivery)
        self.questions = Questions(shared, user, place, self._delivery, self.choice.answered)
        self.vigil = Vigil(self)
        self._rounds = Rounds(shared.clock, self)

    # What happens.

    def sessionBegan(self) -> None:
        """
        There is a session where there was none.  Our links may be others by now than when we were told of its ways.
        """
        self._place.ways.rankAgain()
        self.vigil.settle()
        if not self._shared.isSought:  # or the member sees to it
            self._rounds.begin(everywhere=False)

    def sessionEnded(self) -> None:
        """
        There is none any more.
        """
        self._rounds.stop()
        self.choice.end()

    def introduced(self, news: Sequence[Way]) -> None:
        """
        The peer, with which there is a session, may also be at these places.
        """
        current = self._place.way
        isElsewhere = current is None or not current.isTold
        if current is not None and current.isShunned(self._shared.clock.seconds()):
            self._rounds.begin(everywhere=True)
        elif isElsewhere or any(way.rank <= current.rank for way in news if current is not None):
            direct = [way for way in news if way.rank.isDirect]
            self._rounds.begin(everywhere=isElsewhere and bool(direct))

    def moved(self) -> None:
        """
        This host has other addresses or routes: tell the peer, and ask it wherever it may be.
        """
        for way in self._place.ways:
            way.shunnedUntil = -inf
            if way is not self._place.way:
                way.doubt()
        self._shared.counters["sealed-searches"] += 1
        self.choice.hasMoved = True
        self.questions.tellFromAnyAddress()
        self._rounds.begin(everywhere=True)
        self._user.expectAnswer()
        self._shared.listener.wanted(self._user.peer, 0)

    def seek(self) -> None:
        """
        The peer tries to reach us, too.
        """
        self._rounds.begin(everywhere=True)

    def shun(self, until: float) -> None:
        """
        The direct ways are not to be used until a moment, if there is another that answers.
        """
        for way in self._place.ways:
            if way.rank.isDirect:
                way.shunnedUntil = until
        self._rounds.begin(everywhere=True)

    @property
    def isShunning(self) -> bool:
        """
        Are direct ways not to be used?
        """
        now = self._shared.clock.seconds()
        return any(way.rank.isDirect and way.isShunned(now) for way in self._place.ways)

    @property
    def isBusy(self) -> bool:
        """
        Is something under way that would be lost with this?
        """
        return self._rounds.isUnderWay or self.questions.isBusy or self.choice.hasMoved

    def takeApart(self) -> None:
        """
        Let go of what refers to this, which is not used any more: otherwise it stays until the garbage collector finds
        it, in a server for minutes.
        """
        del self.vigil, self._rounds

    def unheard(self) -> bool:
        """
        The peer hears nothing, though we sent frames, or the system lets nothing out: does it arrive?

        @return: is there something to do after L{wand.sealed.sessions.vigil.PATIENCE}?
        """
        return self.vigil.doubt(self._shared.clock.seconds())

    # Provides wand.sealed.sessions.vigil.Watched.

    @property
    def isAnswering(self) -> bool:
        """
        See L{wand.sealed.sessions.vigil.Watched}.
        """
        way = self._place.way
        return way is None or way.unansweredSince == inf

    @property
    def strikes(self) -> int:
        """
        See L{wand.sealed.sessions.vigil.Watched}.
        """
        return self._delivery.strikes

    def askInUse(self, *, isUnheard: bool = True) -> bool:
        """
        See L{wand.sealed.sessions.vigil.Watched}.
        """
        if isUnheard:
            self._user.doubtPath()
        return self.questions.askInUse(isUnheard=isUnheard)

    def askElsewhere(self) -> None:
        """
        See L{wand.sealed.sessions.vigil.Watched}.
        """
        self._shared.counters["sealed-searches"] += 1
        self._rounds.begin(everywhere=True)
        self._shared.listener.wanted(self._user.peer, 0)

    def giveUp(self) -> bool:
        """
        See L{wand.sealed.sessions.vigil.Watched}.
        """
        current, another = self._place.way, self.choice.another()
        isSwallowing = self.strikes >= STRIKES
        if current is None or another is None:
            self._delivery.begin(self._user.session)
            self._user.renew()
            return False
        self._shared.counters["sealed-ways-given-up"] += 1
        current.giveUp(self._shared.clock.seconds())
        if isSwallowing:
            current.swallows(current.gaveUpAt)
        self.choice.take(another, SWALLOWED if isSwallowing else NO_ANSWER)
        self._rounds.begin(everywhere=True)
        self._user.expectAnswer()
        return True

    # Provides wand.sealed.sessions.rounds.Asking.

    def askAround(self, since: float, everywhere: bool, number: int) -> bool:
        """
        See L{wand.sealed.sessions.rounds.Asking}.
        """
        return self.questions.askAround(since, everywhere, number)

    @property
    def mayBecomeBetter(self) -> bool:
        """
        See L{wand.sealed.sessions.rounds.Asking}.
        """
        return not self._shared.isSought and self.choice.mayBecomeBetter

    def repeat(self) -> bool:
        """
        See L{wand.sealed.sessions.rounds.Asking}.
        """
        if not self._user.isInUse:
            return False
        if self.choice.isIndirect:
            self._shared.listener.wanted(self._user.peer, 0)
        return True
