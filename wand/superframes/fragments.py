"""
Fragments: frames too big for the path that cannot be chunks of a superframe.

Layout, big-endian; each fragment has the frame's length, so that one buffer of the right size takes them all:

    kind 3 (1) | frame's number (2) | its length (2) | offset (2) | octets of the frame
"""

from __future__ import annotations

from collections.abc import Hashable
from struct import Struct
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.ethernet import Frame

#: The first octet of a fragment's plaintext.
FRAGMENT: Final = 3

_LAYOUT: Final = Struct(">BHHH")

#: Octets before those of the frame.
FRAGMENT_PREFIX: Final = _LAYOUT.size

#: The least payload of a fragment that is not the last, so that a frame has a bounded number of them.
PIECE_MINIMUM: Final = 256

#: The most frames that are reassembled at a time: of one peer, and of all.
FRAMES_OF_PEER_MAXIMUM: Final = 64
FRAMES_MAXIMUM: Final = 1024

#: Seconds that the fragments of a frame have to arrive.
REASSEMBLY_PATIENCE: Final = 1.0

COUNTERS: Final = {
    "drop-fragment-malformed": "fragments dropped: their sizes contradict each other, or those of the same frame",
    "drop-fragment-oversize": "fragments dropped: their frame is longer than the MTU allows",
    "drop-fragment-late": "frames given up: the rest of their fragments did not come in time",
    "drop-fragment-full": "frames given up: more frames than allowed waited for fragments",
}


def fragmentsOf(frame: Frame, number: int, room: int) -> list[bytes]:
    """
    Cut a frame into fragments of almost one size, so that those of many equal frames leave in one C{sendmsg}.

    @param frame: at most 65,535 octets.
    @param number: tells the frames of one sender apart; 16 bits of it count.
    @param room: the octets of the longest plaintext that the path carries.
    @return: plaintexts; empty if C{room} is too small for any.
    """
    total = len(frame)
    if room - FRAGMENT_PREFIX < PIECE_MINIMUM:
        return []
    piece = max(-(-total // -(-total // (room - FRAGMENT_PREFIX))), PIECE_MINIMUM)
    number &= 0xFFFF
    return [
        _LAYOUT.pack(FRAGMENT, number, total, offset) + frame[offset : offset + piece]
        for offset in range(0, total, piece)
    ]


class _Partial:
    """
    A frame of which some fragments came.

    @ivar frame: the octets that came.
    @ivar missing: how many are missing.
    @ivar extents: offset and end of each fragment that came.
    @ivar deadline: when to give up.
    """

    __slots__ = ("deadline", "extents", "frame", "missing")

    def __init__(self, length: int, deadline: float) -> None:
        self.frame = bytearray(length)
        self.missing = length
        self.extents: list[tuple[int, int]] = []
        self.deadline = deadline

    def take(self, offset: int, piece: memoryview) -> bool:
        """
        Take a fragment.

        @return: whether it agrees with those before; the same one again does no harm.
        """
        end = offset + len(piece)
        if any(offset < theirEnd and theirOffset < end for theirOffset, theirEnd in self.extents):
            return (offset, end) in self.extents
        self.frame[offset:end] = piece
        self.extents.append((offset, end))
        self.missing -= end - offset
        return True


class Reassembly:
    """
    Reassembles frames.  Waiting frames are bounded in number, for each peer and for all, in octets by the longest
    frame, and in time; the oldest is dropped first.
    """

    def __init__(self, clock: IReactorTime, longest: int, counters: Counters) -> None:
        """
        @param longest: octets of the longest frame that the tap may get.
        """
        self._clock = clock
        self._longest = longest
        self._counters = counters
        self._partials: dict[tuple[Hashable, int], _Partial] = {}  # the oldest first
        self._waiting: dict[Hashable, int] = {}
        counters.declare(COUNTERS)

    def resize(self, longest: int) -> None:
        """
        Change the length of the longest frame that the tap may get.
        """
        self._longest = longest

    def fragmentReceived(self, peer: Hashable, plaintext: memoryview) -> bytearray | None:
        """
        A fragment came.

        @param plaintext: of kind 3.
        @return: the frame, if it is complete now.
        """
        if len(plaintext) <= FRAGMENT_PREFIX:
            self._counters["drop-fragment-malformed"] += 1
            return None
        _, number, total, offset = _LAYOUT.unpack_from(plaintext)
        piece = plaintext[FRAGMENT_PREFIX:]
        end = offset + len(piece)
        if total > self._longest:
            self._counters["drop-fragment-oversize"] += 1
            return None
        if end > total or (end < total and len(piece) < PIECE_MINIMUM):
            self._counters["drop-fragment-malformed"] += 1
            return None
        partial = self._partials.get((peer, number)) or self._begin(peer, number, total)
        if len(partial.frame) != total or not partial.take(offset, piece):
            self._counters["drop-fragment-malformed"] += 1
            self._end(peer, number)
            return None
        if partial.missing:
            return None
        self._end(peer, number)
        return partial.frame

    def expire(self) -> None:
        """
        Give up frames that waited too long.  A timer may call this; every new frame does.
        """
        now = self._clock.seconds()
        while self._partials:
            key = next(iter(self._partials))
            if self._partials[key].deadline > now:
                break
            self._end(*key)
            self._counters["drop-fragment-late"] += 1

    def forget(self, peer: Hashable) -> None:
        """
        Forget the frames of a peer that is gone.
        """
        for key in [key for key in self._partials if key[0] == peer]:
            self._end(*key)

    @property
    def waiting(self) -> int:
        """
        Frames that wait for fragments.
        """
        return len(self._partials)

    def _begin(self, peer: Hashable, number: int, total: int) -> _Partial:
        self.expire()
        if self._waiting.get(peer, 0) >= FRAMES_OF_PEER_MAXIMUM:
            self._giveUp(next(key for key in self._partials if key[0] == peer))
        elif len(self._partials) >= FRAMES_MAXIMUM:
            self._giveUp(next(iter(self._partials)))
        partial = self._partials[peer, number] = _Partial(total, self._clock.seconds() + REASSEMBLY_PATIENCE)
        self._waiting[peer] = self._waiting.get(peer, 0) + 1
        return partial

    def _giveUp(self, key: tuple[Hashable, int]) -> None:
        self._end(*key)
        self._counters["drop-fragment-full"] += 1

    def _end(self, peer: Hashable, number: int) -> None:
        del self._partials[peer, number]
        if self._waiting[peer] == 1:
            del self._waiting[peer]
        else:
            self._waiting[peer] -= 1
