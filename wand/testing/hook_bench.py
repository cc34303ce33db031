"""
A hook that is told and asked, for tests of hooks.
"""

from __future__ import annotations

from typing import Any
from unicodedata import category

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from wand.hooks.approval import HOOK_PATIENCE
from wand.interfaces import Candidate, IHook, IHookListener, IWandPlugin, Verdict
from wand.testing import hook_rules as rules
from wand.testing.hook_samples import EVENTS, makeCandidate
from wand.testing.plugin_bench import PluginBench


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

    def settle(self, answer: Deferred[Any]) -> None:
        """
        Let the time pass that a hook has for its answer, or until it is there.
        """
        clock = self.context.clock
        assert isinstance(clock, Clock)
        for _ in range(round(HOOK_PATIENCE * 10)):
            if answer.called:
                return
            clock.advance(0.1)

    # Tools.

    def makePlugin(self) -> IWandPlugin:
        """
        See L{PluginBench}.
        """
        return self.makeHook()

    def exercise(self, opened: IHookListener) -> None:
        """
        See L{PluginBench}: tell it something, and ask.
        """
        opened.told(EVENTS[0])
        self.answerTo(opened, makeCandidate())

    def opened(self) -> IHookListener:
        """
        Open the hook, and close it at the end.
        """
        listener: IHookListener = self.openWith(self.settings)
        self.addCleanup(listener.close)
        return listener

    def asked(self, listener: IHookListener, candidate: Candidate) -> Any:
        """
        Ask about a candidate.
        """
        with self.keeping(rules.NEVER_RAISES, f"admit() of {candidate}"):
            return listener.admit(candidate)

    def answerTo(self, listener: IHookListener, candidate: Candidate) -> bool:
        """
        Ask about a candidate, and wait for the answer.
        """
        return self.verdictOf(self.asked(listener, candidate), candidate)

    def verdictOf(self, answer: Any, candidate: Candidate) -> bool:
        """
        Wait for an answer, and look at it.
        """
        if isinstance(answer, Deferred):
            answers: list[Any] = []
            answer.addBoth(answers.append)
            self.settle(answer)
            self.expect(bool(answers), rules.IN_TIME, f"after that time there was none about {candidate}")
            (answer,) = answers
        if isinstance(answer, Failure):
            self.fail(rules.NEVER_RAISES.broken(f"about {candidate} it failed with {answer.value!r}"))
        endCoroutine(answer)
        isAnswer = answer is True or answer is False or isinstance(answer, Verdict)
        self.expect(isAnswer, rules.ANSWERS, f"{answer!r}")
        if isinstance(answer, Verdict):
            isBool = answer.admit is True or answer.admit is False
            self.expect(isBool, rules.ANSWERS, f"{answer!r}")
            isLine = isinstance(answer.reason, str) and not any(category(each) == "Cc" for each in answer.reason)
            self.expect(isLine, rules.REASON, f"{answer.reason!r}")
        return bool(answer)


def endCoroutine(coroutine: Any) -> None:
    """
    End what was returned by an C{async def}, before Python warns of it.
    """
    if hasattr(coroutine, "__await__") and hasattr(coroutine, "close"):
        coroutine.close()
