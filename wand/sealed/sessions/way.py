"""
A way to a peer: a place to which datagrams for it can go, and what is known of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from math import inf
from types import MappingProxyType
from typing import Final

from wand.underlay.place_kinds import IPV4, IPV6, STREAM, kindOf

#: How many questions may be open at one place; the first stays, and the one after it is given up.
OPEN_MAXIMUM: Final = 8

#: Seconds after which it no longer matters that a question stayed without an answer.
FORGIVEN: Final = 5.0

#: Seconds for which a way on which nothing arrived is not taken again, unless that in use does not answer.
SHUNNED: Final = 60.0

#: The part of a new round-trip time in the smoothed one (RFC 6298, section 2, takes an eighth of many more).
SMOOTHING: Final = 0.25

#: How much sooner another way of the same rank must answer to be taken: as a part, and in seconds.
SOONER_PART: Final = 0.2
SOONER_SECONDS: Final = 0.002


#: Why the first way of a session is taken.
ANSWERED: Final = "a handshake was answered there"

_NEVER: Final = -inf


class WayRank(IntEnum):
    """
    What ways there are, the best first.
    """

    LAN = 0
    IPV6 = 1
    IPV4 = 2
    STREAM = 3
    RELAY = 4

    @property
    def isDirect(self) -> bool:
        """
        Do datagrams go to the peer itself, over UDP?
        """
        return self < WayRank.STREAM


def rankOf(host: str, isNear: Callable[[str], bool]) -> WayRank:
    """
    The rank of a way.  A private address alone says nothing: the same is in many sites.

    @param host: the first half of the place.
    @param isNear: is an address on a link of ours?
    """
    kind = kindOf(host)
    if kind not in (IPV4, IPV6):
        return WayRank.STREAM if kind == STREAM else WayRank.RELAY
    if isNear(host):
        return WayRank.LAN
    return WayRank.IPV6 if kind == IPV6 else WayRank.IPV4


#: The questions that are open where none ever was.
_NONE: Final[Mapping[bytes, float]] = MappingProxyType({})


class Way:
    """
    A way.  All moments are in the clock's seconds, and infinitely long ago for never.

    @ivar place: where datagrams go.
    @ivar rank: what kind of way it is.
    @ivar isTold: does somebody say that the peer is there?
    @ivar isProven: did the peer answer there, and was the way not given up since?
    @ivar roundTrip: seconds from a question to its answer, smoothed; infinite while there was none.
    @ivar handshake: seconds from an initiation to its response, for people: it says less than a question; infinite if
        the peer began.
    @ivar askedAt: when the peer was last asked.
    @ivar answeredAt: when it last answered.
    @ivar answers: how often it answered in this round of questions.
    @ivar heardAt: when it last sent something from there that was no question.
    @ivar questionedAt: when it last asked from there.
    @ivar triedAt: when something that demands an answer was last sent there: a question, or an initiation.
    @ivar silent: how much of that stayed without an answer since the last one came.
    @ivar gaveUpAt: when the way was given up.
    @ivar swallowedAt: when it was seen that questions are answered there, and nothing else arrives.
    @ivar shunnedUntil: until when it is not taken, unless the one in use does not answer.
    @ivar usedSince: since when it is in use; C{None} if it is not.
    @ivar step: how far the search for the size of its path was when it was last left; C{None} if it was never used.
    @ivar why: why it was taken or given up, for people.
    """

    __slots__ = (
        "_open",
        "answeredAt",
        "answers",
        "askedAt",
        "gaveUpAt",
        "handshake",
        "heardAt",
        "isProven",
        "isTold",
        "place",
        "questionedAt",
        "rank",
        "roundTrip",
        "shunnedUntil",
        "silent",
        "step",
        "swallowedAt",
        "triedAt",
        "usedSince",
        "why",
    )

    def __init__(self, place: tuple[str, int], rank: WayRank) -> None:
        self.place = place
        self.rank = rank
        self.isTold = self.isProven = False
        self.roundTrip = self.handshake = inf
        self.askedAt = self.answeredAt = self.heardAt = self.gaveUpAt = self.questionedAt = self.triedAt = _NEVER
        self.swallowedAt = self.shunnedUntil = _NEVER
        self.answers = self.silent = 0
        self.usedSince: float | None = None
        self.step: int | None = None
        self.why = ""
        self._open: Mapping[bytes, float] = _NONE

    @property
    def unansweredSince(self) -> float:
        """
        When the first question was sent that is still open; infinite if there is none.
        """
        return next(iter(self._open.values()), inf)

    @property
    def isPlain(self) -> bool:
        """
        Is nothing known of it but that the peer read there what we answered to its handshake?
        """
        isTried = self.silent or min(self.roundTrip, self.handshake) < inf
        return self.isProven and self.why == ANSWERED and not isTried

    def isDoubtful(self, now: float, patience: float) -> bool:
        """
        Did several questions stay without an answer just now?

        @param patience: for how many seconds the first of them did at least.
        """
        isRecent = now - self.askedAt <= FORGIVEN
        return len(self._open) > 1 and isRecent and now - self.unansweredSince >= patience

    def tried(self, now: float) -> None:
        """
        Something was sent there that demands an answer.
        """
        self.triedAt = now
        self.silent += 1

    def swallows(self, now: float) -> None:
        """
        Questions are answered there, and nothing else arrives.
        """
        self.swallowedAt, self.shunnedUntil = now, now + SHUNNED

    def isShunned(self, now: float) -> bool:
        """
        Does what is sent there not do what it should, as was seen a while ago?
        """
        return now < self.shunnedUntil

    def asked(self, chance: bytes, now: float) -> None:
        """
        The peer was asked whether it is there.
        """
        self.tried(now)
        kept = {} if now - self.askedAt > FORGIVEN else dict(self._open)
        if len(kept) >= OPEN_MAXIMUM:
            # The first stays, for it tells since when there is no answer.
            del kept[tuple(kept)[1]]
        self.askedAt = now
        self._open = {**kept, chance: now}

    def answered(self, chance: bytes, now: float) -> bool:
        """
        The peer answered.

        @return: was that asked here?
        """
        asked = self._open.get(chance)
        if asked is None:
            return False
        self._open = {other: when for other, when in self._open.items() if when > asked}
        took = now - asked
        self.roundTrip = took if self.roundTrip == inf else self.roundTrip + SMOOTHING * (took - self.roundTrip)
        self.answeredAt = now
        self.answers += 1
        self.silent = 0
        self.isProven = True
        return True

    def proven(self) -> None:
        """
        The peer proved to be there otherwise: by a handshake, or by what it sends.
        """
        self.isProven, self.silent = True, 0

    def doubt(self) -> None:
        """
        What was proven is no longer: there is no session any more, or the host moved.
        """
        self.isProven = False
        self._open = _NONE

    def giveUp(self, now: float) -> None:
        """
        The peer does not answer there any more.
        """
        self.gaveUpAt = now
        self.isProven = False

    def isSooner(self, other: Way) -> bool:
        """
        Does it answer so much sooner than another one that changing is worthwhile?
        """
        gain = other.roundTrip - self.roundTrip
        return gain >= max(SOONER_SECONDS, SOONER_PART * other.roundTrip) if other.roundTrip < inf else False

    @property
    def preference(self) -> tuple[int, float]:
        """
        The lower, the better.
        """
        return self.rank, self.roundTrip
