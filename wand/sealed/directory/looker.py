"""
Looking for members at one server, in a network with too many to follow its log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.interfaces.control_messages import Sessions
from wand.interfaces.participant import KnownMembers
from wand.interfaces.search import Lookouts, Question
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.signed import unverified
from wand.sealed.directory.following import NextStep
from wand.sealed.directory.keys import keyOf
from wand.sealed.directory.looking_again import LookingAgain
from wand.sealed.directory.looking_for_relays import LookingForRelays
from wand.sealed.directory.messages import Found, Look, Page, PageRecord, pack, parseRecord
from wand.sealed.directory.repeated_question import RepeatedQuestion

COUNTERS: Final = {
    "directory-looks-sent": "questions for members sent to directory servers, or only word that we are there",
    "directory-found-taken": "messages with members that were looked for taken from directory servers",
}

#: To how many questions an answer is known to belong.
ASKED_MAXIMUM: Final = 128

#: Takes a record of a member from a server; gives the member's identity if it is valid.
Told = Callable[[bytes, PageRecord], bytes | None]


@attrs.define
class _Asked:
    """
    What was asked in one message.

    @ivar open: what is not answered, by its place.
    @ivar isLast: did the last message of the answer come?
    """

    open: dict[int, Question]
    isLast: bool = False


class Looker:
    """
    Asks one server for members: a L{wand.interfaces.search.Lookout}, and in place of
    L{wand.sealed.directory.log_reader.LogReader}.
    """

    isAsking = False
    wantsAnswer = False

    def __init__(
        self,
        own: bytes,
        server: bytes,
        sessions: Sessions,
        claims: KnownMembers,
        lookouts: Lookouts,
        clock: IReactorTime,
        counters: Counters,
        *,
        told: Told,
        restarted: Callable[[bytes], object],
        isLikely: Callable[[], bool],
        sweep: Callable[[], object],
    ) -> None:
        """
        @param own: our identity.
        @param server: the identity of the server.
        @param told: called with each record that the server sends.
        @param restarted: called when what the server said before counts no more against what it says now.
        @param isLikely: does the server answer these days?
        @param sweep: called now and then: members that are no longer known should be forgotten altogether.
        """
        counters.declare(COUNTERS)
        self._server = server
        self._sessions = sessions
        self._claims = claims
        self._lookouts = lookouts
        self._counters = counters
        self._told = told
        self._restarted = restarted
        self._isLikely = isLikely
        self._sweep = sweep
        self._instance = b""
        self._number = 0
        self._asked: dict[int, _Asked] = {}
        self._again = LookingAgain(lookouts.inUse, self._lookFor, clock)
        self._relays = LookingForRelays(lambda question: self._look([question]), clock)
        self._afterOwn = Question("after", own)
        self._isAfterOwnUsed = False
        self._next = RepeatedQuestion(lambda: self._look([self._afterOwn]), clock)

    def stop(self) -> None:
        """
        See L{wand.sealed.directory.following.Following}.
        """
        self._lookouts.remove(self)
        for each in (self._again, self._relays, self._next):
            each.stop()
        self._asked.clear()

    # What is asked.

    def look(self, questions: Sequence[Question]) -> bool:
        """
        See L{wand.interfaces.search.Lookout}.  Of what follows an identity each is asked for by itself: which member
        that is only shows if the answer has no others.
        """
        together = [each for each in questions if each.kind != "after" and keyOf(each) is not None]
        if together:
            self._look(together)
        for each in questions:
            if each.kind == "after":
                self._isAfterOwnUsed = self._isAfterOwnUsed or each == self._afterOwn
                self._look([each])
            elif keyOf(each) is None:
                self._lookouts.answered(self, each, None)
        return self._isLikely()

    def ask(self) -> None:
        """
        See L{wand.sealed.directory.following.Following}.
        """
        self._lookouts.add(self)
        self._sweep()
        self._look(())
        self._relays.resume()

    def sessionUp(self) -> None:
        """
        See L{wand.sealed.directory.following.Following}.
        """
        self.readAgain()

    def readAgain(self) -> None:
        """
        See L{wand.sealed.directory.following.Following}: look for everything in use, and who comes next after us:
        only those who ask are told of whoever is new there.
        """
        self._lookouts.add(self)
        self._restarted(self._server)
        self._again.begin()
        self._relays.begin()
        if self._isAfterOwnUsed:
            self._next.begin()

    def _lookFor(self, identities: Sequence[bytes]) -> None:
        self._look([Question("identity", each) for each in identities])

    def _look(self, questions: Sequence[Question]) -> None:
        self._number = self._number % 0xFFFFFFFF + 1
        if questions:
            if len(self._asked) >= ASKED_MAXIMUM:
                del self._asked[next(iter(self._asked))]
            self._asked[self._number] = _Asked(dict(enumerate(questions)))
        keys = tuple(key for each in questions if (key := keyOf(each)) is not None)
        self._counters["directory-looks-sent"] += 1
        self._sessions.sendControl(self._server, pack(Look(self._number, keys)))

    # What the server says.

    def isBehind(self, instance: bytes, newest: int) -> bool:
        """
        See L{wand.sealed.directory.following.Following}: if it has another log, everything in use is looked for again.
        """
        if self._isAnother(instance):
            self.readAgain()
        return False

    def take(self, message: Page | Found) -> NextStep:
        """
        See L{wand.sealed.directory.following.Following}.  A page, which the server sent before it knew that we look for
        members, is left alone.
        """
        if isinstance(message, Found):
            self._counters["directory-found-taken"] += 1
            self._isAnother(message.instance)
            records = tuple(self._recordsOf(message.records))
            told = [self._told(self._server, each) for each in records]
            if not self._areRelays(message, records):
                self._found(message, [identity for identity in told if identity is not None])
        return NextStep.WAIT

    def _found(self, found: Found, members: Sequence[bytes]) -> None:
        """
        See which questions are answered: none before the last message came, since there may be several who claim one
        thing; but messages overtake each other.
        """
        asked = self._asked.get(found.number)
        if asked is None:
            return
        asked.isLast = asked.isLast or found.last
        for place, question in tuple(asked.open.items()) if asked.isLast else ():
            member = None if place in found.absent else self._memberOf(question, members)
            if member is not None or place in found.absent:
                del asked.open[place]
                if question.kind == "identity" and isinstance(question.what, bytes):
                    self._again.answered(question.what)
                if question == self._afterOwn:
                    self._next.answered()
                self._lookouts.answered(self, question, member)
        if not asked.open:
            self._asked.pop(found.number, None)

    def _areRelays(self, found: Found, records: Iterable[PageRecord]) -> bool:
        """
        Is this an answer about relays?  Then ask for the next ones after those that came, whether they are valid or
        not.
        """
        asked = self._asked.get(found.number)
        question = None if asked is None else asked.open.get(0)
        if question is None or question.kind != "relays":
            return False
        certificates = (unverified(each.certificate, Certificate) for each in records)
        identities = [each.identity for each in certificates if each is not None]
        if identities or found.absent:
            del self._asked[found.number]
            self._relays.answered(question, identities)
        return True

    def _memberOf(self, question: Question, members: Sequence[bytes]) -> bytes | None:
        """
        Who it is that a question was about.

        @param members: of whom the answer tells.
        """
        kind, what = question
        if kind == "after":
            return members[0] if len(members) == 1 else None
        if isinstance(what, bytes) and kind == "identity":
            return what if self._claims.announcement(what) is not None else None
        return self._claims.ownerOf(kind, what)  # type: ignore[arg-type]  # an identity is none of these kinds

    def _recordsOf(self, records: Iterable[bytes]) -> Iterator[PageRecord]:
        for octets in records:
            record = parseRecord(octets)
            if record is None:
                self._counters["drop-directory-record"] += 1
            else:
                yield record

    def _isAnother(self, instance: bytes) -> bool:
        """
        Is this another log than the one before?
        """
        before, self._instance = self._instance, instance
        if not before or before == instance:
            return False
        self._restarted(self._server)
        return True
