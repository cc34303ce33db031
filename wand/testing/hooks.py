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
from wand.testing.hook_samples import EVENTS, NAMES, makeCandidate
from wand.testing.memory import grownBy
from wand.testing.plugin_contract import PluginContract

#: How many events are told to see whether they are kept, and how long their texts are.
_MANY: Final = 300
_LENGTH: Final = 1000


class HookContract(HookManners, PluginContract):
    """
    What every hook must do.  Mix it into a test case and say how to make it, whom it admits and whom it refuses::

        class MyHookTests(HookContract, SynchronousTestCase):
            settings = {"hosts": ["alice"]}

            def makeHook(self):
                return MyHook()

            def refused(self):
                return makeCandidate("mallory")

    A hook that works with something real, such as a program, overrides C{settle} to wait for it.
    """

    pluginInterface = IHook
    openedInterface = IHookListener

    # The contract.

    def test_admits(self) -> None:
        """
        It admits whom it should admit, however often it is asked.
        """
        self._answersSo(self.admitted(), True)

    def test_refuses(self) -> None:
        """
        It refuses whom it should refuse, however often it is asked.
        """
        self._answersSo(self.refused(), False)

    def _answersSo(self, candidate: Candidate | None, isAdmitted: bool) -> None:
        if candidate is None:
            return
        listener = self.opened()
        rule = rules.ADMITS if isAdmitted else rules.REFUSES
        found = "admitted" if not isAdmitted else "refused"
        self.expect(self.answerTo(listener, candidate) is isAdmitted, rule, f"it {found} {candidate}")
        for _ in range(2):
            answer = self.answerTo(listener, candidate)
            self.expect(answer is isAdmitted, rules.SAME_AGAIN, f"another time it {found} {candidate}")

    def test_severalAtOnce(self) -> None:
        """
        Asked about several at once it does not mix them up.
        """
        listener = self.opened()
        candidates = [(each, isAdmitted) for each, isAdmitted in ((self.admitted(), True), (self.refused(), False))]
        wanted = [(each, isAdmitted) for each, isAdmitted in candidates * 2 if each is not None]
        answers = [self.asked(listener, each) for each, _ in wanted]
        for answer, (candidate, isAdmitted) in zip(answers, wanted, strict=True):
            verdict = self.verdictOf(answer, candidate)
            self.expect(verdict is isAdmitted, rules.APART, f"of {len(wanted)} the answer about {candidate} is wrong")

    def test_strangeCandidates(self) -> None:
        """
        Whatever a candidate says of itself is no fault of the hook's.
        """
        listener = self.opened()
        for number, name in enumerate(NAMES):
            self.answerTo(listener, makeCandidate(name, number))
        self.answerTo(listener, Candidate(MAC(b"\2\0\0\0\0\1"), "tcp/[2001:db8::1]:443"))

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
            answer = self.asked(listener, makeCandidate("alice", number))
            if isinstance(answer, Deferred) and not answer.called:
                answer.addErrback(lambda failure: None)
                with self.keeping(rules.GIVES_UP, "cancel()"):
                    answer.cancel()
                self.settle(Deferred())
        after = self.holdings()
        self.expect(before == after, rules.GIVES_UP, f"(descriptors, timers, readers) {before} became {after}")

    def test_closeLeavesNothing(self) -> None:
        """
        Closed, it leaves nothing behind, also while it thinks about a candidate.
        """
        before = self.holdings()
        listener: IHookListener = self.openWith(self.settings)
        listener.told(EVENTS[0])
        answer = self.asked(listener, makeCandidate())
        if isinstance(answer, Deferred):
            answer.addErrback(lambda failure: None)
        with self.keeping(rules.CLOSE, "close(), called twice,"):
            listener.close()
            listener.close()
        after = self.holdings()
        self.expect(before == after, rules.CLOSE, f"(descriptors, timers, readers) {before} became {after}")
