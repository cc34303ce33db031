"""
Approval: the operator's hooks are asked before a node joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.interfaces import Candidate, IHookListener

#: Seconds that the hooks have for their answer.
PATIENCE: Final = 5.0

_log = Logger()


async def allApprove(hooks: Sequence[IHookListener], candidate: Candidate, clock: IReactorTime) -> bool:
    """
    Ask every hook, all at once, and wait for every answer.  Only if each says C{True} is the candidate approved; an
    error, or no answer in time, is a refusal.
    """
    answers = [maybeDeferred(hook.admit, candidate).addTimeout(PATIENCE, clock) for hook in hooks]
    approved = True
    for answer in answers:
        try:
            said = await answer
        except Exception:
            _log.failure("a hook failed on {candidate}, which is a refusal", candidate=candidate)
            said = False
        approved = approved and said is True
    return approved
