"""
Looking again and again whether something has happened, for what tells nobody when it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

#: Seconds between two looks.
LOOK_INTERVAL: Final = 0.05


async def until(isDone: Callable[[], bool], patience: float, clock: IReactorTime) -> bool:
    """
    Wait for something.

    @param patience: for how many seconds.
    @return: did it happen in time?
    """
    end = clock.seconds() + patience
    while not isDone():
        if clock.seconds() >= end:
            return False
        await deferLater(clock, LOOK_INTERVAL)
    return True
