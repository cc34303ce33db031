"""
Elapsed time, for timers, ages and deadlines.  Twisted's reactors use the wall clock, and whenever somebody sets that,
every timer is late, or early.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from twisted.internet.base import ReactorBase

#: Gives the seconds since some moment, which never go back.  On Linux the time that the host sleeps counts, too: for
#: its peers it passed (clock_gettime(2), CLOCK_BOOTTIME).
elapsed: Final[Callable[[], float]] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)


def steady(reactor: Any) -> Any:
    """
    Let a reactor measure elapsed time from now on; its pending calls keep their delays.

    @return: the same reactor.  One that is not of Twisted's own kind, such as a simulated clock, is left as it is.
    """
    if isinstance(reactor, ReactorBase) and reactor.seconds is not elapsed:
        now = reactor.seconds()
        waiting = [(call, call.getTime() - now) for call in reactor.getDelayedCalls()]
        reactor.seconds = elapsed
        for call, left in waiting:
            call.seconds = elapsed  # type: ignore[attr-defined]  # of a DelayedCall, which asks it when it is reset
            call.reset(max(0.0, left))
    return reactor
