"""
Looking for the members with the relay right, which everybody has to know, page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.interfaces.search import Question
from wand.sealed.directory.repeated_question import RepeatedQuestion
from wand.sealed.reach.home_relays import RELAYS_MAXIMUM

#: What the first ones come after.
_BEGINNING: Final = bytes(32)


class LookingForRelays:
    """
    Asks for the first ones, then for the next ones after those that came, until there are no more.  What is lost is
    asked again.
    """

    def __init__(self, look: Callable[[Question], object], clock: IReactorTime) -> None:
        """
        @param look: asks a question.
        """
        self._after = _BEGINNING
        self._count = 0
        self._question = RepeatedQuestion(lambda: look(Question("relays", self._after)), clock, isOpen=True)

    def begin(self) -> None:
        """
        Look for all, from the first on.
        """
        self._after, self._count = _BEGINNING, 0
        self._question.begin()

    def resume(self) -> None:
        """
        Go on if there was no answer for a long time.
        """
        self._question.resume()

    def answered(self, question: Question, identities: Iterable[bytes]) -> None:
        """
        Some were told; none if there are no more.
        """
        if question.what != self._after or not self._question.isOpen:
            return
        told = sorted(each for each in identities if each > self._after)
        self._count += len(told)
        if told and self._count < RELAYS_MAXIMUM:
            self._after = told[-1]
            self._question.goOn()
        else:
            self._question.answered()

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._question.stop()
