"""
Recordings: which frames are wanted, and what is written of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from wand.capture.filters import filterFrom
from wand.capture.pcapng import SNAP_MAXIMUM, Direction, frameBlock
from wand.errors import WandError
from wand.ethernet import Frame
from wand.table import Peer

#: In place of a peer's name, for frames that go to all.
EVERYBODY: Final = "everybody"

#: The names of how many peers are remembered.
_NAMES_MAXIMUM: Final = 4_096

#: The most octets of a name that are written.
_NAME_SIZE: Final = 200


@attrs.frozen
class Wanted:
    """
    What somebody wants to see.

    @ivar peer: frames from and to whom, as the protocol writes it; empty for all.
    @ivar filter: see L{wand.capture.filters}; empty for all frames.
    @ivar count: after how many frames to stop; 0 for none.
    @ivar snap: how many octets of each frame are kept at most.
    """

    peer: str = ""
    filter: str = ""
    count: int = 0
    snap: int = SNAP_MAXIMUM

    def check(self) -> None:
        """
        @raise WandError: if it cannot be so.
        """
        if self.count < 0 or not 14 <= self.snap <= SNAP_MAXIMUM:
            raise WandError(f"a count is not negative, and a snap length is from 14 to {SNAP_MAXIMUM} octets")


class Recording:
    """
    Makes blocks of the frames that are wanted.
    """

    def __init__(
        self,
        wanted: Wanted,
        peer: Peer | None,
        nameOf: Callable[[Peer], str],
        epoch: Callable[[], float],
        take: Callable[[bytes], object],
    ) -> None:
        """
        @param peer: whose frames are wanted, besides those to everybody; C{None} for all.
        @param epoch: gives the seconds since the epoch.
        @param take: called with each block.
        @raise wand.errors.FilterInvalid: if the filter is none.
        """
        wanted.check()
        self._isWanted = filterFrom(wanted.filter)
        self._left = wanted.count or None
        self._snap = wanted.snap
        self._peer = peer
        self._nameOf = nameOf
        self._names: dict[Peer, bytes] = {}
        self._epoch = epoch
        self._take = take

    def heard(self, direction: Direction, peer: Peer | None, frame: Frame) -> None:
        """
        A frame passes.
        """
        if self._left == 0 or (self._peer is not None and peer is not None and peer != self._peer):
            return
        if self._isWanted(frame):
            if self._left is not None:
                self._left -= 1
            self._take(frameBlock(direction, frame, self._epoch(), self._name(peer), self._snap))

    def _name(self, peer: Peer | None) -> bytes:
        if peer is None:
            return EVERYBODY.encode()
        name = self._names.get(peer)
        if name is None:
            if len(self._names) >= _NAMES_MAXIMUM:
                self._names.clear()
            name = self._names[peer] = self._nameOf(peer).encode()[:_NAME_SIZE]
        return name
