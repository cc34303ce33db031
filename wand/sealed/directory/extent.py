"""
How much of a network a node follows: everybody, or only those whom it uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from twisted.internet.interfaces import IReactorTime

#: The part of the threshold below which a network has to shrink before everybody is followed again.
SHRUNK: Final = 0.8

#: Seconds from one change to the next, at least: each makes the node ask all servers anew.
CHANGE_INTERVAL: Final = 60.0


class WansdSettings(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"everybodyUpTo": "everybody-up-to"}
):
    """
    The settings of the directory C{wansd}.

    @ivar everybodyUpTo: up to how many members a network has while a node follows all of them.  In a larger one it
        follows those whom it uses; with 0, in every one.
    """

    everybodyUpTo: Annotated[int, msgspec.Meta(ge=0)] = 500


class Extent:
    """
    Decides by how many members there are.

    @ivar isPartial: are only those followed who are used?
    """

    def __init__(self, everybodyUpTo: int, clock: IReactorTime) -> None:
        """
        @param everybodyUpTo: see L{WansdSettings}.
        """
        self.isPartial = everybodyUpTo == 0
        self._most = everybodyUpTo
        self._clock = clock
        self._notBefore = clock.seconds()

    def changes(self, counts: Iterable[int]) -> bool:
        """
        See how many members the servers have.

        @return: whether that makes a difference.  Soon after the last one it makes none; they say it again.
        """
        now, before, members = self._clock.seconds(), self.isPartial, max(counts, default=0)
        isPartial = self._most == 0 or members > self._most * (SHRUNK if before else 1.0)
        if isPartial == before or now < self._notBefore:
            return False
        self.isPartial, self._notBefore = isPartial, now + CHANGE_INTERVAL
        return True
