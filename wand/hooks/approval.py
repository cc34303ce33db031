"""
Approval: the operator's hooks are asked before a node joins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from twisted.internet.defer import Deferred, DeferredList, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from wand.errors import TemporarilyUnavailable
from wand.interfaces import Candidate, IAddressApprover, IHookListener, IRouteApprover, Verdict

#: Seconds that the hooks have for their answer.
HOOK_PATIENCE: Final = 5.0

#: How many candidates the hooks think about at once.
CANDIDATES_MAXIMUM: Final = 256


class Approval:
    """
    Asks every hook about a candidate, at most once at a time for each, and not about too many.
    """

    def __init__(self, hooks: Sequence[IHookListener], clock: IReactorTime) -> None:
        """
        @param hooks: may change while the program runs.
        """
        self._hooks = hooks
        self._clock = clock
        self._asked: dict[bytes, Deferred[Verdict]] = {}

    @property
    def isNeeded(self) -> bool:
        """
        Is there a hook to ask?
        """
        return bool(self._hooks)

    def isAsked(self, key: bytes) -> bool:
        """
        Do the hooks think about a candidate now?

        @param key: its public key; its MAC address where the protocol has no keys.
        """
        return key in self._asked

    def ask(self, candidate: Candidate) -> Deferred[Verdict] | None:
        """
        Ask about a candidate.

        @return: fires as that of L{allApprove} does, or never after L{stop}; C{None} if nobody is asked, because the
            hooks still think about the same candidate, or about too many others.
        """
        return self._ask(candidate, lambda: allApprove(self._hooks, candidate, self._clock))

    def askAddress(self, candidate: Candidate, address: str) -> Deferred[Verdict] | None:
        """
        Ask whether a candidate may have an overlay address.

        @param address: without the length of its prefix.
        @return: see L{ask}.
        """
        return self._ask(candidate, lambda: allLetHave(self._hooks, candidate, address, self._clock))

    def askRoute(self, candidate: Candidate, hosts: int) -> Deferred[Verdict] | None:
        """
        Ask whether hosts may be behind a candidate.

        @param hosts: how many.
        @return: see L{ask}.
        """
        return self._ask(candidate, lambda: allLetCarry(self._hooks, candidate, hosts, self._clock))

    def _ask(self, candidate: Candidate, question: Callable[[], Deferred[Verdict]]) -> Deferred[Verdict] | None:
        key = candidate.key or candidate.mac
        if key in self._asked or len(self._asked) >= CANDIDATES_MAXIMUM:
            return None
        decided: Deferred[Verdict] = Deferred()
        asked = self._asked[key] = question()
        asked.addBoth(self._decide, key, decided)
        return decided

    def stop(self) -> None:
        """
        Forget the candidates; nothing more is decided.
        """
        asked, self._asked = self._asked, {}
        for each in asked.values():
            each.cancel()

    def _decide(self, answer: Verdict | Failure, key: bytes, decided: Deferred[Verdict]) -> None:
        if self._asked.pop(key, None) is None:
            return
        if isinstance(answer, Failure):
            decided.errback(answer)
        else:
            decided.callback(answer)


def allApprove(hooks: Sequence[IHookListener], candidate: Candidate, clock: IReactorTime) -> Deferred[Verdict]:
    """
    Ask every hook, all at once, and wait for every answer.  Only if each says yes is the candidate approved.

    @return: fires with what they said, and the reason of the first who refuses; fails with L{TemporarilyUnavailable} if
        nobody refuses, and somebody failed or did not answer in time: that is a refusal for now.
    """
    return _all([maybeDeferred(hook.admit, candidate) for hook in hooks], clock)


def allLetHave(
    hooks: Sequence[IHookListener], candidate: Candidate, address: str, clock: IReactorTime
) -> Deferred[Verdict]:
    """
    Ask every hook that has a say in addresses whether a candidate may have one.

    @return: see L{allApprove}.
    """
    asked = [hook for hook in hooks if IAddressApprover.providedBy(hook)]
    return _all([maybeDeferred(hook.assignAddress, candidate, address) for hook in asked], clock)


def allLetCarry(
    hooks: Sequence[IHookListener], candidate: Candidate, hosts: int, clock: IReactorTime
) -> Deferred[Verdict]:
    """
    Ask every hook that has a say in routes whether so many hosts may be behind a candidate.

    @return: see L{allApprove}.
    """
    asked = [hook for hook in hooks if IRouteApprover.providedBy(hook)]
    return _all([maybeDeferred(hook.allowRoute, candidate, hosts) for hook in asked], clock)


def _all(answers: Sequence[Deferred[Any]], clock: IReactorTime) -> Deferred[Verdict]:
    patient = [_patiently(answer, clock) for answer in answers]
    return DeferredList(patient, consumeErrors=True).addCallback(_together)


def _patiently(answer: Deferred[object], clock: IReactorTime) -> Deferred[object]:
    """
    Wait for a hook, which may take no notice when it is told to give up.  What it says then is no answer.
    """

    def finish(result: object) -> None:
        if timer.active():
            timer.cancel()
            ended.callback(result)

    def late() -> None:
        ended.errback(TimeoutError(HOOK_PATIENCE, "a hook"))
        answer.cancel()

    def cancel(_: Deferred[object]) -> None:
        timer.cancel()
        answer.cancel()

    ended: Deferred[object] = Deferred(cancel)
    timer = clock.callLater(HOOK_PATIENCE, late)
    answer.addBoth(finish)
    return ended


def _together(answers: list[tuple[bool, Any]]) -> Verdict:
    verdicts = [verdictFrom(answer) for answered, answer in answers if answered]
    for verdict in verdicts:
        if not verdict:
            return verdict
    for answered, failure in answers:
        if not answered:
            assert isinstance(failure, Failure)
            if failure.check(TemporarilyUnavailable):  # it says itself why
                failure.raiseException()
            raise TemporarilyUnavailable("a hook that must be asked cannot answer now") from failure.value
    return Verdict(True)


def verdictFrom(answer: object) -> Verdict:
    """
    What a hook answered; anything but C{True} and a verdict is a refusal.
    """
    return answer if isinstance(answer, Verdict) else Verdict(answer is True)
