"""
Recent frames: which numbers of each originator came, and how far on the circle we saw to each.  What is older than
what is remembered counts as a replay.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from twisted.internet.interfaces import IReactorTime

#: Seconds after which nobody repeats a frame any more.
LIFETIME: Final = 60.0

#: How many frames are remembered, of all originators.  When there are more, what is older than the oldest counts as
#: seen, so nothing comes twice.
FRAMES_MAXIMUM: Final = 32_768

#: Of how many originators it is remembered what is too old; more than there are members in a network.
ORIGINATORS_MAXIMUM: Final = 20_480


class RecentFrames:
    """
    Remembers frames that came.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._frames: OrderedDict[tuple[bytes, int], tuple[int, float]] = OrderedDict()
        self._floors: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._frames)

    def reach(self, originator: bytes, number: int) -> int | None:
        """
        How far we saw to a frame; C{None} if it is new, or was forgotten.
        """
        self._forgetOld()
        known = self._frames.get((originator, number))
        return None if known is None else known[0]

    def isOld(self, originator: bytes, number: int) -> bool:
        """
        Is a frame that is not remembered a replay?
        """
        return number <= self._floors.get(originator, -1)

    def add(self, originator: bytes, number: int, reach: int) -> None:
        """
        We see to a frame, that far.
        """
        now = self._clock.seconds()
        known = self._frames.get((originator, number))
        self._frames[originator, number] = (reach, now if known is None else known[1])
        self._forgetOld()

    def _forgetOld(self) -> None:
        """
        Whoever asks for a frame finds none that is too old, so none of these is ever added to.
        """
        oldest = self._clock.seconds() - LIFETIME
        while self._frames and (len(self._frames) > FRAMES_MAXIMUM or self._eldest < oldest):
            (other, old), _ = self._frames.popitem(last=False)
            self._raise(other, old)

    @property
    def _eldest(self) -> float:
        return next(iter(self._frames.values()))[1]

    def _raise(self, originator: bytes, number: int) -> None:
        floor = self._floors.pop(originator, -1)
        self._floors[originator] = max(floor, number)
        if len(self._floors) > ORIGINATORS_MAXIMUM:
            self._floors.popitem(last=False)
