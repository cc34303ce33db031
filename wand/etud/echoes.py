"""
Echoes: frames to groups that come back, because two nodes join the same LAN to the network.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.ethernet import Frame
from wand.table import Peer

#: For how many seconds a frame is remembered, at least; twice as long at most.  An echo takes as long as the way to
#: another node and back.
ECHO_SPAN: Final = 0.5

#: How many frames are remembered for one span.
FRAMES_REMEMBERED: Final = 4096


class Echoes:
    """
    Knows the frames to groups of the last second by their contents, and which way they went.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._recent: dict[int, Peer] = {}
        self._older: dict[int, Peer] = {}
        self._since = clock.seconds()

    def isEcho(self, frame: Frame, side: Peer) -> bool:
        """
        Is this a frame that went the other way a moment ago, or was known as an echo then?

        @param side: where it comes from: a peer, or L{HOST}.
        """
        self._turn()
        key = hash(bytes(frame))
        before = self._recent.get(key) or self._older.get(key)
        if before is None or before == side:
            self._recent[key] = side
            return False
        isBack = before == ECHO or HOST in (before, side)
        if isBack:
            self._recent[key] = ECHO
        return isBack

    def _turn(self) -> None:
        now = self._clock.seconds()
        if now - self._since >= ECHO_SPAN or len(self._recent) >= FRAMES_REMEMBERED:
            self._older = self._recent if now - self._since < 2 * ECHO_SPAN else {}
            self._recent, self._since = {}, now


#: What is neither an identity nor an endpoint: our own host, and what is known to go round.
HOST: Final = "host"
ECHO: Final = "echo"
