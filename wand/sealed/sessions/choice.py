"""
The choice: which of the ways to a peer is taken, and why.

  - The better rank is taken as soon as it answers; of two of one rank the one that answers clearly sooner.
  - Where the peer sends from is taken, if that is no worse: it moved.
  - A worse rank is taken only if the way in use was asked and does not answer.
"""

from __future__ import annotations

from math import inf
from typing import Final, Protocol

from wand.interfaces.membership import Member
from wand.sealed.sessions.delivery import Delivery
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Correspondent
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.vigil import PATIENCE
from wand.sealed.sessions.way import ANSWERED, Way, WayRank

#: Why a way is taken.  With the last two nothing is lost.
NO_ANSWER: Final = "no answer at the way before"
SWALLOWED: Final = "the way before answers, but nothing else arrives there"
HEARD: Final = "heard there"
BETTER: Final = "a better way answers"
SOONER: Final = "it answers sooner"
SHUNNED: Final = "the way before is not to be used"

#: Seconds without an answer that are enough where the peer itself sends over another way.
PATIENCE_FOLLOWING: Final = 0.2

#: Seconds within which the peer must have sent something from a place to be followed there.
HEARD_LATELY: Final = 2.0

#: How many answers from a place of the same rank as the one in use make a comparison.
COMPARED: Final = 3

#: Seconds for which a way that was given up is not taken again without an answer.
GIVEN_UP: Final = 10.0


class Probed(Protocol):
    """
    The conversation with the peer.
    """

    @property
    def peer(self) -> Correspondent:
        """
        Who it is.
        """

    @property
    def member(self) -> Member | None:
        """
        What its last valid certificate says.
        """

    @property
    def session(self) -> Session | None:
        """
        The session in use.
        """

    @property
    def recent(self) -> Recent:
        """
        What went to the peer lately.
        """

    def repeat(self) -> None:
        """
        What was sent lately may be lost: send it once more, over the way in use.
        """


class Choice:
    """
    Chooses the way to one peer.

    @ivar hasMoved: did this host move, and was nothing answered at the way in use since?
    """

    def __init__(self, shared: Shared, probed: Probed, place: PeerPlace, delivery: Delivery) -> None:
        """
        @param delivery: whether what goes over the way in use arrives.
        """
        self.hasMoved = False
        self._shared = shared
        self._probed = probed
        self._place = place
        self._delivery = delivery
        self._seconds = shared.clock.seconds

    @property
    def mayBecomeBetter(self) -> bool:
        """
        See L{wand.sealed.sessions.rounds.Asking}.
        """
        current = self._place.way
        return current is None or any(way.isTold and way.rank < current.rank for way in self._place.ways)

    @property
    def isIndirect(self) -> bool:
        """
        Is a relay or a stream in use?
        """
        return self._place.way is not None and not self._place.way.rank.isDirect

    def answered(self, way: Way, sender: tuple[str, int], now: float) -> None:
        """
        The peer answered a question: take that way, if it is to be preferred.

        @param sender: its place, as the port gave it.
        """
        current, reason = self._place.way, self._reasonFor(way, now)
        if reason:
            if current is not None and current is not way and current.isDoubtful(now, PATIENCE):
                current.giveUp(now)  # or it would be the next to be taken
            self.take(way, reason, sender)
        elif way.rank is WayRank.STREAM and way is not current:
            self._place.keep(sender)
        elif way is current and self.hasMoved:
            self.hasMoved = False
            self._probed.repeat()

    def begin(self, place: tuple[str, int] | None, isSilent: bool) -> None:
        """
        A session begins.

        @param place: where the peer read what we sent for it; C{None} if that is unknown.
        @param isSilent: does the peer owe an answer in the session before?
        """
        self._place.rememberSession()
        if place is None:
            return
        current, hadSession = self._place.way, self._probed.session is not None
        rank = self._place.ways.at(place).rank
        isNoBetter = current is not None and (
            current.rank <= rank or self._place.ways.at(place).isShunned(self._seconds())
        )
        if hadSession and isNoBetter and not isSilent and place != self._place.endpoint:
            self._place.ways.at(place).proven()
            return
        self.take(self._place.ways.at(place), ANSWERED, place)

    def end(self) -> None:
        """
        There is no session any more, so no challenge can be answered.
        """
        self._place.ways.doubt()

    def another(self) -> Way | None:
        """
        The way to take when the one in use is given up: the best that is proven, or else a relay or a stream.
        """
        now, current = self._seconds(), self._place.way
        others = [way for way in self._place.ways if way is not current and now - way.gaveUpAt >= GIVEN_UP]
        usable = [way for way in others if way.isProven or (way.isTold and not way.rank.isDirect)]
        return min(usable, key=lambda way: (way.isShunned(now), not way.isProven, way.preference), default=None)

    def take(self, way: Way, reason: str, place: tuple[str, int] | None = None) -> None:
        """
        Use a way.

        @param reason: why, in a few words for people.
        @param place: as the port gave it, if the peer was heard there.
        """
        before, current = self._place.endpoint, self._place.way
        if place is not None:
            way.proven()
        if not self._place.use(place or way.place):
            return
        way.why = reason
        self._delivery.begin(self._probed.session)
        if before is None:
            return
        self._shared.counters["sealed-roamed"] += 1
        if reason not in (BETTER, SOONER) or (current is not None and current.isDoubtful(self._seconds(), PATIENCE)):
            self.hasMoved = False
            self._probed.repeat()
        if self._probed.session is not None:
            self._tell(way, reason, before)

    def _tell(self, way: Way, reason: str, before: tuple[str, int]) -> None:
        hasMoved = reason in (HEARD, NO_ANSWER) and self._seconds() - way.heardAt < HEARD_LATELY
        peer, member = self._probed.peer, self._probed.member
        self._shared.listener.wayChanged(peer, member, way.place, reason, before, hasMoved=hasMoved)

    def _reasonFor(self, way: Way, now: float) -> str:
        """
        Why a way should be used that has just answered; nothing if it should not.
        """
        current = self._place.way
        if current is None or self._place.endpoint is None:
            return "it answers"
        if way is current:
            return ""
        isShunned = way.isShunned(now)
        if way.rank < current.rank and not isShunned:
            return BETTER
        if current.isShunned(now) and not isShunned:
            return SHUNNED
        isThere = now - way.heardAt < HEARD_LATELY
        if current.isDoubtful(now, PATIENCE_FOLLOWING if isThere else PATIENCE):
            return NO_ANSWER
        if way.rank > current.rank or isShunned:
            return ""
        if isThere:
            return HEARD
        isSooner = way.answers >= COMPARED and current.unansweredSince == inf and way.isSooner(current)
        return SOONER if isSooner else ""
