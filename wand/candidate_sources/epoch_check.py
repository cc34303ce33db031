"""
Did a router forget its mappings?  Its epoch, which counts seconds, tells (RFC 6887, section 8.5; RFC 6886, section
3.6).
"""

from __future__ import annotations


class EpochCheck:
    """
    Compares the epochs in a router's answers with the time that passed here.
    """

    def __init__(self) -> None:
        self._last: tuple[int, float] | None = None

    def isSteady(self, epoch: int, now: float) -> bool:
        """
        Does the router still know what it knew at the last answer?

        @param epoch: the one in an answer, in seconds.
        @param now: when that came, in seconds of a monotonic clock.
        """
        before, self._last = self._last, (epoch, now)
        if before is None:
            return True
        server, client = epoch - before[0], now - before[1]
        if server < -1:
            return False
        return client + 2 >= server - server / 16 and server + 2 >= client - client / 16
