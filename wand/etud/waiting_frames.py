"""
Frames that wait while their destination is looked for, in a network where not everybody is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from wand.counters import Counters
from wand.ethernet import MAC, Frame
from wand.interfaces.search import MemberSearch

#: How many frames wait for one destination, and altogether; and how many octets they have.  A segment that the tap
#: hands over whole is 45 frames.
FRAMES_OF_ONE: Final = 64
FRAMES_MAXIMUM: Final = 1024
OCTETS_OF_ONE: Final = 128 * 1024
OCTETS_MAXIMUM: Final = 1024 * 1024

COUNTERS: Final = {
    "held-frames": "frames from the host held back while their destination was looked for",
    "held-frames-sent": "frames that were held back and sent: their destination was found",
    "held-frames-full": "frames not held back although their destination was unknown: too many waited for others",
    "drop-held-full": "frames from the host dropped: too many waited for the same destination",
}


class WaitingFrames:
    """
    Holds frames of the host for as long as the search for their destination takes, 2 s at most.

    @ivar release: set from outside: takes the frames to one destination, in their order, once they wait no more.
    """

    def __init__(self, search: MemberSearch, counters: Counters) -> None:
        counters.declare(COUNTERS)
        self.release: Callable[[Sequence[Frame]], object] = lambda frames: None
        self._search = search
        self._counters = counters
        self._frames: dict[bytes, list[bytes]] = {}
        self._octets: dict[bytes, int] = {}
        self._count = 0
        self._size = 0

    def __len__(self) -> int:
        return self._count

    def hold(self, frame: Frame) -> bool:
        """
        Keep a frame of the host's to an address that the table does not have, and look for that.

        @return: whether it is taken care of: it waits, or was dropped since it may not overtake those that wait.
        """
        if not self._search.isPartial:
            return False
        destination = bytes(frame[:6])
        isFirst = destination not in self._frames
        if not self._hasRoom(destination, len(frame)):
            self._counters["held-frames-full" if isFirst else "drop-held-full"] += 1
            return not isFirst
        if isFirst and not self._look(destination):
            return False
        self._counters["held-frames"] += 1
        self._count += 1
        self._size += len(frame)
        self._octets[destination] += len(frame)
        self._frames[destination].append(bytes(frame))
        return True

    def _look(self, destination: bytes) -> bool:
        """
        @return: whether there is something to wait for.
        """
        answer = self._search.find("mac", MAC(destination))
        if answer.called:  # lately nobody had it
            answer.addErrback(lambda _: None)
            return False
        waiting: list[bytes] = []
        self._frames[destination] = waiting
        self._octets[destination] = 0
        answer.addBoth(lambda _: self.letGo(destination, waiting))
        return True

    def letGo(self, destination: bytes, only: list[bytes] | None = None) -> None:
        """
        Hand on the frames that wait for an address: the table has it, or nobody does.

        @param only: nothing is done if others wait by now.
        """
        waiting = self._frames.get(destination)
        if waiting is None or (only is not None and waiting is not only):
            return
        del self._frames[destination]
        self._count -= len(waiting)
        self._size -= self._octets.pop(destination)
        self.release(waiting)

    def _hasRoom(self, destination: bytes, size: int) -> bool:
        if self._count >= FRAMES_MAXIMUM or self._size + size > OCTETS_MAXIMUM:
            return False
        octets = self._octets.get(destination, 0)
        return len(self._frames.get(destination, ())) < FRAMES_OF_ONE and octets + size <= OCTETS_OF_ONE
