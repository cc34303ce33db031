"""
A part of the contract of hooks: what they cost others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred

from wand.ethernet import MAC
from wand.events import Event
from wand.interfaces import Candidate
from wand.testing import hook_rules as rules
from wand.testing import plugin_rules
from wand.testing.hook_bench import HookBench
from wand.testing.hook_questions import admission
from wand.testing.hook_samples import EVENTS, makeCandidate
from wand.testing.memory import grownBy, tracing
from wand.testing.promptness import quickest

#: Seconds that a call may take when it is quickest, and for how many seconds one that takes longer is repeated.
_QUICK: Final = 0.04
_WHILE: Final = 2.0

#: How many candidates are asked about to see whether they are kept, and how long their names are.
_MANY: Final = 40
_LENGTH: Final = 5000

#: How many octets may be in use for each of many that have asked.
_OF_EACH: Final = 40

#: By how many seconds the clock of the host is set back.
_DAY: Final = 86_400.0

#: How many events a hook may publish when it is told of one.
_ANSWERS: Final = 10


class HookManners(HookBench):
    """
    Time, memory, and other hooks.

    @ivar strangers: how many candidates, each another one, come to see whether they are remembered; 0 where each takes
        long, such as a program that is run.
    """

    strangers: int = 1000

    def test_doesNotWait(self) -> None:
        """
        To tell it something, or to ask it, takes no time.
        """
        listener = self.opened()
        answers: list[object] = []
        calls: dict[str, Callable[[], object]] = {
            "told()": lambda: listener.told(EVENTS[0]),
            "admit()": lambda: answers.append(listener.admit(makeCandidate())),
        }
        for doing, call in calls.items():
            with self.keeping(rules.NEVER_RAISES, doing):
                taken = quickest(call, _QUICK, _WHILE)
            self.expect(taken < _QUICK, rules.AT_ONCE, f"{doing} took {1000 * taken:.0f} ms when it was quickest")
        for answer in answers:
            if isinstance(answer, Deferred):
                answer.addErrback(lambda failure: None)
                self.settle(answer)

    def test_candidatesAreNotKept(self) -> None:
        """
        It keeps no candidates.
        """
        listener = self.opened()

        def ask(number: int) -> None:
            self.answerTo(listener, admission(makeCandidate(f"{number:0{_LENGTH}}", number % 250)))

        for number in range(3):
            ask(number)
        with grownBy() as grown:
            for number in range(3, _MANY):
                ask(number)
        found = f"{grown[0]} octets more are in use after {_MANY} candidates with names of {_LENGTH} characters"
        self.expect(grown[0] < _MANY * _LENGTH // 2, rules.CANDIDATES_KEPT, found)

    def test_keysAreNotKept(self) -> None:
        """
        Nor does it remember everybody who ever asked, or was in an event.
        """
        if not self.strangers:
            return
        listener = self.opened()

        def ask(first: int, count: int) -> None:
            for number in range(first, first + count):
                name, key = f"host-{number}", number.to_bytes(32, "big")
                listener.told(Event("session-up", 0.0, {"name": name, "key": key.hex()}))
                candidate = Candidate(MAC(key[-6:]), f"192.0.2.1:{number % 60_000 + 1}", name, key)
                self.answerTo(listener, admission(candidate))

        with tracing():
            ask(0, 2 * self.strangers)
            with grownBy() as grown:
                ask(2 * self.strangers, self.strangers)
        found = f"{grown[0]} octets more are in use after {self.strangers} candidates and events more"
        self.expect(grown[0] < self.strangers * _OF_EACH, rules.CANDIDATES_KEPT, found)

    def test_eventsOfItsOwn(self) -> None:
        """
        It is told of what it publishes itself, and comes to an end.
        """
        listener = self.opened()
        published: list[Event] = []

        def tell(event: Event) -> None:
            published.append(event)
            if len(published) <= _ANSWERS:
                listener.told(event)

        self.addCleanup(self.context.events.subscribe(tell))
        for event in EVENTS:
            published.clear()
            listener.told(event)
            self.expect(len(published) <= _ANSWERS, rules.NO_LOOP, f"{event} is answered without an end")

    def test_clockIsSet(self) -> None:
        """
        That the clock of the host is set back changes no answer.
        """
        set_ = self.clockOfTheHost()
        listener = self.opened()
        for isBack in (False, True):
            set_(-_DAY if isBack else 0.0)
            for question in self.questions(listener, isYes=True):
                answer = self.answerTo(listener, question)
                found = f"after the clock of the host was set back by a day it answers {answer} about {question.about}"
                self.expect(answer is not False, plugin_rules.ELAPSED, found)

    def test_twoAtOnce(self) -> None:
        """
        One that is opened and closed meanwhile does not disturb another.
        """
        before = self.opened()
        listener, last = self.opened(), self.openWith(self.settings)
        last.told(EVENTS[0])
        before.close()
        last.close()
        asked: tuple[tuple[Candidate | None, bool], ...] = (self.admitted(), True), (self.refused(), False)
        for candidate, isAdmitted in asked:
            if candidate is not None:
                answer = self.answerTo(listener, admission(candidate))
                found = f"after others were closed it answers {answer} about {candidate}"
                self.expect(answer is isAdmitted, rules.SEPARATE, found)
