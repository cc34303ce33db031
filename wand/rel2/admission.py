"""
Admission: the operator's hooks are asked before a node joins, at most once at a time for each, and not about too many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from wand.ethernet import MAC
from wand.interfaces import Candidate, IHookListener, Verdict
from wand.membership.approval import allApprove

#: How many candidates may wait for an answer.
LIMIT: Final = 256


class Admission:
    """
    Asks every hook about a candidate.
    """

    def __init__(self, clock: IReactorTime, hooks: Sequence[IHookListener]) -> None:
        self._clock = clock
        self._hooks = tuple(hooks)
        self._waiting: dict[MAC, Deferred[Verdict]] = {}

    @property
    def isOpen(self) -> bool:
        """
        Is everybody admitted, because there is no hook to ask?
        """
        return not self._hooks

    def ask(self, candidate: Candidate, decided: Callable[[Verdict | None], object]) -> bool:
        """
        Ask about a candidate, and call C{decided} with the answer, or C{None} if there is none for now: now or later,
        or never after L{stop}.

        @return: C{False} if nobody is asked, because the hooks still think about the same MAC address, or about too
            many others.
        """
        mac = candidate.mac
        if mac in self._waiting or len(self._waiting) >= LIMIT:
            return False
        answer = self._waiting[mac] = allApprove(self._hooks, candidate, self._clock)
        answer.addCallbacks(partial(self._decide, mac, decided), partial(self._postpone, mac, decided))
        return True

    def stop(self) -> None:
        """
        Forget the candidates; nothing more is decided.
        """
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.cancel()

    def _decide(self, mac: MAC, decided: Callable[[Verdict | None], object], verdict: Verdict | None) -> None:
        if self._waiting.pop(mac, None) is not None:
            decided(verdict)

    def _postpone(self, mac: MAC, decided: Callable[[Verdict | None], object], failure: Failure) -> None:
        self._decide(mac, decided, None)
