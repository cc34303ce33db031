"""
How much of a network a node follows: everybody, or only those whom it uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

#: The part of the threshold below which a network has to shrink before everybody is followed again.
SHRUNK: Final = 0.8


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

    def __init__(self, everybodyUpTo: int) -> None:
        """
        @param everybodyUpTo: see L{WansdSettings}.
        """
        self.isPartial = everybodyUpTo == 0
        self._most = everybodyUpTo

    def changes(self, counts: Iterable[int]) -> bool:
        """
        See how many members the servers have.

        @return: whether that makes a difference.
        """
        before, members = self.isPartial, max(counts, default=0)
        self.isPartial = self._most == 0 or members > self._most * (SHRUNK if before else 1.0)
        return self.isPartial != before
