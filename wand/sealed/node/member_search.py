"""
Looking for members that we were not told of: questions that are gathered, asked once, and answered within a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import attrs
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.ethernet import MAC
from wand.interfaces.search import Lookout, Question, Sought
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.claims import Claims
from wand.table import Table
from wand.timing.deadlines import Deadlines
from wand.timing.timer import Timer

#: Seconds for which questions are gathered before they are asked together.
GATHERED: Final = 0.004

#: How many are asked at once.
ASKED_AT_ONCE: Final = 16

#: Seconds after which a question that was not answered is asked again, and after which there is nobody.
REPEAT: Final = 0.7
PATIENCE: Final = 2.0

#: Seconds for which we remember that there is nobody.
ABSENT_LIFETIME: Final = 5.0

#: Seconds for which we remember that nobody answered.
UNANSWERED_LIFETIME: Final = 1.0

#: How many questions are open at most, and of how many we remember that the answer was nobody.
OPEN_MAXIMUM: Final = 256
ABSENT_MAXIMUM: Final = 1024

COUNTERS: Final = {
    "searches": "members looked for in directories that tell only of those that are asked for",
    "searches-found": "members looked for, and found",
    "searches-absent": "members looked for whom no directory knows",
    "searches-unanswered": "members looked for, and no directory answered in time",
    "drop-search-full": "members not looked for: too many are looked for already",
}


@attrs.define(eq=False)
class _Open:
    """
    A question that is open.

    @ivar since: when it was asked first, in the clock's seconds.
    @ivar waiting: who wants the answer.
    @ivar asked: from whom an answer is likely.
    """

    since: float
    waiting: list[Deferred[bytes | None]] = attrs.field(factory=list)
    asked: set[Lookout] = attrs.field(factory=set)


class MemberSearch:
    """
    Provides L{wand.interfaces.search.MemberSearch}, and L{wand.interfaces.search.Lookouts} for those who are asked.

    @ivar used: called with the identity of each member that somebody asked for, and of whom we know.
    @ivar remembered: gives the identities of the members in use, those that were used last at the end.
    """

    def __init__(self, own: Identity, claims: Claims, table: Table, clock: IReactorTime, counters: Counters) -> None:
        counters.declare(COUNTERS)
        self.used: Callable[[bytes], object] = lambda identity: None
        self.remembered: Callable[[], Iterable[bytes]] = tuple
        self._own = own
        self._claims = claims
        self._table = table
        self._clock = clock
        self._counters = counters
        self._lookouts: dict[Lookout, None] = {}
        self._open: dict[Question, _Open] = {}
        self._gathered: dict[Question, None] = {}
        self._absent: dict[Question, float] = {}
        self._timer = Timer(clock, self._ask)
        self._deadlines: Deadlines[Question] = Deadlines(clock, self._late)

    # What is asked of us.

    @property
    def isPartial(self) -> bool:
        """
        See L{wand.interfaces.search.MemberSearch}.
        """
        return bool(self._lookouts)

    def find(self, kind: str, what: Sought) -> Deferred[bool]:
        """
        See L{wand.interfaces.search.MemberSearch}.
        """
        question = Question(kind, what)
        owner = self.ownerOf(question)
        if owner is not None and self._isThere(question, owner):
            self.used(owner)
            return succeed(True)
        if not self._lookouts or self._absent.get(question, 0.0) > self._clock.seconds():
            return succeed(False)
        return self._opened(question).addCallback(lambda member: member is not None)

    def after(self, identity: bytes) -> Deferred[bytes | None]:
        """
        See L{wand.interfaces.search.MemberSearch}.
        """
        return self._opened(Question("after", identity)) if self._lookouts else succeed(None)

    @property
    def isBusy(self) -> bool:
        """
        Should nothing be asked that the host can do without?
        """
        return len(self._open) >= OPEN_MAXIMUM // 2

    def lookAgain(self, question: Question) -> Deferred[bytes | None]:
        """
        Something is no longer as we were told, perhaps: ask, although we know.

        @return: fires with who it is; with C{None} if nobody answers, or there is nobody.
        """
        if self._lookouts and self._absent.get(question, 0.0) <= self._clock.seconds():
            return self._opened(question)
        return succeed(None)

    def ownerOf(self, question: Question) -> bytes | None:
        """
        Who owns what is looked for, as far as we know.
        """
        kind, what = question
        if kind == "identity" and isinstance(what, bytes):
            known = self._claims.announcement(what)
            return None if known is None else known.identity
        return self._claims.ownerOf(kind, what) if isinstance(what, (MAC, str)) else None

    def stop(self) -> None:
        """
        Leave no timer behind, and nobody waiting.
        """
        self._timer.stop()
        self._deadlines.stop()
        self._lookouts.clear()
        for question in tuple(self._open):
            self._end(question, None)

    # Those who are asked.

    def add(self, lookout: Lookout) -> None:
        """
        See L{wand.interfaces.search.Lookouts}.
        """
        if lookout not in self._lookouts:
            self._lookouts[lookout] = None
            self._absent.clear()

    def remove(self, lookout: Lookout) -> None:
        """
        See L{wand.interfaces.search.Lookouts}.
        """
        self._lookouts.pop(lookout, None)
        for question, each in tuple(self._open.items()):
            if not self._lookouts or lookout in each.asked:
                self._absentAt(question, each, lookout)

    def answered(self, lookout: Lookout, question: Question, member: bytes | None) -> None:
        """
        See L{wand.interfaces.search.Lookouts}.
        """
        each = self._open.get(question)
        if each is None:
            return
        if member is None:
            self._absentAt(question, each, lookout)
            return
        self._counters["searches-found"] += 1
        self.used(member)
        if self._isThere(question, member):
            self._end(question, member)
        else:  # it is not online, and nothing would get there: that need not be asked each time
            self._remember(question)
            self._end(question, None)

    def inUse(self) -> Iterable[bytes]:
        """
        See L{wand.interfaces.search.Lookouts}.
        """
        return self.remembered()

    # How it is done.

    def _opened(self, question: Question) -> Deferred[bytes | None]:
        each = self._open.get(question)
        if each is None:
            if len(self._open) >= OPEN_MAXIMUM:
                self._counters["drop-search-full"] += 1
                return succeed(None)
            self._counters["searches"] += 1
            each = self._open[question] = _Open(self._clock.seconds())
            self._deadlines.expireAt(question, each.since + REPEAT)
            self._gather(question)
        answer: Deferred[bytes | None] = Deferred()
        each.waiting.append(answer)
        return answer

    def _gather(self, question: Question) -> None:
        self._gathered[question] = None
        if not self._timer.isSet:
            self._timer.set(GATHERED)

    def _ask(self) -> None:
        questions = [question for question in self._gathered if question in self._open]
        self._gathered.clear()
        for lookout in tuple(self._lookouts):
            for first in range(0, len(questions), ASKED_AT_ONCE):
                some = questions[first : first + ASKED_AT_ONCE]
                if lookout.look(some):
                    self._askedOf(some, lookout)

    def _askedOf(self, questions: Iterable[Question], lookout: Lookout) -> None:
        for question in questions:
            each = self._open.get(question)
            if each is not None:
                each.asked.add(lookout)

    def _absentAt(self, question: Question, each: _Open, lookout: Lookout) -> None:
        each.asked.discard(lookout)
        if not each.asked:
            self._counters["searches-absent"] += 1
            self._remember(question)
            self._end(question, None)

    def _late(self, question: Question) -> None:
        each = self._open.get(question)
        if each is None:
            return
        if each.asked and self._clock.seconds() - each.since < PATIENCE:
            self._deadlines.expireAt(question, each.since + PATIENCE)
            self._gather(question)
        else:
            self._counters["searches-unanswered"] += 1
            self._remember(question, UNANSWERED_LIFETIME)
            self._end(question, None)

    def _end(self, question: Question, member: bytes | None) -> None:
        self._deadlines.discard(question)
        ended = self._open.pop(question, None)  # whom one answer wakes up may have ended another
        for answer in () if ended is None else ended.waiting:
            answer.callback(member)

    def _remember(self, question: Question, lifetime: float = ABSENT_LIFETIME) -> None:
        """
        Remember that there is nobody, or that nobody answers, for a moment.
        """
        if question.kind == "after":
            return
        if len(self._absent) >= ABSENT_MAXIMUM:
            del self._absent[next(iter(self._absent))]
        self._absent.pop(question, None)
        self._absent[question] = self._clock.seconds() + lifetime

    def _isThere(self, question: Question, member: bytes) -> bool:
        """
        Do we know enough of a member: that it is there, or for an address also, where frames go?
        """
        if question.kind not in ("mac", "address") or member == self._own:
            return True
        if isinstance(question.what, MAC):
            return question.what in self._table.peerOf
        known = self._claims.announcement(member)
        return known is not None and any(mac in self._table.peerOf for mac in known.claim.macs)
