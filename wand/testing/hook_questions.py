"""
What hooks are asked in tests, each with whose method that is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from wand.interfaces import Candidate, IAddressApprover, IHookListener, IRouteApprover
from wand.testing.contract import Rule

#: By the name of its method, the interface that a hook must provide to be asked.
ASKING: Final = {"admit": IHookListener, "assignAddress": IAddressApprover, "allowRoute": IRouteApprover}


@attrs.frozen
class Question:
    """
    One of them.

    @ivar method: the name of the method that is called.
    @ivar ask: asks a hook, and returns what it returns.
    @ivar about: what it is about, in words.
    """

    method: str
    ask: Callable[[Any], Any] = attrs.field(eq=False)
    about: str

    def isFor(self, listener: Any) -> bool:
        """
        Is a hook asked this?
        """
        return bool(ASKING[self.method].providedBy(listener))

    def rule(self, rule: Rule) -> Rule:
        """
        A rule of every question, as one of this.
        """
        return attrs.evolve(rule, where=f"{ASKING[self.method].__name__}.{self.method}")


def admission(candidate: Candidate) -> Question:
    """
    May it join?
    """
    return Question("admit", lambda listener: listener.admit(candidate), f"{candidate}")


def address(candidate: Candidate, wanted: str) -> Question:
    """
    May it have an overlay address?
    """
    about = f"{wanted} for {candidate}"
    return Question("assignAddress", lambda listener: listener.assignAddress(candidate, wanted), about)


def route(candidate: Candidate, hosts: int) -> Question:
    """
    May so many hosts be behind it?
    """
    about = f"{hosts} hosts behind {candidate}"
    return Question("allowRoute", lambda listener: listener.allowRoute(candidate, hosts), about)
