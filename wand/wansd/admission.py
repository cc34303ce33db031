"""
Admission: the operator's hooks are asked before a node joins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import attrs
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.ethernet import MAC
from wand.interfaces import Candidate, IHookListener

#: Seconds that the hooks have for their answer.
PATIENCE: Final = 5.0

#: How many candidates may wait for an answer.
LIMIT: Final = 256


@attrs.define(eq=False)
class _Question:
    """
    A candidate about whom the hooks were asked.

    @ivar missing: how many hooks have yet to say C{True}.
    """

    candidate: Candidate
    decided: Callable[[bool], object]
    missing: int
    timer: IDelayedCall
    answers: list[Deferred[None]] = attrs.field(factory=list)


class Admission:
    """
    Asks every hook about a candidate; all must say C{True}.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, hooks: Sequence[IHookListener]) -> None:
        self._clock = clock
        self._hooks = tuple(hooks)
        self._waiting: dict[MAC, _Question] = {}

    @property
    def isOpen(self) -> bool:
        """
        Is everybody admitted, because there is no hook to ask?
        """
        return not self._hooks

    def ask(self, candidate: Candidate, decided: Callable[[bool], object]) -> bool:
        """
        Ask about a candidate, and call C{decided} with the answer: now or later, or never after L{stop}.

        @return: C{False} if nobody is asked, because the hooks still think about the same MAC address, or about too
            many others.
        """
        mac = candidate.mac
        if mac in self._waiting or len(self._waiting) >= LIMIT:
            return False
        timer = self._clock.callLater(PATIENCE, self._late, mac)
        question = self._waiting[mac] = _Question(candidate, decided, len(self._hooks), timer)
        for hook in self._hooks:
            if self._waiting.get(mac) is question:
                answer = maybeDeferred(hook.admit, candidate)
                question.answers.append(
                    answer.addCallbacks(
                        partial(self._answered, question),
                        partial(self._failed, question),
                    )
                )
        return True

    def stop(self) -> None:
        """
        Forget the candidates; nothing more is decided.
        """
        for question in list(self._waiting.values()):
            self._close(question)

    def _answered(self, question: _Question, answer: bool) -> None:
        question.missing -= 1
        if answer is not True:
            self._decide(question, False)
        elif not question.missing:
            self._decide(question, True)

    def _failed(self, question: _Question, failure: Failure) -> None:
        if self._waiting.get(question.candidate.mac) is question:
            self._log.failure("a hook failed on {candidate}, which is a refusal", failure, candidate=question.candidate)
            self._decide(question, False)

    def _late(self, mac: MAC) -> None:
        question = self._waiting[mac]
        self._log.warn("a hook did not answer about {candidate}, which is a refusal", candidate=question.candidate)
        self._decide(question, False)

    def _decide(self, question: _Question, admitted: bool) -> None:
        if self._waiting.get(question.candidate.mac) is question:
            self._close(question)
            question.decided(admitted)

    def _close(self, question: _Question) -> None:
        del self._waiting[question.candidate.mac]
        if question.timer.active():
            question.timer.cancel()
        for answer in question.answers:
            answer.cancel()
