"""
The time of day as handshakes tell it.  It orders the initiations of one sender, and shows clocks that are wrong.
"""

from __future__ import annotations

from collections.abc import Callable


class TimeOfDay:
    """
    What our clock says.
    """

    def __init__(self, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self._wallClock = wallClock
        self._latest = 0

    def milliseconds(self) -> int:
        """
        The time for an initiation, in milliseconds since the epoch; later than any before.
        """
        self._latest = max(self._latest + 1, int(self._wallClock() * 1000))
        return self._latest

    def seconds(self) -> int:
        """
        What our clock says, for a handshake, in seconds since the epoch.
        """
        return max(1, int(self._wallClock()))

    def ahead(self, theirs: int) -> float | None:
        """
        By how many seconds a peer's clock is ahead of ours.

        @param theirs: what it told in a handshake that has come just now.
        @return: C{None} if it did not tell.
        """
        return theirs - self._wallClock() if theirs else None
