"""
Approval: the operator's hooks are asked before a node joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from twisted.internet.defer import Deferred, DeferredList, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from wand.errors import TemporarilyUnavailable
from wand.interfaces import Candidate, IHookListener, Verdict

#: Seconds that the hooks have for their answer.
PATIENCE: Final = 5.0


def allApprove(hooks: Sequence[IHookListener], candidate: Candidate, clock: IReactorTime) -> Deferred[Verdict]:
    """
    Ask every hook, all at once, and wait for every answer.  Only if each says yes is the candidate approved.

    @return: fires with what they said, and the reason of the first who refuses; fails with L{TemporarilyUnavailable} if
        nobody refuses, and somebody failed or did not answer in time: that is a refusal for now.
    """
    deadline = clock.seconds() + PATIENCE

    def checkTime(answer: object) -> object:
        if clock.seconds() >= deadline:  # what a hook says when it is told to give up is no answer
            raise TimeoutError(PATIENCE, "a hook")
        return answer

    answers: list[Deferred[object]] = [maybeDeferred(hook.admit, candidate) for hook in hooks]
    for answer in answers:
        answer.addTimeout(PATIENCE, clock).addCallback(checkTime)
    return DeferredList(answers, consumeErrors=True).addCallback(_together)


def _together(answers: list[tuple[bool, Any]]) -> Verdict:
    verdicts = [verdictFrom(answer) for answered, answer in answers if answered]
    for verdict in verdicts:
        if not verdict:
            return verdict
    for answered, failure in answers:
        if not answered:
            assert isinstance(failure, Failure)
            raise TemporarilyUnavailable("a hook that must be asked cannot answer now") from failure.value
    return Verdict(True)


def verdictFrom(answer: object) -> Verdict:
    """
    What a hook answered; anything but C{True} and a verdict is a refusal.
    """
    return answer if isinstance(answer, Verdict) else Verdict(answer is True)
