"""
Vigil: sees that the way in use carries nothing any more while frames wait for an answer, and has another one taken.

Half a second after the first frame that nothing followed, the peer is asked; again after half a second, and everywhere
else, too; after another half second the way is given up.  The same happens if the answers say that nothing else came.
When no more frames pass either way, the peer is asked once, too.
"""

from __future__ import annotations

from math import inf
from typing import Final, Protocol

from wand.sealed.sessions.delivery import STRIKES

#: Seconds without anything from the peer, and without an answer to a question.
PATIENCE: Final = 0.5

#: Seconds after the last frame or message, either way, after which a peer is asked once.
LULL: Final = 1.0

#: Seconds between two questions to a peer that answers: what goes one way only costs one in a second.
INTERVAL: Final = 1.0

#: Seconds until the next question, after a way was given up and there was no other.
REST: Final = 10.0


class Watched(Protocol):
    """
    What there is to see, and to do.
    """

    @property
    def isAnswering(self) -> bool:
        """
        Did the peer answer the last question at the place in use?
        """

    @property
    def strikes(self) -> int:
        """
        How many answers in a row said that nothing else came?
        """

    def askInUse(self, *, isUnheard: bool = True) -> bool:
        """
        Ask at the place in use.

        @param isUnheard: does the peer owe us an answer?
        @return: was it sent?
        """

    def askElsewhere(self) -> None:
        """
        Ask at the place in use and at all others, and have others help.
        """

    def giveUp(self) -> bool:
        """
        Take another way.

        @return: was there one?
        """


class Vigil:
    """
    Watches over one peer.
    """

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._questions = 0
        self._askedAt = -inf

    def due(self, awaiting: float, lull: float = inf) -> float:
        """
        When there is something to do.

        @param awaiting: since when the peer owes an answer; infinite if it owes none.
        @param lull: when L{LULL} is over; infinite if no frames passed.
        """
        if self._questions:
            return self._askedAt + PATIENCE
        if lull < self._askedAt + LULL:  # it was asked since
            lull = inf
        return max(min(awaiting + PATIENCE, lull), self._askedAt + INTERVAL)

    def look(self, now: float, awaiting: float, lull: float = inf) -> None:
        """
        Do what is due.
        """
        if now < self.due(awaiting, lull):
            return
        if self._questions and self._watched.isAnswering:
            self._answered(now)
        elif not self._questions:
            self._askedAt = now
            self._questions += self._watched.askInUse(isUnheard=awaiting < inf)
        elif self._questions == 1:
            self._askedAt = now
            self._questions = 2
            self._watched.askElsewhere()
        else:
            self._giveUp(now)

    def doubt(self, now: float) -> bool:
        """
        The peer says that it hears nothing, or the system lets nothing out: ask it, unless that was done just now.

        @return: is there something to do after L{PATIENCE}?
        """
        if self._questions or now < self._askedAt + INTERVAL:
            return False
        self._askedAt = now
        self._questions += self._watched.askInUse()
        return bool(self._questions)

    def _answered(self, now: float) -> None:
        strikes, self._questions = self._watched.strikes, 0
        if strikes >= STRIKES:
            self._giveUp(now)
        elif strikes:
            self._askedAt = now
            self._questions += self._watched.askInUse()

    def _giveUp(self, now: float) -> None:
        self.settle()
        self._askedAt = -inf if self._watched.giveUp() else now + REST

    def settle(self) -> None:
        """
        Another way is used, or there is no session: begin again.
        """
        self._questions = 0
        self._askedAt = -inf
