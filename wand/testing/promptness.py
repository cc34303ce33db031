"""
How long something takes that must be quick, also on a machine that is busy.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, sleep
from typing import Final

#: How often something is done at least before it is called slow.
_TRIES: Final = 5

#: Seconds between two tries: what the last one began in another thread or process is to be over.
_PAUSE: Final = 0.1


def quickest(
    do: Callable[[], object],
    limit: float,
    patience: float,
    now: Callable[[], float] = perf_counter,
    pause: Callable[[float], object] = sleep,
) -> float:
    """
    Do something until it is done within the limit once, or is slow again and again: a busy machine interrupts it for
    longer than it takes.

    @param limit: the seconds that it may take.
    @param patience: after how many seconds in all it is not done again.
    @param now: gives seconds.
    @param pause: waits.
    @return: the seconds that it took when it was quickest.
    """
    taken: list[float] = []
    while len(taken) < _TRIES or sum(taken) < patience:
        if taken:
            pause(_PAUSE)
        began = now()
        do()
        taken.append(now() - began)
        if taken[-1] < limit:
            break
    return min(taken)
