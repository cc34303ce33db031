"""
Turns: questions are answered at once while there is room on the line, and else one after the other, nobody's before
everybody else's.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from twisted.internet.interfaces import IReactorTime

from wand.timing.rounds import PORTION_OCTETS
from wand.timing.timer import Timer

#: Octets of answers in a second, and for how many seconds of them others may have been answered before.
RATE: Final = 10_000_000.0
CREDIT: Final = 0.02

#: As how many octets an answer counts at least, for even one that is put off takes time.
ANSWER_MINIMUM: Final = 100

#: How many questions of one asker wait at most.
WAITING_MAXIMUM: Final = 16

Asker = TypeVar("Asker")
Question = TypeVar("Question")


class Turns(Generic[Asker, Question]):
    """
    Answers questions at a rate of octets.
    """

    def __init__(self, clock: IReactorTime, answer: Callable[[Asker, Question], int]) -> None:
        """
        @param answer: answers a question and returns how many octets that took.
        """
        self._clock = clock
        self._answer = answer
        self._busyUntil = 0.0
        self._waiting: OrderedDict[Asker, deque[Question]] = OrderedDict()
        self._timer = Timer(clock, self._due)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def ask(self, asker: Asker, question: Question) -> bool:
        """
        Answer a question now or in its turn.

        @return: C{False} if this asker has too many that wait already.
        """
        if not self._timer.isSet and self._hasRoom():
            self._busyUntil += max(ANSWER_MINIMUM, self._answer(asker, question)) / RATE
            return True
        waiting = self._waiting.setdefault(asker, deque())
        if len(waiting) >= WAITING_MAXIMUM:
            return False
        waiting.append(question)
        self._schedule()
        return True

    def forget(self, asker: Asker) -> None:
        """
        Somebody wants no answers any more.
        """
        self._waiting.pop(asker, None)

    def stop(self) -> None:
        """
        Answer nobody any more and leave no timer behind.
        """
        self._waiting.clear()
        self._timer.stop()

    def _hasRoom(self) -> bool:
        now = self._clock.seconds()
        self._busyUntil = max(self._busyUntil, now)
        return self._busyUntil < now + CREDIT

    def _schedule(self) -> None:
        if self._waiting and not self._timer.isSet:
            self._timer.set(max(0.0, self._busyUntil - CREDIT / 2 - self._clock.seconds()))

    def _due(self) -> None:
        octets = 0
        try:
            while self._waiting and octets < PORTION_OCTETS:
                asker, questions = self._waiting.popitem(last=False)
                question = questions.popleft()
                if questions:
                    self._waiting[asker] = questions
                octets += max(ANSWER_MINIMUM, self._answer(asker, question))
        finally:  # whatever becomes of one, the others are answered
            self._busyUntil = max(self._busyUntil, self._clock.seconds()) + octets / RATE
            self._schedule()
