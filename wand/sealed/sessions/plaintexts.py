"""
What is sealed: frames and messages behind the octet that tells their kind.
"""

from __future__ import annotations

from mmap import mmap

from wand.ethernet import Frame
from wand.sealed.sessions.packets import FRAME, PLAINTEXT_MAXIMUM
from wand.superframes.fragments import fragmentsOf


class Plaintexts:
    """
    Puts the plaintexts of frames together, in one memory for all peers.
    """

    def __init__(self) -> None:
        self._view = memoryview(mmap(-1, PLAINTEXT_MAXIMUM))  # resident only where it is used
        self._fragmented = 0

    def whole(self, frame: Frame) -> memoryview:  # HOT PATH
        """
        The plaintext of a frame that the path carries in one datagram.

        @param frame: at most L{PLAINTEXT_MAXIMUM} octets, less one.
        @return: good until the next call.
        """
        size = len(frame) + 1
        view = self._view
        view[0] = FRAME
        view[1:size] = frame
        return view[:size]

    def fragments(self, frame: Frame, room: int) -> list[memoryview]:
        """
        The plaintexts of a frame that is too long for that.

        @param room: octets of the longest plaintext that the path carries.
        """
        self._fragmented += 1  # tells the frames apart
        return [memoryview(each) for each in fragmentsOf(memoryview(frame), self._fragmented, room)]
