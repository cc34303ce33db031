"""
Members that told us themselves who they are, where not everybody is followed: others may claim the same.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from twisted.internet.defer import DeferredList
from twisted.internet.interfaces import IReactorTime

from wand.interfaces.search import Question
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.claims import Claims
from wand.sealed.node.conflicts import thingsOf
from wand.sealed.node.member_search import MemberSearch
from wand.timing.deadlines import Deadlines
from wand.timing.timer import Timer
from wand.timing.token_buckets import TokenBuckets

#: How much of what a member claims is looked for, to see who else does.
THINGS_MAXIMUM: Final = 8

#: How many questions are asked for all of them: per second; a server answers more than twice as many, and the rest is
#: for what the host needs.
CHECKING_RATE: Final = 20.0

#: How often what one member claims is looked for: per second in the long run, and at once; and how often, if it is not
#: found, although it says that it is there.
MET_RATE: Final = 0.1
MET_BURST: Final = 3.0
TRIES_MAXIMUM: Final = 3

#: How many members are looked at in one turn.
LOOKED_AT: Final = 16

#: Seconds until we look again if there is no room for questions, or those that wait were looked for just now.
BUSY_INTERVAL: Final = 0.5

#: Seconds after which somebody is asked for again who was not found: longer than it is remembered that there is nobody.
RETRY_INTERVAL: Final = 6.0


class MetMembers:
    """
    Asks the directories who else claims what they claim, one member after the other.  Whoever cannot be asked for now
    waits.
    """

    def __init__(self, claims: Claims, search: MemberSearch, clock: IReactorTime, limit: int) -> None:
        """
        @param limit: how many members are known, at most.
        """
        self._claims = claims
        self._search = search
        self._limit = limit
        self._meetings = TokenBuckets(clock, MET_RATE, MET_BURST, limit)
        self._waiting: dict[Identity, int] = {}  # how often each was looked for in vain
        self._timer = Timer(clock, self._check)
        self._clock = clock
        self._retries: Deadlines[tuple[Identity, int]] = Deadlines(clock, self._retry)

    def __len__(self) -> int:
        return len(self._waiting)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._timer.stop()
        self._retries.stop()
        self._waiting.clear()

    def met(self, identity: Identity) -> None:
        """
        A member said something new of itself.
        """
        self._add(identity, 0)

    def _retry(self, which: tuple[Identity, int]) -> None:
        identity, tries = which
        if identity not in self._waiting:
            self._add(identity, tries)

    def _add(self, identity: Identity, tries: int) -> None:
        self._waiting[identity] = tries
        if len(self._waiting) > self._limit:  # more than are known: the first ones are forgotten already
            del self._waiting[next(iter(self._waiting))]
        if not self._timer.isSet:
            self._check()

    def _check(self) -> None:
        asked = 0
        for identity in tuple(islice(self._waiting, LOOKED_AT)):
            if asked or self._search.isBusy:
                break
            tries = self._waiting.pop(identity)
            if not self._search.isPartial or self._claims.announcement(identity) is None:
                continue
            if self._meetings.take(identity.hex()):
                asked = self._ask(identity, tries)
            else:
                self._waiting[identity] = tries
        if asked or self._waiting:
            self._timer.set(asked / CHECKING_RATE or BUSY_INTERVAL)

    def _ask(self, identity: Identity, tries: int) -> int:
        """
        @return: how many questions there are.
        """
        announcement = self._claims.announcement(identity)
        things = () if announcement is None else tuple(islice(thingsOf(announcement), THINGS_MAXIMUM))
        answers = [self._search.lookAgain(Question(kind, what)) for kind, what in things]
        DeferredList(answers).addCallback(self._answered, identity, tries + 1)
        return len(answers)

    def _answered(self, answers: list[tuple[bool, bytes | None]], identity: Identity, tries: int) -> None:
        """
        Who is asked for and not found may be asked for later: a datagram was lost, or a server has not read its log.
        """
        isFound = all(member is not None for _, member in answers)
        if not isFound and tries < TRIES_MAXIMUM and self._search.isPartial:
            self._retries.expireAt((identity, tries), self._clock.seconds() + RETRY_INTERVAL)
