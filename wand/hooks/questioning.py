"""
Questioning: executables are asked, one after the other, until one refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import attrs

from wand.errors import TemporarilyUnavailable
from wand.hooks.execution import Outcome
from wand.hooks.trusted import Untrusted, executablesIn
from wand.interfaces import Verdict

#: Runs an executable; see L{wand.hooks.execution.Execution.run}.
Run: TypeAlias = Callable[[Path, bytes, float], Outcome]

#: The exit status that refuses: C{EX_NOPERM} of C{sysexits.h}.  A program that fails ends with 1, 2 or 127, and a
#: refusal is final: it has a status that no program has by accident.
REFUSED: Final = 77


@attrs.frozen
class Asked:
    """
    What executables answered.

    @ivar hints: what the operator should know, a sentence each, which begins with a path.
    """

    verdict: Verdict
    hints: Sequence[str] = ()


class Questioning:
    """
    Asks the executables of a folder.  It is used in threads.
    """

    def __init__(self, folder: Path, run: Run, now: Callable[[], float], seconds: float) -> None:
        """
        @param folder: has one for each question.
        @param now: gives elapsed seconds.
        @param seconds: how long one executable may take.
        """
        self._folder = folder
        self._run = run
        self._now = now
        self._seconds = seconds

    def ask(self, question: str, document: bytes, deadline: float) -> Asked:
        """
        Ask those of a question.

        @param deadline: when nobody waits for the answer any more.
        @raise TemporarilyUnavailable: if nobody refuses and one cannot answer.
        """
        folder = self._folder / question
        try:
            found = executablesIn(folder)
        except Untrusted as error:
            raise TemporarilyUnavailable(f"{folder} is not used: {error}") from None
        except OSError as error:
            raise TemporarilyUnavailable(f"{folder} cannot be read: {error}") from None
        hints = [f"{each} is not executable and is not asked; chmod +x {each}" for each in found.asleep]
        failures = []
        for executable in found.executables:
            try:
                verdict = self._answer(executable, document, deadline)
            except TemporarilyUnavailable as error:
                failures.append(error)
                continue
            if not verdict:
                return Asked(verdict, hints)
        if failures:
            raise failures[0]
        return Asked(Verdict(True), hints)

    def _answer(self, executable: Path, document: bytes, deadline: float) -> Verdict:
        seconds = min(self._seconds, deadline - self._now())
        if seconds <= 0:
            raise TemporarilyUnavailable(f"{executable} was not asked: there was no time left")
        try:
            outcome = self._run(executable, document, seconds)
        except OSError as error:  # a TimeoutError, too
            raise TemporarilyUnavailable(f"{executable} cannot answer: {error}") from None
        if outcome.status not in (0, REFUSED):
            raise TemporarilyUnavailable(f"{executable} {ended(outcome)}; 0 is yes and {REFUSED} is no")
        return Verdict(outcome.status == 0, outcome.sentence)


def ended(outcome: Outcome) -> str:
    """
    How an executable ended that failed, in words.
    """
    how = f"ended with {outcome.status}" if outcome.status >= 0 else f"was killed by signal {-outcome.status}"
    return f"{how} ({outcome.sentence})" if outcome.sentence else how
