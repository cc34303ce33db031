"""
A hook that is told and asked, for tests of hooks.
"""

from __future__ import annotations

from typing import Any, Final
from unicodedata import category

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from wand.errors import TemporarilyUnavailable
from wand.hooks.approval import HOOK_PATIENCE
from wand.interfaces import Candidate, IHook, IHookListener, IWandPlugin, Verdict
from wand.testing import hook_rules as rules
from wand.testing.hook_questions import Question, address, admission, route
from wand.testing.hook_samples import EVENTS, makeCandidate
from wand.testing.plugin_bench import PluginBench

#: How long the reason of a verdict may be, in characters, besides what it repeats of the question.
_LENGTH_MAXIMUM: Final = 300


class HookBench(PluginBench):
    """
    Opens a hook, and asks it.
    """

    # What a hook's test supplies.

    def makeHook(self) -> IHook:
        """
        Make the hook.
        """
        raise NotImplementedError

    def admitted(self) -> Candidate | None:
        """
        Somebody whom it admits; C{None} if it admits nobody.
        """
        return makeCandidate()

    def refused(self) -> Candidate | None:
        """
        Somebody whom it refuses; C{None} if it refuses nobody.
        """
        return None

    def undecided(self) -> Candidate | None:
        """
        Somebody about whom it cannot say now, and fails with L{TemporarilyUnavailable}; C{None} if there is none.
        """
        return None

    def addressGiven(self) -> tuple[Candidate, str]:
        """
        An address, without the length of its prefix, and somebody who may have it.  It is asked if it is an
        L{wand.interfaces.IAddressApprover}.
        """
        return makeCandidate(), "10.77.0.5"

    def addressRefused(self) -> tuple[Candidate, str] | None:
        """
        An address, and somebody who may not have it; C{None} if it refuses none.
        """
        return None

    def routeAllowed(self) -> tuple[Candidate, int]:
        """
        Somebody who may be a bridge, and for how many hosts.  It is asked if it is an
        L{wand.interfaces.IRouteApprover}.
        """
        return makeCandidate(), 256

    def routeRefused(self) -> tuple[Candidate, int] | None:
        """
        Somebody who may be no bridge, or not for so many hosts; C{None} if it refuses nobody.
        """
        return None

    def settle(self, answer: Deferred[Any]) -> None:
        """
        Let the time pass that a hook has for its answer, or until it is there.
        """
        clock = self.context.clock
        assert isinstance(clock, Clock)
        for _ in range(round(HOOK_PATIENCE * 10)):
            if answer.called and not answer.paused:  # else it waits for another Deferred
                return
            clock.advance(0.1)

    # Tools.

    def makePlugin(self) -> IWandPlugin:
        """
        See L{PluginBench}.
        """
        return self.makeHook()

    def questions(self, listener: IHookListener, *, isYes: bool) -> list[Question]:
        """
        What the hook is asked, and answers so.
        """
        admitted = self.admitted() if isYes else self.refused()
        given = self.addressGiven() if isYes else self.addressRefused()
        allowed = self.routeAllowed() if isYes else self.routeRefused()
        found = [] if admitted is None else [admission(admitted)]
        found += [] if given is None else [address(*given)]
        found += [] if allowed is None else [route(*allowed)]
        return [each for each in found if each.isFor(listener)]

    def exercise(self, opened: IHookListener) -> None:
        """
        See L{PluginBench}: tell it something, and ask.
        """
        opened.told(EVENTS[0])
        self.answerTo(opened, admission(makeCandidate()))

    def opened(self) -> IHookListener:
        """
        Open the hook, and close it at the end.
        """
        listener: IHookListener = self.openWith(self.settings)
        self.addCleanup(listener.close)
        return listener

    def asked(self, listener: IHookListener, question: Question) -> Any:
        """
        Ask.  What raises because it cannot say now fails, as a server has it.
        """
        with self.keeping(question.rule(rules.NEVER_RAISES), f"{question.method}() about {question.about}"):
            try:
                return question.ask(listener)
            except TemporarilyUnavailable as error:
                return fail(error)

    def answerTo(self, listener: IHookListener, question: Question) -> bool | None:
        """
        Ask, and wait for the answer.

        @return: see L{verdictOf}.
        """
        return self.verdictOf(self.asked(listener, question), question)

    def verdictOf(self, answer: Any, question: Question) -> bool | None:
        """
        Wait for an answer, and look at it.

        @return: C{None} if the hook cannot say now.
        """
        about = question.about
        if isinstance(answer, Deferred):
            answers: list[Any] = []
            answer.addBoth(answers.append)
            self.settle(answer)
            self.expect(bool(answers), question.rule(rules.IN_TIME), f"after that time there was none about {about}")
            (answer,) = answers
        if isinstance(answer, Failure):
            self._notNow(answer, question)
            return None
        endCoroutine(answer)
        isAnswer = answer is True or answer is False or isinstance(answer, Verdict)
        self.expect(isAnswer, question.rule(rules.ANSWERS), f"{answer!r}")
        if isinstance(answer, Verdict):
            isBool = answer.admit is True or answer.admit is False
            self.expect(isBool, question.rule(rules.ANSWERS), f"{answer!r}")
            self.expect(_isLine(answer.reason), rules.REASON, f"{answer.reason!r}")
            length = len(answer.reason)
            self.expect(
                length <= _LENGTH_MAXIMUM + len(about),
                rules.REASON,
                f"{length} characters, {answer.reason[:40]!r} first",
            )
        return bool(answer)

    def _notNow(self, failure: Failure, question: Question) -> None:
        if not failure.check(TemporarilyUnavailable):
            self.fail(
                question.rule(rules.NEVER_RAISES).broken(f"about {question.about} it failed with {failure.value!r}")
            )
        text = str(failure.value)
        self.expect(bool(text) and _isLine(text), question.rule(rules.NOT_NOW), f"{text!r}")


def _isLine(text: object) -> bool:
    return isinstance(text, str) and not any(category(each) == "Cc" for each in text)


def endCoroutine(coroutine: Any) -> None:
    """
    End what was returned by an C{async def}, before Python warns of it.
    """
    if hasattr(coroutine, "__await__") and hasattr(coroutine, "close"):
        coroutine.close()
