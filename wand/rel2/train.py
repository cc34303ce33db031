"""
What is to be sent over REL2 and not sent yet: datagrams of one size to one peer, which leave in one call.
"""

from __future__ import annotations

from typing import Final

from wand.ethernet import Frame
from wand.table import Peer
from wand.underlay.offload import TRAIN_MAXIMUM, TRAIN_OCTETS

#: What stands before the frame, a leftover of the ethertap driver: sent as zeros, ignored on arrival.
PAD: Final = b"\0\0"


class FrameTrain:
    """
    Collects frames, each in the datagram that it becomes.

    @ivar peer: whom they are for.
    @ivar count: how many there are.
    @ivar size: octets of each datagram; the last may be shorter.
    """

    def __init__(self) -> None:
        self.peer: Peer = None
        self.count = self.size = 0
        self._view = memoryview(bytearray(TRAIN_OCTETS))
        self._end = 0
        self._isComplete = False

    # HOT PATH
    def add(self, peer: Peer, frame: Frame) -> bool:
        """
        Add a frame to those before.

        @return: C{False} if it does not go with them, or is too long for any train.
        """
        start = self._end + len(PAD)
        end, size = start + len(frame), len(PAD) + len(frame)
        if end > TRAIN_OCTETS:
            return False
        if not self.count:
            self.peer, self.size = peer, size
        elif self._isComplete or size > self.size or self.count == TRAIN_MAXIMUM or peer != self.peer:
            return False
        self._view[self._end : start] = PAD
        self._view[start:end] = frame
        self._end = end
        self.count += 1
        self._isComplete = size < self.size
        return True

    # HOT PATH
    def take(self) -> memoryview:
        """
        The datagrams, one behind the other, good until the next frame; there are none then.
        """
        datagrams = self._view[: self._end]
        self.count = self._end = 0
        self._isComplete = False
        return datagrams
