"""
How long something takes that must be quick, also on a machine that is busy.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

#: How often something is done at least before it is called slow.
_TRIES: Final = 5


def quickest(do: Callable[[], object], limit: float, patience: float) -> float:
    """
    Do something until it is done within the limit once, or is slow again and again: a busy machine interrupts it for
    longer than it takes.

    @param limit: the seconds that it may take.
    @param patience: after how many seconds in all it is not done again.
    @return: the seconds that it took when it was quickest.
    """
    taken: list[float] = []
    while len(taken) < _TRIES or sum(taken) < patience:
        began = perf_counter()
        do()
        taken.append(perf_counter() - began)
        if taken[-1] < limit:
            break
    return min(taken)
