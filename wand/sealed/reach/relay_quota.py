"""
How much a relay passes on for one member, so that no member takes what others need.
"""

from __future__ import annotations

from typing import Final

import attrs

from wand.config import RELAY_CHANNELS, RELAY_MEGABITS

#: For how many seconds' worth of its rate a member may send at once.
BURST: Final = 0.25

#: The least that a member may send at once, in octets: a train, whatever its rate.
BURST_LEAST: Final = 1 << 17


@attrs.frozen
class RelaySettings:
    """
    What an operator lets a relay do.

    @ivar megabits: how much it passes on of what one member sends, in millions of bits a second.
    @ivar channels: how many channels one member may ask for.
    """

    megabits: int = RELAY_MEGABITS
    channels: int = RELAY_CHANNELS


class Quota:
    """
    A token bucket of octets, for what one member sends.

    @ivar octets: passed on so far.
    """

    __slots__ = ("_burst", "_filled", "_rate", "_tokens", "octets")

    def __init__(self, megabits: int, now: float) -> None:
        """
        @param now: in the clock's seconds.
        """
        self._rate = megabits * 125_000.0
        self._burst = max(float(BURST_LEAST), self._rate * BURST)
        self._tokens = self._burst
        self._filled = now
        self.octets = 0

    def isFull(self, now: float) -> bool:
        """
        Is the bucket as full as it was at first?
        """
        return self._tokens + (now - self._filled) * self._rate >= self._burst

    def mayPass(self, now: float, octets: int) -> bool:  # HOT PATH
        """
        May these octets pass?  If not, none is taken out of the bucket.
        """
        tokens = self._tokens + (now - self._filled) * self._rate
        if tokens > self._burst:
            tokens = self._burst
        self._filled = now
        if tokens < octets:
            self._tokens = tokens
            return False
        self._tokens = tokens - octets
        self.octets += octets
        return True
