"""
The contract that every hook fulfils, as tests that a hook's author runs against it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wand.ethernet import MAC
from wand.events import Event
from wand.interfaces import Candidate, IHook, IHookListener
from wand.testing import hook_rules as rules
from wand.testing.hook_bench import endCoroutine
from wand.testing.hook_manners import HookManners
from wand.testing.hook_questions import ASKING, Question, address, admission, route
from wand.testing.hook_samples import EVENTS, NAMES, makeCandidate
from wand.testing.memory import grownBy
from wand.testing.plugin_contract import PluginContract

#: How many events are told to see whether they are kept, and how long their texts are.
_MANY: Final = 300
_LENGTH: Final = 1000

#: How often the same is asked again.
_AGAIN: Final = 10

#: What an answer means, in words.
_SAID: Final = {True: "said yes to", False: "refused", None: "could not say now about"}


class HookContract(HookManners, PluginContract):
    """
    What every hook must do.  Mix it into a test case and say how to make it, whom it admits and whom it refuses::

        class MyHookTests(HookContract, SynchronousTestCase):
            settings = {"hosts": ["alice"]}

            def makeHook(self):
                return MyHook()

            def refused(self):
                return makeCandidate("mallory")

    A hook that is asked about addresses or routes says in C{addressRefused} and C{routeRefused} what it refuses, and
    one that cannot always say, in C{undecided}, when.

    A hook that works with something real, such as a program, overrides C{settle} to wait for it.
    """

    pluginInterface = IHook
    openedInterface = IHookListener

    # The contract.

    def test_admits(self) -> None:
        """
        Where it should say yes it does, however often it is asked: of whom it admits, and of the addresses and routes
        that it allows, if it is asked about these.
        """
        self._answersSo(True)

    def test_refuses(self) -> None:
        """
        Where it should say no it does, however often it is asked.
        """
        self._answersSo(False)

    def _answersSo(self, isYes: bool) -> None:
        listener = self.opened()
        rule = rules.ADMITS if isYes else rules.REFUSES
        for question in self.questions(listener, isYes=isYes):
            answer = self.answerTo(listener, question)
            self.expect(answer is isYes, question.rule(rule), f"it {_SAID[answer]} {question.about}")
            for _ in range(_AGAIN):
                answer = self.answerTo(listener, question)
                found = f"another time it {_SAID[answer]} {question.about}"
                self.expect(answer in (isYes, None), question.rule(rules.SAME_AGAIN), found)

    def test_saysWhenItCannotSay(self) -> None:
        """
        Where it cannot say now it fails with C{TemporarilyUnavailable}.
        """
        candidate = self.undecided()
        if candidate is not None:
            answer = self.answerTo(self.opened(), question := admission(candidate))
            self.expect(answer is None, rules.NOT_NOW, f"it {_SAID[answer]} {question.about}")

    def test_providesWhatItIsAskedBy(self) -> None:
        """
        Whoever can answer a question says so.
        """
        listener = self.opened()
        for method, interface in ASKING.items():
            if interface.providedBy(listener):
                self.verify(interface, listener, "what it opens")
            else:
                found = f"it has {method}() and does not provide {interface.__name__}"
                self.expect(not hasattr(listener, method), rules.DECLARED, found)

    def test_severalAtOnce(self) -> None:
        """
        Asked about several things at once it does not mix them up.
        """
        listener = self.opened()
        wanted = [(each, isYes) for isYes in (True, False) for each in self.questions(listener, isYes=isYes)] * 2
        answers = [self.asked(listener, question) for question, _ in wanted]
        for answer, (question, isYes) in zip(answers, wanted, strict=True):
            verdict = self.verdictOf(answer, question)
            found = f"of {len(wanted)} the answer about {question.about} is wrong"
            self.expect(verdict in (isYes, None), question.rule(rules.APART), found)

    def test_strangeCandidates(self) -> None:
        """
        Whatever a candidate says of itself is no fault of the hook's, nor is an address of another kind.
        """
        listener = self.opened()
        strangers = [makeCandidate(name, number) for number, name in enumerate(NAMES)]
        strangers.append(Candidate(MAC(b"\2\0\0\0\0\1"), "tcp/[2001:db8::1]:443"))
        for each in strangers:
            for question in (admission(each), address(each, "10.77.255.254"), address(each, "fd77::5"), route(each, 1)):
                if question.isFor(listener):
                    self.answerTo(listener, question)

    def test_anyEvent(self) -> None:
        """
        It is told of anything, and that is no fault of the hook's.
        """
        listener = self.opened()
        for event in EVENTS:
            with self.keeping(rules.TOLD, f"told() of {event}"):
                done: Any = listener.told(event)  # type: ignore[func-returns-value]  # somebody may write async def
            if isinstance(done, Deferred):
                failures: list[Failure] = []
                done.addErrback(failures.append)
                self.settle(done)
                self.expect(not failures, rules.TOLD_LATER, f"of {event}: {failures}")
            else:
                endCoroutine(done)
                self.expect(done is None, rules.TOLD_LATER, f"it returned {done!r}, for which nobody waits")

    def test_eventsAreLeftAsTheyAre(self) -> None:
        """
        It changes no event.
        """
        listener = self.opened()
        for event in EVENTS[:5]:
            before = deepcopy(event)
            listener.told(event)
            changed, event_ = event != before, deepcopy(event)
            event.fields.clear()
            event.fields.update(before.fields)  # for the tests that come after
            self.expect(not changed, rules.EVENT_KEPT, f"{before} became {event_}")

    def test_eventsAreNotKept(self) -> None:
        """
        It keeps no events.
        """
        listener = self.opened()
        for number in range(20):
            listener.told(Event("note", 0.0, {"text": f"{number}" * 100}))
        with grownBy() as grown:
            for number in range(_MANY):
                listener.told(Event("note", 0.0, {"text": f"{number:0{_LENGTH}}"}))
        found = f"{grown[0]} octets more are in use after {_MANY} events with {_LENGTH} octets each"
        self.expect(grown[0] < _MANY * _LENGTH // 2, rules.KEEPS_NOTHING, found)

    def test_givesUp(self) -> None:
        """
        A question that is given up leaves nothing.
        """
        listener = self.opened()
        before = self.holdings()
        for number in range(3):
            candidate = makeCandidate("alice", number)
            for question in (admission(candidate), address(candidate, "10.77.0.5"), route(candidate, 256)):
                if question.isFor(listener):
                    self._giveUp(self.asked(listener, question), question)
        after = self.holdings()
        self.expect(before == after, rules.GIVES_UP, f"(descriptors, timers, readers) {before} became {after}")

    def _giveUp(self, answer: Any, question: Question) -> None:
        if isinstance(answer, Deferred) and not answer.called:
            answers: list[Any] = []
            answer.addCallbacks(answers.append, lambda failure: None)
            with self.keeping(question.rule(rules.GIVES_UP), "cancel()"):
                answer.cancel()
            self.settle(Deferred())
            self.expect(
                not any(answers), question.rule(rules.GIVES_UP), f"it said yes, {answers}, about {question.about}"
            )

    def test_closeLeavesNothing(self) -> None:
        """
        Closed, it leaves nothing behind, also while it thinks about a question.
        """
        before = self.holdings()
        listener: IHookListener = self.openWith(self.settings)
        listener.told(EVENTS[0])
        questions = admission(makeCandidate()), address(*self.addressGiven()), route(*self.routeAllowed())
        for question in questions:
            answer = self.asked(listener, question) if question.isFor(listener) else None
            if isinstance(answer, Deferred):
                answer.addErrback(lambda failure: None)
        with self.keeping(rules.CLOSE, "close(), called twice,"):
            listener.close()
            listener.close()
        after = self.holdings()
        self.expect(before == after, rules.CLOSE, f"(descriptors, timers, readers) {before} became {after}")
