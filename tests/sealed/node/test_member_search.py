"""
Tests for looking for members that we were not told of.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulated.members import Person, SimulatedNetwork, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.events import Events
from wand.interfaces.search import EverybodyIsKnown, Lookouts, Question
from wand.interfaces.search import MemberSearch as Interface
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.claims import Claims
from wand.sealed.node.member_search import (
    ABSENT_LIFETIME,
    ABSENT_MAXIMUM,
    ASKED_AT_ONCE,
    GATHERED,
    OPEN_MAXIMUM,
    PATIENCE,
    REPEAT,
    UNANSWERED_LIFETIME,
    MemberSearch,
)
from wand.table import Table
from wand.testing.context import WallClock


class Oracle:
    """
    A server that remembers what it was asked.
    """

    def __init__(self, *, isLikely: bool = True) -> None:
        self.asked: list[Sequence[Question]] = []
        self.isLikely = isLikely

    def look(self, questions: Sequence[Question]) -> bool:
        self.asked.append(tuple(questions))
        return self.isLikely


class MemberSearchTests(SynchronousTestCase):
    """
    L{MemberSearch}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        clock = self.clock = self.network.clock
        wallClock = WallClock(clock)
        self.counters = Counters()
        self.table = Table(clock, Events(wallClock))
        self.own = self.network.person(1)
        self.claims = Claims(
            Identity(self.own.key.identity),
            Trust(self.network.key.network, wallClock).check,
            self.table,
            clock,
            Events(wallClock),
            self.counters,
            wallClock=wallClock,
        )
        self.search = MemberSearch(Identity(self.own.key.identity), self.claims, self.table, clock, self.counters)
        self.server = Oracle()
        self.search.add(self.server)
        self.tell(self.own)
        self.used: list[bytes] = []
        self.search.used = self.used.append
        self.other = self.network.person(2)

    def tearDown(self) -> None:
        self.search.stop()
        self.claims.stop()
        self.table.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def tell(self, person: Person) -> None:
        """
        The claims are told of a member.
        """
        self.claims.offer(person.signedCertificate, person.claim())

    def found(self, person: Person, question: Question, server: Oracle | None = None) -> None:
        """
        A server answers.
        """
        self.tell(person)
        self.search.answered(server or self.server, question, person.key.identity)

    def asked(self) -> list[Sequence[Question]]:
        """
        What the server was asked by now.
        """
        self.clock.advance(GATHERED)
        return self.server.asked

    def test_theSeam(self) -> None:
        """
        It is what the interfaces want; and without anybody to ask there is another.
        """
        seam: Interface = self.search
        lookouts: Lookouts = self.search
        nobody = EverybodyIsKnown()
        self.assertTrue(seam.isPartial and lookouts is self.search)
        self.assertFalse(nobody.isPartial)
        self.assertFalse(self.successResultOf(nobody.find("mac", macOf(1))))
        self.assertIsNone(self.successResultOf(nobody.after(bytes(32))))

    def test_nobodyToAsk(self) -> None:
        """
        While everybody is known nobody is asked, and those who are known are found.
        """
        self.search.remove(self.server)
        self.assertFalse(self.search.isPartial)
        self.assertFalse(self.successResultOf(self.search.find("mac", macOf(2))))
        self.tell(self.other)
        self.assertTrue(self.successResultOf(self.search.find("mac", macOf(2))))
        self.assertTrue(self.successResultOf(self.search.find("name", "node-2")))
        self.assertIsNone(self.successResultOf(self.search.after(bytes(32))))
        self.assertEqual(self.asked(), [])

    def test_aQuestionIsUnderWayOnce(self) -> None:
        """
        However many want to know, one question is asked, and all are told.
        """
        waiting = [self.search.find("mac", macOf(2)) for _ in range(5)]
        question = Question("mac", macOf(2))
        self.assertEqual(self.asked(), [(question,)])
        waiting.append(self.search.find("mac", macOf(2)))
        self.found(self.other, question)
        self.assertEqual([self.successResultOf(each) for each in waiting], [True] * 6)
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(self.used, [self.other.key.identity])
        self.assertEqual(self.table.peerOf[macOf(2)], self.other.key.identity)

    def test_ofEachKind(self) -> None:
        """
        Members are found by all that they have; and then they are known by it.
        """
        kinds = {"mac": macOf(2), "address": "10.77.0.3", "name": "node-2", "identity": self.other.key.identity}
        waiting = [self.search.find(kind, what) for kind, what in kinds.items()]
        [questions] = self.asked()
        for question in questions:
            self.found(self.other, question)
        self.assertEqual([self.successResultOf(each) for each in waiting], [True] * 4)
        for kind, what in kinds.items():
            self.assertTrue(self.successResultOf(self.search.find(kind, what)))
        self.assertEqual(len(self.asked()), 1)

    def test_weKnowOurselves(self) -> None:
        """
        Nobody is asked for what is ours, although the table does not have it.
        """
        self.assertTrue(self.successResultOf(self.search.find("mac", macOf(1))))
        self.assertTrue(self.successResultOf(self.search.find("address", "10.77.0.2")))
        self.assertEqual(self.asked(), [])

    def test_questionsAreGathered(self) -> None:
        """
        What is asked within a moment is asked together, 16 at once.
        """
        for number in range(ASKED_AT_ONCE + 4):
            self.search.find("mac", macOf(100 + number))
        self.assertEqual([len(each) for each in self.asked()], [ASKED_AT_ONCE, 4])

    def test_nobodyHasIt(self) -> None:
        """
        That nobody has it is remembered for some seconds, so that a stream of frames does not ask for each.
        """
        question = Question("mac", macOf(2))
        first = self.search.find("mac", macOf(2))
        self.asked()
        self.search.answered(self.server, question, None)
        self.assertFalse(self.successResultOf(first))
        self.clock.advance(ABSENT_LIFETIME - 0.1)
        self.assertFalse(self.successResultOf(self.search.find("mac", macOf(2))))
        self.assertEqual(len(self.asked()), 1)
        self.clock.advance(0.2)
        self.search.find("mac", macOf(2))
        self.assertEqual(len(self.asked()), 2)

    def test_aMemberThatIsOffline(self) -> None:
        """
        Nothing would get to one that the table does not have: for a moment it is as if there were nobody.
        """
        question = Question("mac", macOf(2))
        self.tell(self.other)
        self.table.removeEverywhere(macOf(2))
        waiting = self.search.find("mac", macOf(2))
        self.asked()
        self.search.answered(self.server, question, self.other.key.identity)
        self.assertFalse(self.successResultOf(waiting))
        self.assertFalse(self.successResultOf(self.search.find("mac", macOf(2))))
        self.assertTrue(self.successResultOf(self.search.find("name", "node-2")))

    def test_nobodyAnswers(self) -> None:
        """
        A question that is lost is asked once more; after two seconds the answer is no, for a second.
        """
        waiting = self.search.find("mac", macOf(2))
        self.asked()
        self.clock.advance(REPEAT)
        self.assertEqual(len(self.asked()), 2)
        self.clock.advance(PATIENCE - REPEAT - GATHERED * 3)
        self.assertNoResult(waiting)
        self.clock.advance(GATHERED * 3)
        self.assertFalse(self.successResultOf(waiting))
        self.assertEqual(self.counters["searches-unanswered"], 1)
        self.assertFalse(self.successResultOf(self.search.find("mac", macOf(2))))
        self.clock.advance(UNANSWERED_LIFETIME)
        self.search.find("mac", macOf(2))
        self.assertEqual(len(self.asked()), 3)

    def test_nobodyIsLikelyToAnswer(self) -> None:
        """
        Where no answer is likely nobody waits for the second question.
        """
        self.server.isLikely = False
        waiting = self.search.find("mac", macOf(2))
        self.asked()
        self.clock.advance(REPEAT)
        self.assertFalse(self.successResultOf(waiting))
        self.assertFalse(self.successResultOf(self.search.find("mac", macOf(2))))
        self.assertEqual(len(self.asked()), 1)

    def test_aLateAnswer(self) -> None:
        """
        One that comes after the end, or that nobody asked for, does nothing.
        """
        self.found(self.other, Question("mac", macOf(2)))
        self.search.answered(self.server, Question("after", bytes(32)), None)
        self.assertEqual(self.used, [])

    def test_severalServers(self) -> None:
        """
        One that has it is enough.  That nobody has it is said when all from whom an answer is likely said so.
        """
        second, dead = Oracle(), Oracle(isLikely=False)
        self.search.add(second)
        self.search.add(dead)
        questions = [Question("mac", macOf(number)) for number in (2, 3)]
        one, nobody = (self.search.find(*question) for question in questions)
        self.asked()
        for question in questions:
            self.search.answered(self.server, question, None)
        self.assertNoResult(one)
        self.found(self.other, questions[0], second)
        self.assertTrue(self.successResultOf(one))
        self.assertNoResult(nobody)
        self.search.answered(second, questions[1], None)
        self.assertFalse(self.successResultOf(nobody))
        self.assertEqual(len(dead.asked), 1)

    def test_aServerThatIsNoLongerAsked(self) -> None:
        """
        What only it was asked for is answered: there is nobody.
        """
        waiting = self.search.find("mac", macOf(2))
        self.asked()
        self.search.remove(self.server)
        self.assertFalse(self.successResultOf(waiting))

    def test_tooManyQuestions(self) -> None:
        """
        However much is asked for, not more is open, and not more is remembered.
        """
        waiting = [self.search.find("mac", macOf(1000 + number)) for number in range(OPEN_MAXIMUM + 10)]
        self.assertEqual([self.successResultOf(each) for each in waiting[OPEN_MAXIMUM:]], [False] * 10)
        self.assertEqual(self.counters["drop-search-full"], 10)
        for number in range(ABSENT_MAXIMUM + 100):
            question = Question("mac", macOf(10_000 + number))
            self.search.find(*question)
            self.search.answered(self.server, question, None)
        self.assertLessEqual(len(self.search._absent), ABSENT_MAXIMUM)

    def test_after(self) -> None:
        """
        Whoever comes next is asked for each time, since that changes.
        """
        question = Question("after", bytes(32))
        for _ in range(2):
            waiting = self.search.after(bytes(32))
            self.asked()
            self.found(self.other, question)
            self.assertEqual(self.successResultOf(waiting), self.other.key.identity)
        alone = self.search.after(bytes(32))
        self.asked()
        self.search.answered(self.server, question, None)
        self.assertIsNone(self.successResultOf(alone))
        self.assertEqual(len(self.server.asked), 3)

    def test_lookAgain(self) -> None:
        """
        A member that we know is asked for if it may have moved.
        """
        self.tell(self.other)
        question = Question("identity", self.other.key.identity)
        self.search.lookAgain(question)
        self.search.lookAgain(question)
        self.assertEqual(self.asked(), [(question,)])

    def test_stop(self) -> None:
        """
        At the end nobody waits for ever.
        """
        waiting = self.search.find("mac", macOf(2))
        self.search.stop()
        self.assertFalse(self.successResultOf(waiting))
